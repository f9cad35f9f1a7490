"""Values of a database as the text that they have in a file, without loss."""

import datetime as dt
import math
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any


class NoCell(ValueError):
    """A value is no plain one."""


def cell_of(value: Any) -> str | None:
    """
    Return a value as text; None for none.

    A REAL has the fewest digits that tell it from its neighbours, never an exponent.

    Raises:
        NoCell: It is bytes, a list or of another kind that has no text.

    Example:
        >>> [cell_of(each) for each in (113000.1, 1e16, Decimal("1.50"), True, None)]
        ['113000.1', '10000000000000000', '1.50', 'true', None]
    """
    if value is None:
        return None
    text = _TEXTS.get(type(value))
    if text is None:
        raise NoCell(f"{type(value).__name__} is no plain value; turn it into text in the query")
    return text(value)


def _figures(value: float | Decimal) -> str:
    return f"{Decimal(str(value)):f}" if math.isfinite(value) else "#NUM!"


def _plain(text: str) -> str:
    if "\0" in text:
        raise NoCell("a text holds a NUL byte; turn it into another in the query")
    return text


_TEXTS: Mapping[type, Callable[[Any], str]] = {
    str: _plain,
    bool: lambda value: "true" if value else "false",
    int: str,
    float: _figures,
    Decimal: _figures,
    dt.datetime: lambda value: value.isoformat(sep=" "),
    dt.date: lambda value: value.isoformat(),
    dt.time: lambda value: value.isoformat(),
    uuid.UUID: str,
}
