"""Blanks and characters that cannot be seen around the quotes of a text file."""

import re
from functools import cache

from ingestion.characters import BLANK, INVISIBLE

_UNSEEN = rf"(?:{INVISIBLE}|{BLANK}|[ \t\u3000])"


def freed(line: str, separator: str) -> str:
    """
    Return a line without what stands, unseen, between a separator and a quote.

    What a quote opens or closes stays the same: inside a quoted cell only blanks at its edges go.

    Args:
        line: One line, with its end.
        separator: The sign between cells.

    Example:
        >>> freed('1,\u00a0"x, y" ,z', ",")
        '1,"x, y",z'
    """
    if '"' not in line:
        return line
    before, behind = _patterns(separator)
    return behind.sub('"', before.sub('"', line))


@cache
def _patterns(separator: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    sign = re.escape(separator)
    unseen = rf"(?:(?!{sign}){_UNSEEN})+"
    before = re.compile(rf'(?:(?<=^)|(?<={sign})){unseen}"')
    # A quote behind a quote may be one that is meant; such a cell is left to the reader.
    return before, re.compile(rf'(?<!")"{unseen}(?=$|{sign}|\r|\n)')
