"""Where data comes from: one folder a source, with what it is and how its files are read."""
