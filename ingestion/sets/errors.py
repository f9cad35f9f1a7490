"""What is wrong with the words of a description: whoever reads it says in which file and line."""

import difflib
from collections.abc import Iterable

from ingestion.errors import ImportRefused


class Wrong(ImportRefused):
    """A pattern, a path, a query or a name in a description is none."""


def nearest(word: str, known: Iterable[str]) -> str:
    """
    Return what a wrong word was most likely meant to be, as the end of a message; blank for none.

    Example:
        >>> nearest("heder", ["header", "sheet"])
        '; did you mean header'
    """
    found = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {found[0]}" if found else ""
