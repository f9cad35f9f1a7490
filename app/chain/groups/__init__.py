"""Connected groups of a version: who stands and falls together, and what shows it."""
