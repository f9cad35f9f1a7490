"""Published versions: which there are, and which one a request reads."""
