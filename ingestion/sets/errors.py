"""What is wrong with the words of a description: whoever reads it says in which file and line."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from rapidfuzz import fuzz, process

from ingestion.errors import ImportRefused

_LIKE = 60  # From so many of a hundred on two words are alike.


class Wrong(ImportRefused):
    """A pattern, a path, a query or a name in a description is none."""


def nearest(word: str, known: Iterable[str]) -> str:
    """
    Return what a wrong word was most likely meant to be, as the end of a message; blank for none.

    It costs little however many words are wrong, and however long they are: somebody else wrote
    them.

    Example:
        >>> nearest("heder", ["header", "sheet"])
        '; did you mean header'
    """
    words = sorted(known) if isinstance(known, AbstractSet) else list(known)
    found = process.extractOne(word, words, scorer=fuzz.ratio, score_cutoff=_LIKE)
    return f"; did you mean {found[0]}" if found else ""
