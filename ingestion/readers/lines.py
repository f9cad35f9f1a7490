"""Lines of text, with those that are no text in the file's encoding set aside."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingestion.errors import BadFile
from ingestion.readers import encoding, text
from ingestion.readers.blocks import TextCursor
from ingestion.readers.chunk import IntArray, Unread, shown


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines that are not blank, by their numbers, and those that cannot be read."""

    numbers: IntArray
    texts: list[str]
    unread: tuple[Unread, ...]
    share: float


def read(path: Path, said: str | None = None) -> Iterator[Lines]:
    """
    Yield the lines of a text file.

    Args:
        path: The file.
        said: Its encoding, where it need not be found out.

    Raises:
        BadFile: Broken archive, no known encoding, a line longer than any may be.
    """
    place = TextCursor(path)
    carry = b""
    with text.opened(path) as (raw, stream):
        for piece in text.in_utf(place, text.pieces(place, raw, stream), said):
            carry += piece
            end = max(carry.rfind(b"\n"), carry.rfind(b"\r", 0, len(carry) - 1)) + 1
            if end == 0 and len(carry) > text.ROW_BYTES_MAX:
                raise BadFile(f"{path.name}: line {place.line}: a line longer than any may be")
            if end:
                yield _lines(place, carry[:end])
                carry = carry[end:]
    if carry:
        yield _lines(place, carry)


def _lines(place: TextCursor, block: bytes) -> Lines:
    place.encoding = encoding.settle(place.path, place.encoding, block)
    name = place.encoding or encoding.UTF
    numbers: list[int] = []
    texts: list[str] = []
    unread: list[Unread] = []
    lines = block.splitlines()
    for number, line in enumerate(lines, start=place.line):
        if not line.strip():
            continue
        told = encoding.decoded(line, name)
        if told is None:
            shape = shown(line.decode(name, "backslashreplace"))
            unread.append(Unread(number, shape, f"is not {name} text"))
        elif "\0" in told:
            unread.append(Unread(number, shown(told), "holds a NUL byte"))
        else:
            numbers.append(number)
            texts.append(told)
    place.line += len(lines)
    return Lines(np.array(numbers, np.int64), texts, tuple(unread), place.share)
