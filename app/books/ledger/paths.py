"""
The path of a use: which accounts it occupies, and by how much for any amount that is left of it.

A share is rounded up on every account, and an account always keeps what a use of the rest would
occupy, so parts given back never add up to more or less than the whole. Documents take an amount in
the order given, each up to its part; what is given back leaves the last first.
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from app.platform.errors import Absent

PATHS_KEPT = 1_024
_text_of = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class Element(NamedTuple):
    """
    One account of a path, and what it is occupied by: a share of the amount, rounded up.

    The share is numerator / denominator; of the amount counts what is past `skipped`, up to `part`
    of it (-1: all).
    """

    account: str
    numerator: int = 1
    denominator: int = 1
    skipped: int = 0
    part: int = -1


def occupied(element: Element, amount: int) -> int:
    """
    Return what a use of an amount occupies on an account.

    Example:
        >>> relation = Element("core:C", 1, 2)
        >>> [occupied(relation, left) for left in (1_000_001, 1_000_000, 999_999)]
        [500001, 500000, 500000]
        >>> second = Element("voucher:V2", skipped=300, part=500)
        >>> [occupied(second, left) for left in (800, 400, 200)]
        [500, 100, 0]
    """
    counted = amount - element.skipped
    if element.part >= 0:
        counted = min(counted, element.part)
    return -(-max(0, counted) * element.numerator // element.denominator)


def documents(parts: Iterable[tuple[str, int]]) -> list[Element]:
    """Return the elements of documents that take an amount in this order, each up to its part."""
    found, skipped = [], 0
    for account, part in parts:
        found.append(Element(account, skipped=skipped, part=part))
        skipped += part
    return found


def less_document(path: Sequence[Element], account: str, amount: int) -> list[Element]:
    """
    Return a path after an amount was paid on a document: its part shrinks, others move up.

    What is more than the document's part leaves the last ones, as where none is named.

    Raises:
        Absent: The document is not in the path.
    """
    at = next((place for place, each in enumerate(path) if _is_document(each, account)), None)
    if at is None:
        raise Absent(f"document {account!r} carries nothing of this use")
    paid = path[at]
    amount = min(amount, paid.part)
    found = []
    for place, each in enumerate(path):
        if place == at:
            found.append(each._replace(part=each.part - amount))
        elif each.part >= 0 and each.skipped > paid.skipped:
            found.append(each._replace(skipped=each.skipped - amount))
        else:
            found.append(each)
    return found


def _is_document(element: Element, account: str) -> bool:
    return element.account == account and element.part >= 0


def text_of(path: Sequence[Element]) -> str:
    """Return a path as the table of uses keeps it."""
    return _text_of(path)


@lru_cache(PATHS_KEPT)  # What is reserved is shown, then posted, and shown again.
def path_of(text: str) -> tuple[Element, ...]:
    """Return the path that the table of uses keeps."""
    return tuple(Element(*each) for each in json.loads(text))
