"""The books: what is promised and used, who may decide, in one chain of events."""
