"""What runs by itself: the nightly refresh, the inbox, the sweep; by one leader at a time."""
