"""What domains bring to every page: what waits for a reader, and what a text finds for them."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from app.platform.auth.principals import Principal
from app.platform.deps import Resources

FOUND_MAX = 10  # Of each kind; the list has the others.


class FoundThing(NamedTuple):
    """A thing that a text finds beside firms: its id, what is said of it, its page."""

    id: str
    note: str
    address: str


class FoundKind(NamedTuple):
    """Things of a kind (a key of words): how many the reader has, the first, where all are."""

    kind: str
    total: int
    first: Sequence[FoundThing]
    every: str


# By the places of the navigation that lead to what waits: how many do.
Waiting = Callable[[Resources, Principal], Mapping[str, int]]
Finder = Callable[[Resources, Principal, str], Sequence[FoundKind]]
