"""Facets: what a list can be filtered by, with the number of rows that each value would show."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet: as the address says it, in words, and how many rows have it."""

    value: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing that a list can be filtered by; `chosen` is empty where it is not."""

    name: str
    words: str
    chosen: str
    options: Sequence[Option]


def facet(
    name: str,
    words: str,
    chosen: str,
    values: Iterable[str],
    tell: Callable[[str], str],
    *,
    order: Sequence[str] = (),
) -> Facet:
    """
    Return a facet of the rows that pass all other filters.

    Args:
        name: The field in the address.
        words: What it is called.
        chosen: The value that the list is filtered by; it is listed even where no row has it.
        values: The value of every row that passes the other filters; empty ones are left out.
        tell: Gives the words for a value.
        order: The order of the values; those that most rows have come first by default.

    Example:
        >>> facet("grade", "Grade", "C", ["B", "A", "B"], str.lower).options[0]
        Option(value='B', words='b', count=2)
    """
    counts = Counter(value for value in values if value)
    if chosen:
        counts[chosen] += 0
    found = sorted(counts, key=lambda value: (-counts[value], value))
    if order:
        found.sort(key=lambda value: order.index(value) if value in order else len(order))
    options = [Option(value, tell(value), counts[value]) for value in found]
    return Facet(name, words, chosen, options)
