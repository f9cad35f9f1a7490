"""Sources as a bank's people see them: which there are, what they say, saved and tried."""
