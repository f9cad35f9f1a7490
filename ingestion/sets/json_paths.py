"""Paths of JSON as a description writes them: names and `*` (each element), joined by points."""

from functools import cache
from typing import Any

from ingestion.sets.errors import Wrong

EACH = "*"
LENGTH_MAX, STEPS_MAX = 1000, 20


@cache
def checked(path: str) -> tuple[str, ...]:
    """
    Return the steps of a path.

    Raises:
        Wrong: It is none.

    Example:
        >>> checked("lines.*.name")
        ('lines', '*', 'name')
    """
    steps = tuple(path.split("."))
    if len(path) > LENGTH_MAX or len(steps) > STEPS_MAX:
        raise Wrong(f"a path has at most {LENGTH_MAX} characters and {STEPS_MAX} steps")
    if not all(step.strip() for step in steps):
        raise Wrong(f"path {path}: a step is blank; give a.b, or a.*.b for each element of a")
    return steps


def values(found: Any, steps: tuple[str, ...]) -> list[Any]:
    """
    Return what stands at the end of a path, several times where it leads through `*`.

    Example:
        >>> values({"a": [{"b": 1}, {"b": 2}]}, ("a", "*", "b"))
        [1, 2]
    """
    here = [found]
    for step in steps:
        if step == EACH:
            here = [inner for each in here for inner in _elements(each)]
        else:
            here = [each[step] for each in here if isinstance(each, dict) and step in each]
    return [inner for each in here for inner in (each if isinstance(each, list) else (each,))]


def _elements(found: Any) -> list[Any]:
    if isinstance(found, dict):
        return list(found.values())
    return found if isinstance(found, list) else []
