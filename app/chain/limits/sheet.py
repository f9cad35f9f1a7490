"""The limits of a chain's firms as CSV, the same for every command that writes it."""

from collections.abc import Iterable, Mapping
from typing import Any

from graph.sheets import written

COLUMNS = ("id", "name", "direction", "tier", "limit_fen", "reachable_fen", "binding", "absent")


def sheet(firms: Iterable[Mapping[str, Any]]) -> bytes:
    """
    Return one line a firm under a header, for spreadsheets.

    Args:
        firms: As in the document of a chain's limits.
    """
    return written(COLUMNS, ([firm[column] for column in COLUMNS] for firm in firms))
