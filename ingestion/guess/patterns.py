"""Patterns of names of files and sheets: digits may be others, the rest is kept."""

import re
from collections.abc import Collection, Sequence

from ingestion.sets import regexes

# Those of a name, as in KNA1, are kept.
_DIGITS = re.compile(r"(?<![A-Za-z0-9])[0-9]+(?![A-Za-z0-9])")
_LENGTH_MAX = 900


def literally(text: str) -> str:
    r"""
    Return a pattern that matches one text and no other.

    Example:
        >>> literally("表(1).xlsx")
        '表\\(1\\)\\.xlsx'
    """
    return re.sub(r"[\\.+*?()|\[\]{}^$]", lambda found: f"\\{found[0]}", text)


def generally(text: str) -> str:
    """
    Return a pattern of the names that differ from one in their digits alone.

    Example:
        >>> generally("发票2026年"), generally("KNA1")
        ('发票[0-9]+年', 'KNA1')
    """
    return _DIGITS.sub("[0-9]+", literally(text))


def of_names(wanted: Sequence[str], others: Collection[str]) -> str | None:
    r"""
    Return a pattern of some names that matches none of the others; None where it grows too long.

    Example:
        >>> of_names(["a-1.csv", "a-2.csv"], ["b.csv"]), of_names(["a-1.csv"], ["a-2.csv"])
        ('a-[0-9]+\\.csv', 'a-1\\.csv')
    """
    for way in (generally, literally):
        every = list(dict.fromkeys(map(way, wanted)))
        pattern = every[0] if len(every) == 1 else f"(?:{'|'.join(every)})"
        if len(pattern) > _LENGTH_MAX:
            continue
        compiled = regexes.compiled(pattern)
        if not any(compiled.fullmatch(other) for other in others):
            return pattern
    ends = {name.rpartition(".")[2].lower() for name in wanted}
    if len(ends) == 1:
        pattern = rf"(?i).*\.{literally(ends.pop())}"
        if len(pattern) < _LENGTH_MAX and not any(
            regexes.compiled(pattern).fullmatch(other) for other in others
        ):
            return pattern
    return None
