"""Files that the service writes: whole or not at all, and safe to open."""
