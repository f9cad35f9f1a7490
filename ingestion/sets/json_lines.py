"""Lines of JSON, an object each, whose numbers stay as they are written."""

import json
from collections.abc import Collection, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from ingestion.errors import BadFile
from ingestion.readers import Unread, lines
from ingestion.readers.chunk import shown
from ingestion.sets.batch import Batch
from ingestion.sets.documents import DocumentRows
from ingestion.sets.json_paths import checked, values
from ingestion.sets.model import JsonLines

BATCH_ROWS = 20_000
_DIGITS_MAX = 40  # Of a number that is written with an exponent.


def read(asked: JsonLines, path: Path, extra: Collection[str] = ()) -> Iterator[Batch]:
    """
    Yield the rows of a file.

    Args:
        asked: The set.
        path: The file.
        extra: Which of the columns that say where a row is from are wanted.

    Raises:
        BadFile: It is empty or broken.
    """
    names = tuple(asked.fields)
    steps = [checked(asked.fields[name]) for name in names]
    empty = True
    for some in lines.read(path, "utf-8"):
        empty = False
        rows, unread = DocumentRows(names, [path]), list(some.unread)
        for line, text in zip(some.numbers.tolist(), some.texts, strict=True):
            try:
                found = _object(text)
                rows.add(
                    line,
                    [
                        _texts(name, values(found, at))
                        for name, at in zip(names, steps, strict=True)
                    ],
                )
            except (ValueError, RecursionError) as error:
                unread.append(Unread(line, shown(text), _why(error)))
            if len(rows.lines) >= BATCH_ROWS:
                yield rows.batch(extra, unread=tuple(unread), share=some.share)
                rows, unread = DocumentRows(names, [path]), []
        yield rows.batch(extra, unread=tuple(unread), share=some.share)
    if empty:
        raise BadFile(f"{path.name}: the file is empty")


class _Told(ValueError):
    """Why a line cannot be read, in words of our own."""


def _why(error: Exception) -> str:
    if isinstance(error, _Told):
        return str(error)
    if isinstance(error, RecursionError):
        return "is JSON of too great a depth"
    return "is no JSON"


def _object(text: str) -> Any:
    found = json.loads(text, parse_float=_plain, parse_int=str, parse_constant=_refuse)
    if not isinstance(found, dict):
        raise _Told("is no object of JSON")
    return found


def _plain(number: str) -> str:
    """
    Return a number without an exponent, unless that would make it endless.

    Example:
        >>> _plain("1.50"), _plain("1.5e3"), _plain("1e999")
        ('1.50', '1500', '1e999')
    """
    if "e" not in number.lower():
        return number
    value = Decimal(number)
    return f"{value:f}" if abs(value.adjusted()) < _DIGITS_MAX else number


def _refuse(word: str) -> NoReturn:
    raise _Told(f"holds {word}, which is no number")


def _texts(name: str, found: list[Any]) -> list[str]:
    return [_text(name, each) for each in found if each is not None]


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise _Told(f"field {name} holds an object or a list, no single value")
    if "\0" in value:
        raise _Told("holds a NUL byte")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _Told("is no text: it holds half a character") from None
    return value
