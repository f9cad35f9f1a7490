"""Facets: what a list can be filtered by, with the number of rows that each value would show."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

Row = TypeVar("Row")


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


def facets(
    rows: Sequence[Row],
    values: Mapping[str, Callable[[Row], str]],
    chosen: Mapping[str, str],
    words: Mapping[str, tuple[str, Callable[[str], str]]],
    *,
    orders: Mapping[str, Sequence[str]] = MappingProxyType({}),
    also: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> Sequence[Facet]:
    """
    Return the facets of a list; each counts the rows that pass all others.

    Args:
        rows: Every row of the list, filtered or not.
        values: What gives each facet's value of a row; an empty one is not listed.
        chosen: The value that each facet is filtered by; it is listed even where no row has it.
        words: What each facet is called, and what gives the words for its values.
        orders: The order of a facet's values; those that most rows have come first by default.
        also: Values of a facet that are listed even where no row has them.

    Example:
        >>> values, words = {"grade": str.upper}, {"grade": ("Grade", str.lower)}
        >>> facets(["b", "a", "b"], values, {"grade": ""}, words)[0].options[0]
        Option(value='B', words='b', count=2)
    """
    made = []
    for name, value in values.items():
        counts = Counter(map(value, passing(rows, values, chosen, but=name)))
        for listed in also.get(name, ()):
            counts[listed] += 0
        title, tell = words[name]
        order = orders.get(name, ())
        made.append(counted(name, title, chosen[name], counts, tell, order=order))
    return [each for each in made if each.options]


def counted(
    name: str,
    title: str,
    chosen: str,
    counts: Mapping[str, int],
    tell: Callable[[str], str],
    *,
    order: Sequence[str] = (),
) -> Facet:
    """
    Return a facet whose rows are counted already.

    Args:
        name: The facet, as addresses name it.
        title: What it is called.
        chosen: The value that it is filtered by; it is listed even where no row has it.
        counts: How many rows have each value; an empty one is not listed.
        tell: Gives the words for a value.
        order: The order of values; those that most rows have come first by default.
    """
    every = {each: count for each, count in {chosen: 0, **counts}.items() if each}
    known = sorted(every, key=lambda each: (-every[each], each))
    known.sort(key=lambda each: order.index(each) if each in order else len(order))
    return Facet(name, title, chosen, [Option(each, tell(each), every[each]) for each in known])


def passing(
    rows: Iterable[Row],
    values: Mapping[str, Callable[[Row], str]],
    chosen: Mapping[str, str],
    *,
    but: str = "",
) -> Sequence[Row]:
    """
    Return the rows that have every chosen value.

    Args:
        rows: The rows of a list.
        values: What gives each facet's value of a row.
        chosen: The value that each facet is filtered by; empty: any. Those without values are left.
        but: A facet that is not asked about: what it would show is counted among these rows.

    Example:
        >>> passing(["a1", "a2"], {"number": lambda row: row[1]}, {"number": "2"})
        ['a2']
    """
    asked = {
        name: value for name, value in chosen.items() if value and name in values and name != but
    }
    return [row for row in rows if all(values[name](row) == asked[name] for name in asked)]
