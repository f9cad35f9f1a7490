"""Parts of a description tried on the rows that were looked at, as an import would read them."""

from typing import Any

import polars as pl

from ingestion.days import ZONE
from ingestion.descriptions import nodes
from ingestion.descriptions.cells import SetCells
from ingestion.descriptions.faults import Faults
from ingestion.descriptions.nodes import YamlNode
from ingestion.descriptions.reading import values
from ingestion.descriptions.reading.scope import ReadingScope
from ingestion.guess.looked import LookedAt
from ingestion.guess.writing import text_of


def value(looked: LookedAt, said: Any) -> pl.Series:
    """Return the texts that a value gives."""
    node, scope = _node(said)
    return _cells(looked).value(values.value(node, scope))


def holds(looked: LookedAt, conditions: list[Any]) -> pl.Series:
    """Return in which rows all of some conditions hold."""
    node, scope = _node(conditions)
    return _cells(looked).all_hold(values.conditions(node, scope))


def _cells(looked: LookedAt) -> SetCells:
    return SetCells(looked.frame, ZONE, looked.above)


def _node(said: Any) -> tuple[YamlNode, ReadingScope]:
    faults = Faults("proposal")
    node = nodes.read(text_of(said), faults)
    if node is None:
        raise ValueError(f"no part of a description: {said!r}")
    return node, ReadingScope(faults, above=True)
