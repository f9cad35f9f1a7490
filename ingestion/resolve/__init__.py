"""Who is who: codes, names, aliases and decisions of people; near names are only proposed."""

from ingestion.resolve.decisions import Decision, Decisions
from ingestion.resolve.parties import Directory, Resolution, resolve

__all__ = ["Decision", "Decisions", "Directory", "Resolution", "resolve"]
