"""Questions asked of what spreads: scenarios, replay, attribution, rescue, reverse stress, live."""
