"""From files to versions: imports, and which version a request reads."""
