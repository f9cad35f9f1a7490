"""Rows that were set aside: why, and where a person finds them."""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

REASONS = (
    "unreadable",
    "void",
    "duplicate",
    "missing",
    "bad_amount",
    "bad_date",
    "bad_share",
    "bad_flag",
    "unknown_word",
    "self_trade",
    "future",
    "conflict",
    "unknown_parent",
)
EXPECTED = ("void", "duplicate", "future")  # What a sound file may hold any number of.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Issue:
    """One row that was set aside, or one thing to know about a file (line 0)."""

    file: str
    line: int
    column: str
    value: str
    reason: str


def counts(issues: Iterable[Issue]) -> dict[str, int]:
    """Return how many rows were set aside for each reason, in the order of reasons."""
    found = Counter(issue.reason for issue in issues if issue.line)
    return {reason: found[reason] for reason in REASONS if found[reason]}


def write(issues: Iterable[Issue], path: Path) -> None:
    """Write issues as a CSV file that a spreadsheet opens without running anything."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["file", "line", "column", "value", "reason"])
        for issue in issues:
            cells = (issue.file, issue.line or "", issue.column, issue.value, issue.reason)
            writer.writerow([safe(str(cell)) for cell in cells])


def safe(cell: str) -> str:
    """
    Return a cell that no spreadsheet takes for a formula.

    Example:
        >>> safe("=1+1"), safe("12")
        ("'=1+1", '12')
    """
    return f"'{cell}" if cell.startswith(FORMULA) else cell
