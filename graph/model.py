"""
The data model: what is known of firms, trades, receivables, vouchers, holdings and guarantees.

Every attribute is declared once, in `schema/*.yml`, with type, unit, default and description in
Chinese and English; readers, stores, the service and the documents take it from there.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, NewType

import pyarrow as pa
import yaml

from graph.errors import InvalidInput

FirmId = NewType("FirmId", str)
Fen = NewType("Fen", int)
Kind = Literal["text", "fen", "count", "ratio", "date", "flag"]
Value = str | int | float | bool | dt.date | None

TABLES = ("firms", "trades", "receivables", "vouchers", "holdings", "guarantees")
_SCHEMA = Path(__file__).parent / "schema"
_MADE_ID = re.compile(r"cp-[0-9a-f]{16}")
_ARROW: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "fen": pa.int64(),
    "count": pa.int64(),
    "ratio": pa.float64(),
    "date": pa.date32(),
    "flag": pa.bool_(),
}


@dataclass(frozen=True, slots=True)
class Label:
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """One column of a table: its type, unit, default and meaning."""

    name: str
    type: Kind
    unit: str
    required: bool
    default: Value
    description: Label

    @property
    def arrow(self) -> pa.DataType:
        """Return the column's Arrow type."""
        return _ARROW[self.type]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the model: its key, the firms at its two ends, its attributes."""

    name: str
    label: Label
    key: tuple[str, ...]
    ends: tuple[str, ...]
    attributes: tuple[Attribute, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns, in order."""
        return tuple(attribute.name for attribute in self.attributes)

    @property
    def arrow(self) -> pa.Schema:
        """Return the Arrow schema; required columns take no nulls."""
        return pa.schema(
            [pa.field(a.name, a.arrow, nullable=not a.required) for a in self.attributes]
        )

    def attribute(self, name: str) -> Attribute:
        """
        Return the attribute of that name.

        Raises:
            InvalidInput: The table has no such attribute.
        """
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute
        raise InvalidInput(f"table {self.name} has no attribute {name!r}")


@dataclass(frozen=True, slots=True)
class Version:
    """One published state of the graph."""

    number: int
    as_of: dt.date
    published_at: dt.datetime
    firms: int
    trades: int


def shown_id(firm: str) -> str:
    """
    Return an id as people read it: nothing where it is a hash, made for a name without a code.

    Example:
        >>> shown_id("F00433"), shown_id("cp-db49489965910605")
        ('F00433', '')
    """
    return "" if _MADE_ID.fullmatch(firm) else firm


@dataclass(frozen=True, slots=True)
class Exposure:
    """
    Money at risk beside the trade graph: the bank lends to a firm, or a firm owes on a voucher.

    `debtor` owes, `creditor` is owed; None is the bank. What is nought is gone.
    """

    id: str
    debtor: FirmId
    creditor: FirmId | None
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm as one version knows it; `attributes` holds every column of the schema."""

    id: FirmId
    name: str
    attributes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Trade:
    """What a supplier sold a buyer in the 365 days up to the version's as-of date."""

    supplier: FirmId
    buyer: FirmId
    amount_fen: Fen
    blue_fen: Fen
    red_fen: Fen
    count: int
    first_on: dt.date
    last_on: dt.date
    delivered_fen: Fen


def declared(text: str) -> Any:
    """
    Return the plain values that a YAML text declares.

    Example:
        >>> declared("tables: [firms, trades]")
        {'tables': ['firms', 'trades']}
    """
    return yaml.load(text, Loader=yaml.CSafeLoader)  # Eight times as fast as `safe_load`.


@cache
def table(name: str) -> Table:
    """
    Return one table of the model.

    Raises:
        InvalidInput: There is no such table.

    Example:
        >>> table("trades").key
        ('supplier', 'buyer')
        >>> table("firms").attribute("capital_fen").unit
        'fen'
    """
    if name not in TABLES:
        raise InvalidInput(f"no table {name!r} in the model; there are {', '.join(TABLES)}")
    read = declared((_SCHEMA / f"{name}.yml").read_text(encoding="utf-8"))
    attributes = tuple(_attribute(entry) for entry in read["attributes"])
    return Table(
        name=read["table"],
        label=Label(**read["label"]),
        key=tuple(read["key"]),
        ends=tuple(read["ends"]),
        attributes=attributes,
    )


def _attribute(entry: Mapping[str, object]) -> Attribute:
    fields = dict(entry)
    description = fields.pop("description")
    if not isinstance(description, Mapping):
        raise InvalidInput(f"attribute {entry.get('name')!r} has no description")
    return Attribute(description=Label(**description), **fields)  # type: ignore[arg-type]
