"""From other people's data to a published version: read, map, check, resolve, publish."""
