"""Leaves from the stored rows of a run, and rows of whole numbers as arrays."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from app.chain.limits.formulas.columns import ExactColumn
from app.chain.limits.formulas.leaves import (
    STATEMENT,
    ChainLeaves,
    ClaimKind,
    ClaimLeaves,
    CoreLeaves,
    FirmLeaves,
)

CHAIN = tuple(entry.name for entry in fields(ChainLeaves))
KINDS = ("verified", "sold", "troubled")
NOT_COUNTED = ("paid_fen", "pledged_fen", "pledged_count")  # Of papers, where there is any.
AMOUNTS = (
    *("rows_fen", "estimated_fen", "contra_fen", "blue_fen", "red_fen", "disputed_fen"),
    *NOT_COUNTED,
)
Places = npt.NDArray[np.int64]


class IndexedRows:
    """A table of whole numbers and flags as arrays: a few rows are found and read quickly."""

    def __init__(self, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        self._columns = columns

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self._columns[name]

    def take(self, places: npt.NDArray[Any]) -> "IndexedRows":
        """Return the rows at these places, or where a mask is true."""
        return IndexedRows({name: column[places] for name, column in self._columns.items()})

    def each(self) -> Iterator[dict[str, Any]]:
        """Yield every row by column name."""
        lists = [column.tolist() for column in self._columns.values()]
        return (dict(zip(self._columns, row, strict=True)) for row in zip(*lists, strict=True))


class Lookup:
    """Where rows with one value of a column stand; rows keep their order."""

    def __init__(self, keys: Places) -> None:
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def of(self, key: int) -> Places:
        """Return the places of the rows with that key."""
        first = np.searchsorted(self._keys, key, side="left")
        return self._order[first : np.searchsorted(self._keys, key, side="right")]


class ColumnsByName(Protocol):
    """Columns by name."""

    def __getitem__(self, name: str) -> npt.NDArray[Any]: ...


def claim_columns(
    claims: ColumnsByName, kind: ClaimKind, belonging_e12: ExactColumn | int = 0
) -> ClaimLeaves:
    """Return claims of one kind as columns of leaves."""
    columns = {name: ExactColumn.whole(claims[name]) for name in AMOUNTS}
    return ClaimLeaves(buyer="", **columns, kind=kind, belonging_e12=belonging_e12)


def core_leaves(row: Mapping[str, Any]) -> CoreLeaves:
    """Return a core's leaves from its stored row."""
    names = [entry.name for entry in fields(CoreLeaves)]
    return CoreLeaves(**{name: row[name] for name in names if name in row})


def chain_leaves(row: Mapping[str, Any]) -> ChainLeaves | None:
    """Return a chain's leaves from its stored row; None where it has no facility."""
    if row["facility"] is None:
        return None
    return ChainLeaves(**{name: Decimal(row[name]) for name in CHAIN})


def firm_leaves(row: Mapping[str, Any]) -> FirmLeaves:
    """Return a firm's leaves from its stored row."""
    statement = {name: row[name] for name in STATEMENT}
    below = row.get("understated")  # Older runs do not have it.
    given = None not in statement.values() and row["expected_growth"] is not None
    return FirmLeaves(
        size=row["size"],
        rating=row["rating"],
        loans_fen=row["loans_fen"],
        sales_fen=row["sales_fen"],
        statement=statement if given else None,
        expected_growth=Decimal(row["expected_growth"]) if given else None,
        worst_e12=row["worst_e12"],
        worst_firm=row["worst_firm"],
        understated=tuple(below.split(",")) if below else (),
        lent_fen=row.get("lent_fen", 0),  # Kept where there is any.
        lent_event=row.get("lent_event", 0),
    )
