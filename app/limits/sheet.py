"""The limits of a chain's firms as CSV, the same for every command that writes it."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS = ("id", "name", "direction", "tier", "limit_fen", "reachable_fen", "binding", "absent")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def sheet(firms: Iterable[Mapping[str, Any]]) -> bytes:
    """
    Return one line a firm under a header, in UTF-8 with a byte-order mark, for spreadsheets.

    Args:
        firms: As in the document of a chain's limits.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for firm in firms:
        writer.writerow([_safe(firm[column]) for column in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def _safe(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
