"""What leads back to itself, one step after the other."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def in_circles(following: Mapping[T, T]) -> set[T]:
    """
    Return what lies on a circle of steps, of whatever length.

    Args:
        following: Where one step leads from each.

    Example:
        >>> sorted(in_circles({1: 2, 2: 3, 3: 2, 4: 1, 5: 5, 6: 7}))
        [2, 3, 5]
    """
    seen: dict[T, int] = {}
    circular: set[T] = set()
    for walk, start in enumerate(following):
        path: list[T] = []
        at = start
        while at in following and at not in seen:
            seen[at] = walk
            path.append(at)
            at = following[at]
        if seen.get(at) == walk and at in following:
            circular.update(path[path.index(at) :])
    return circular
