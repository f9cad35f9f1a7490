"""What a supply network is and what spreads over it; usable alone in a notebook."""
