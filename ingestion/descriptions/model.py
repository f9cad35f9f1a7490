"""
What a description says, as values that do not change: values of columns, conditions, tables.

A value is text: of a column, fixed, or made of others. What a column of a table holds (money, a
day, a share, a party) is read from a value, or chosen among several ways by a condition.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from graph.model import Label
from ingestion.descriptions.schedules import BY_HAND
from ingestion.sets import Query, Set

MoneyUnit = Literal["fen", "yuan", "1k_yuan", "10k_yuan", "100m_yuan"]
Decimal = Literal[".", ","]


@dataclass(frozen=True, slots=True)
class ColumnText:
    """The text of a column."""

    name: str


@dataclass(frozen=True, slots=True)
class Const:
    """A text that stands in the description; None is a question that it leaves open."""

    text: str | None


@dataclass(frozen=True, slots=True)
class Slot:
    """A column inside a text, with noughts before it up to a width."""

    name: str
    width: int = 0


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with columns in it; blank where one of them is."""

    parts: tuple["str | Slot", ...]


@dataclass(frozen=True, slots=True)
class Above:
    """What a pattern finds in the lines above the header."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Matching:
    """What a pattern finds at the beginning of a value."""

    value: "Value"
    pattern: str


@dataclass(frozen=True, slots=True)
class All:
    """Every distinct text of a column that repeats."""

    name: str


@dataclass(frozen=True, slots=True)
class WordsFor:
    """The words of a source for those of a table."""

    value: "Value"
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WhenCase:
    """What counts where a condition holds."""

    condition: "Condition"
    then: "Reading"


@dataclass(frozen=True, slots=True)
class When:
    """The first case that holds."""

    cases: tuple[WhenCase, ...]
    otherwise: "Reading | None" = None


@dataclass(frozen=True, slots=True)
class First:
    """The first that is not blank."""

    options: tuple["Reading", ...]


Value = ColumnText | Const | Filled | Above | Matching | All | WordsFor | When | First


@dataclass(frozen=True, slots=True)
class MoneyReading:
    """An amount: its unit, its sign for decimals, and what turns or lowers it."""

    value: Value
    unit: MoneyUnit = "yuan"
    decimal: Decimal = "."
    less: "Reading | None" = None
    minus_when: "Condition | None" = None
    red_when: "Condition | None" = None


@dataclass(frozen=True, slots=True)
class DayReading:
    """A day: the order of its parts, or since when it is counted, and where."""

    value: Value
    order: Literal["ymd", "dmy", "mdy"] = "ymd"
    epoch: Literal["s", "ms"] | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class ShareReading:
    """A share, of one or of a hundred."""

    value: Value
    per_cent: bool = False
    default: str | None = None


@dataclass(frozen=True, slots=True)
class PartyReading:
    """A firm by code and name; by one text that may be its id, code or name."""

    name: "Reading | None" = None
    code: Value | None = None


@dataclass(frozen=True, slots=True)
class FirstOther:
    """The first of several parties that is not another one."""

    options: tuple["Reading", ...]
    than: "Reading"


Reading = Value | MoneyReading | DayReading | ShareReading | PartyReading | FirstOther


@dataclass(frozen=True, slots=True)
class CellTest:
    """What must hold of one column, all of it."""

    name: str
    words: tuple[str, ...] | None = None
    blank: bool | None = None
    excluded: tuple[str, ...] | None = None
    matches: str | None = None
    differs_from: str | None = None
    zero: bool | None = None


@dataclass(frozen=True, slots=True)
class Every:
    """All of several conditions."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of several conditions."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Positive:
    """An amount above nought."""

    money: Reading


Condition = CellTest | Every | AnyOf | Positive


@dataclass(frozen=True, slots=True)
class Hold:
    """Columns that hold down to the next row in which one of them is given."""

    by: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """Columns of another set, by keys."""

    set: str
    ours: tuple[Value, ...]
    theirs: tuple[Value, ...]
    take: Mapping[str, Value]
    strip_zeros: bool = False
    required: bool = False  # A row without a match is set aside.


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows of a file that are one: first cells, sums."""

    by: tuple[str, ...]
    sums: tuple[str, ...]
    decimal: Decimal = "."


@dataclass(frozen=True, slots=True)
class DescribedTable:
    """One table that rows of a set give."""

    table: str
    set: str
    columns: Mapping[str, Reading]
    keep: tuple[Condition, ...] = ()
    key: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Forms:
    """Files that are named after the tables they hold, their columns after those of the forms."""

    name: str


@dataclass(frozen=True, slots=True)
class Rows:
    """One set: where its rows are from, and what is done with them before they become facts."""

    origin: Set | Forms
    hold: tuple[Hold, ...] = ()
    joins: tuple[Join, ...] = ()
    keep: tuple[Condition, ...] = ()
    void: tuple[Condition, ...] = ()
    group: RowGroup | None = None
    ignored: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the name of the set."""
        return self.origin.name


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may be wrong before the whole import is refused."""

    used_min: Mapping[str, int] = field(default_factory=dict)  # Of tables that are there at all.
    share_max: float = 0.05  # Rows of a table that are wrong by themselves.
    rows_free: int = 20  # So many may be wrong whatever their share.


@dataclass(frozen=True, slots=True)
class Description:
    """Where data comes from, and how it is to be read."""

    name: str
    text: str
    owner: str
    label: Label
    version: int = 1
    schedule: str = BY_HAND
    names_identify: bool = True  # Whether firms with one name are one firm.
    ids_shared: bool = False  # Whether its firm ids mean the same firms as those of other sources.
    bounds: Bounds = field(default_factory=Bounds)
    lag_days: Mapping[str, int] = field(default_factory=dict)
    pushed: bool = False
    sets: Mapping[str, Rows] = field(default_factory=dict)
    tables: tuple[DescribedTable, ...] = ()

    @property
    def sha256(self) -> str:
        """Return the hash of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def forms(self) -> bool:
        """Return whether its files are named after their tables."""
        return any(isinstance(rows.origin, Forms) for rows in self.sets.values())

    @property
    def asks_databases(self) -> bool:
        """Return whether it reads databases and no file."""
        return asks_databases(self.sets)


def asks_databases(sets: Mapping[str, Rows]) -> bool:
    """Return whether sets read databases and no file."""
    return bool(sets) and all(isinstance(rows.origin, Query) for rows in sets.values())
