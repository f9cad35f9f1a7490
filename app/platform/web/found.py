"""What domains bring to every page: what waits for a reader, and what a text finds for them."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from app.platform.auth.principals import Principal
from app.platform.deps import Resources


class FoundThing(NamedTuple):
    """A thing that a text finds beside firms: what it is (a key of words), its id, its page."""

    kind: str
    id: str
    note: str
    address: str


# By the places of the navigation that lead to what waits: how many do.
Waiting = Callable[[Resources, Principal], Mapping[str, int]]
Finder = Callable[[Resources, Principal, str], Sequence[FoundThing]]
