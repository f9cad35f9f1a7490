"""The forms of files as data: tables, columns, their names in files, what a cell must be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from graph.errors import InvalidInput

_FILE = Path(__file__).parent / "forms.yml"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a form."""

    name: str
    type: str
    required: bool = False
    signed: bool = False
    default: str | None = None
    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def stored(self) -> str:
        """Return the column's name once it is read: money in fen."""
        return f"{self.name}_fen" if self.type == "money" else self.name


@dataclass(frozen=True, slots=True)
class Form:
    """One table of files."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, Column] = field(default_factory=dict)
    day: str | None = None
    parties: tuple[str, ...] = ()
    unique: bool = False


@cache
def forms() -> Mapping[str, Form]:
    """Return every form by the name of its table."""
    read = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: _form(name, entry) for name, entry in read.items()}


def form(name: str) -> Form:
    """
    Return the form of a table.

    Raises:
        InvalidInput: There is no such table.

    Example:
        >>> form("invoices").key
        ('number', 'issued_on', 'seller', 'buyer')
    """
    if name not in forms():
        raise InvalidInput(f"no table {name!r}; there are {', '.join(forms())}")
    return forms()[name]


def _form(name: str, entry: Mapping[str, Any]) -> Form:
    columns = {column: _column(column, said) for column, said in entry["columns"].items()}
    return Form(
        name=name,
        key=tuple(entry["key"]),
        columns=columns,
        day=entry.get("day"),
        parties=tuple(entry.get("parties", ())),
        unique=bool(entry.get("unique", False)) or name == "firms",
    )


def _column(name: str, said: Mapping[str, Any]) -> Column:
    return Column(
        name=name,
        type=said["type"],
        required=bool(said.get("required", False)),
        signed=bool(said.get("signed", False)),
        default=said.get("default"),
        words=tuple(said.get("words", ())),
        names=tuple(said.get("names", ())),
    )
