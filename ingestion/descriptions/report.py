"""What is told of a reading of a described source besides its rows."""

from dataclasses import dataclass, field

from ingestion.collect import File
from ingestion.sets import NotRead


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A file or sheet that is only looked into, and how many of its rows anybody found."""

    set: str
    file: File
    matched: int


@dataclass(frozen=True, slots=True)
class Unmeant:
    """A word that has no meaning in a column, and in how many rows it stands."""

    set: str
    table: str
    column: str
    word: str
    rows: int


@dataclass(slots=True)
class Report:
    """What a reading found besides rows."""

    lookups: list[LookedUp] = field(default_factory=list)
    not_read: list[NotRead] = field(default_factory=list)
    words: list[Unmeant] = field(default_factory=list)
    latest: dict[str, str] = field(default_factory=dict)  # By set of a query, how far it read.
