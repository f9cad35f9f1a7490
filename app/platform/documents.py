"""JSON documents: the same bytes for the same content."""

import datetime as dt
import json
from typing import Any

Document = dict[str, Any]


class Documented:
    """A dataclass with slots that is a document as it stands, its fields in order."""

    __slots__: tuple[str, ...] = ()

    def document(self) -> Document:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def dumps(document: object, *, indent: int | None = None) -> str:
    """
    Return the document as JSON, text as it is, dates in ISO form, no figure that is not one.

    Example:
        >>> dumps({"name": "华信", "as_of": dt.date(2026, 6, 30)})
        '{"name":"华信","as_of":"2026-06-30"}'
    """
    separators = (",", ":") if indent is None else None
    return json.dumps(
        document,
        ensure_ascii=False,
        allow_nan=False,
        separators=separators,
        indent=indent,
        default=_plain,
    )


def _plain(value: object) -> str:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    raise TypeError(f"no JSON form for {type(value).__name__}")
