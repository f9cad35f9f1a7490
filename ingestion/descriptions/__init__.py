"""Sources described by data: reading a description, and from raw rows to the tables of facts."""
