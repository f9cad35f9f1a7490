"""The source `files`."""
