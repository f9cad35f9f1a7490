"""
The path of a use: which accounts it occupies, and by how much for any amount that is left of it.

A share is rounded up on every account, and an account always keeps what a use of the rest would
occupy, so parts given back never add up to more or less than the whole. Documents take an amount in
the order given, each up to its part; what is given back leaves the last first.
"""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.platform.errors import Absent
from app.platform.text import compact

PATHS_KEPT = 4_096
_kept: dict[str, tuple["Element", ...]] = {}  # What is reserved is shown, then posted, and shown.


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
    _, numerator, denominator, skipped, part = element
    counted = amount - skipped
    if 0 <= part < counted:
        counted = part
    if counted <= 0:
        return 0
    return counted if numerator == denominator else -(-counted * numerator // denominator)


def taken_of(path: Sequence[Element], amount: int) -> list[tuple[str, int]]:
    """
    Return the accounts of a path, each with what a use of an amount occupies on it.

    Example:
        >>> taken_of([Element("firm:F"), Element("core:C", 1, 2)], 5)
        [('firm:F', 5), ('core:C', 3)]
    """
    found = []
    for each in path:
        account, numerator, denominator, skipped, part = each
        if numerator == denominator and not skipped and part < 0:  # Nearly all are.
            found.append((account, amount))
        else:
            found.append((account, occupied(each, amount)))
    return found


def documents(parts: Iterable[tuple[str, int]]) -> list[Element]:
    """Return the elements of documents that take an amount in this order, each up to its part."""
    found, skipped = [], 0
    for account, part in parts:
        found.append(Element(account, skipped=skipped, part=part))
        skipped += part
    return found


def rest_of(path: Sequence[Element], whole: int, part: int) -> list[Element]:
    """
    Return the path of what is left of a use, once a part of it is a use of its own.

    The rest occupies the whole's less the part's on every account, so that parts never add up to
    more or less than the whole.

    Args:
        path: Of the whole, and of the part; without documents.
        whole: The amount of the whole.
        part: The amount of the part, less than the whole.

    Example:
        >>> core = Element("core:C", 1, 2)
        >>> rest = rest_of([core], 10, 3)
        >>> occupied(core, 10), occupied(core, 3), occupied(rest[0], 7)
        (5, 2, 3)
    """
    left, found = whole - part, []
    for each in path:
        kept = occupied(each, whole) - occupied(each, part)
        skips = (each._replace(skipped=skipped) for skipped in range(left + 1))
        found.append(next(rest for rest in skips if occupied(rest, left) <= kept))
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
    text = compact([tuple(each) for each in path])
    _keep(text, tuple(path))
    return text


def path_of(text: str) -> tuple[Element, ...]:
    """Return the path that the table of uses keeps."""
    found = _kept.get(text)
    if found is None:
        found = tuple(Element(*each) for each in json.loads(text))
        _keep(text, found)
    return found


def _keep(text: str, path: tuple[Element, ...]) -> None:
    if len(_kept) >= PATHS_KEPT:
        _kept.clear()
    _kept[text] = path
