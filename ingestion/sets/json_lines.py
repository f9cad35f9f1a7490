"""Lines of JSON, an object each, whose numbers stay as they are written."""

import json
from collections.abc import Callable, Collection, Iterator
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
                found = object_of(text)
                rows.add(
                    line,
                    [
                        _texts(name, values(found, at))
                        for name, at in zip(names, steps, strict=True)
                    ],
                )
            except (ValueError, RecursionError) as error:
                unread.append(Unread(line, shown(text), why(error)))
            if len(rows.lines) >= BATCH_ROWS:
                yield rows.batch(extra, unread=tuple(unread), share=some.share)
                rows, unread = DocumentRows(names, [path]), []
        yield rows.batch(extra, unread=tuple(unread), share=some.share)
    if empty:
        raise BadFile(f"{path.name}: the file is empty")


class LineFault(ValueError):
    """Why a line cannot be read, in words of our own, and which of its columns is to blame."""

    def __init__(self, why: str, column: str = "", reason: str = "unreadable") -> None:
        super().__init__(why)
        self.column = column
        self.reason = reason


def why(error: Exception) -> str:
    """Return why a line could not be read, without a word of what is in it."""
    if isinstance(error, LineFault):
        return str(error)
    if isinstance(error, RecursionError):
        return "is JSON of too great a depth"
    return "is no JSON"


def object_of(
    text: str, pairs: Callable[[list[tuple[str, Any]]], dict[str, Any]] | None = None
) -> dict[str, Any]:
    """
    Return the object of a line; its numbers are texts as they are written.

    Args:
        text: The line.
        pairs: Makes an object of its names and values, where that is not the usual way.

    Raises:
        ValueError: It is no JSON, or (LineFault) no object.
        RecursionError: It is too deep.
    """
    found = json.loads(
        text,
        parse_float=_plain,
        parse_int=str,
        parse_constant=_refuse,
        object_pairs_hook=pairs,
    )
    if not isinstance(found, dict):
        raise LineFault("is no object of JSON")
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
    raise LineFault(f"holds {word}, which is no number")


def _texts(name: str, found: list[Any]) -> list[str]:
    return [text_of(name, each) for each in found if each is not None]


def text_of(name: str, value: Any) -> str:
    """
    Return a value of a line as text.

    Raises:
        LineFault: It is no single value, or text that cannot be kept.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise LineFault(f"field {name} holds an object or a list, no single value", name)
    if "\0" in value:
        raise LineFault("holds a NUL byte", name)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise LineFault("is no text: it holds half a character", name) from None
    return value
