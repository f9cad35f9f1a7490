"""Imports: files handed in over HTTP or by command, ingested one after the other."""
