"""Papers: files that a firm hands in, kept as they came, which the bank takes or refuses."""
