"""The chain of events as auditors read it: searched, one by one, and verified as a whole."""
