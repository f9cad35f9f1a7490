"""Which names and codes mean one firm: sure joins are made, likely ones are put to a person."""

from ingestion.resolve.decisions import Decision, Decisions
from ingestion.resolve.firms import ListedFirm, Resolution, resolve
from ingestion.resolve.near import Candidate

__all__ = ["Candidate", "Decision", "Decisions", "ListedFirm", "Resolution", "resolve"]
