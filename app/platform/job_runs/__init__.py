"""Job runs as the records have them: ordered, taken up by one process, ended."""
