"""Where the areas of roles begin."""

WORK = "/work"  # Of officers and risk.
