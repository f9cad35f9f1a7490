"""A head of the chain as a person gives it."""

import re

from app.books.ledger.proof.verifying import ToldHead

_HEAD = re.compile("([0-9]{1,18}):([0-9a-f]{64})")


def head_of(given: str) -> ToldHead | None:
    """
    Return the head that a text tells as NUMBER:HASH; None where it tells none.

    Example:
        >>> head_of("7:" + "0a" * 32).number, head_of("7"), head_of("x:" + "0a" * 32)
        (7, None, None)
    """
    found = _HEAD.fullmatch(given.strip())
    return ToldHead(int(found[1]), found[2]) if found else None
