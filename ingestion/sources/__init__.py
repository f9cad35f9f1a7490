"""Where data comes from: one folder per source, with what it gives and how that is read."""
