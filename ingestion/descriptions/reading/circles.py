"""Sets that look into each other without end."""

from collections.abc import Mapping

from ingestion.descriptions import model
from ingestion.descriptions.nodes import YamlNode
from ingestion.descriptions.reading.scope import ReadingScope


def check_circles(
    sets: Mapping[str, model.Rows], given: Mapping[str, YamlNode], scope: ReadingScope
) -> None:
    """Remember a fault for each set whose joins lead back to it."""
    for name in sets:
        seen: set[str] = set()
        ahead = [join.set for join in sets[name].joins]
        while ahead:
            other = ahead.pop()
            if other == name:
                scope.fault(given[name], f"the joins of set {name} lead back to it")
                break
            if other in sets and other not in seen:  # A set that is still asked for is none.
                seen.add(other)
                ahead += [join.set for join in sets[other].joins]
