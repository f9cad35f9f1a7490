"""From what a description says of a set to its rows as text, with the place of every one."""

from ingestion.sets.batch import RESERVED, Batch
from ingestion.sets.errors import Wrong
from ingestion.sets.files import NotRead
from ingestion.sets.inputs import Inputs
from ingestion.sets.model import Fixed, Grid, JsonLines, Query, Record, Set, Xml

__all__ = [
    "RESERVED",
    "Batch",
    "Fixed",
    "Grid",
    "Inputs",
    "JsonLines",
    "NotRead",
    "Query",
    "Record",
    "Set",
    "Wrong",
    "Xml",
]
