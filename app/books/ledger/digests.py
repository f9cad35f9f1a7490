"""Digests of what stands in the book, which its events tell of every row that they change."""

import hashlib
from collections.abc import Sequence
from typing import Any

from app.platform.text import compact

PLAIN = frozenset((str, int, type(None)))


def digest_of_values(values: Sequence[Any]) -> str:
    """
    Return the digest of the values of a row of the book in order, its column `event` left out.

    Raises:
        TypeError: A value is no text, whole number or nothing.
    """
    if not PLAIN.issuperset(map(type, values)):
        raise TypeError(f"a row of the book holds texts and whole numbers only: {values!r}")
    return hashlib.sha256(compact(list(values)).encode()).hexdigest()
