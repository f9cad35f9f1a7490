"""Documents, claims, what moved, and the rules; claims laid out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from graph.arrays.sorting import offsets, sorted_by
from graph.errors import InvalidInput
from graph.network.firms import (
    FirmRows,
    Frame,
    checked_ids,
    firm_column,
    frame,
    named_or_whole,
    refuse,
    refuse_outside,
    row_of,
    rows_of,
    whole,
    whole_number,
)
from graph.spread.credit.kernels import assignment
from graph.spread.credit.kernels.division import ENOUGH

Rows = npt.NDArray[np.int64]
Pairs = Mapping[tuple[int, int], int] | Mapping[tuple[str, str], int]


class Amounts(NamedTuple):
    """Whole fen between two ends: of a firm and a core, or of a creditor and a debtor."""

    first: npt.NDArray[Any]
    second: npt.NDArray[Any]
    fen: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """
    Amounts by firm and core: documents that firms hold.

    Both are numbers or, where the claims know ids, rows or ids.
    """

    firm: npt.NDArray[Any]
    core: npt.NDArray[Any]
    amount_fen: Rows

    def __len__(self) -> int:
        return len(self.amount_fen)

    @classmethod
    def of(cls, amounts: Pairs) -> Self:
        """Return the amounts given by (firm, core)."""
        return cls(*_columns(amounts, ("firm", "core")))


@dataclass(frozen=True, slots=True, eq=False)
class Claims:
    """
    What each creditor may claim of each debtor; pairs are distinct.

    Args:
        creditor: Who is owed, by number or, where `ids` are given, by row or id.
        debtor: Who owes it.
        amount_fen: How much, whole fen, not negative.
        ids: What firms and cores are called, in row order.
    """

    creditor: npt.NDArray[Any]
    debtor: npt.NDArray[Any]
    amount_fen: Rows
    ids: Sequence[str] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, amounts: Pairs, ids: Sequence[str] | None = None) -> Self:
        """Return the claims given by (creditor, debtor)."""
        return cls(*_columns(amounts, ("creditor", "debtor")), ids)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NamedRows:
    """What firms and cores are called, in row order, where it is known; no column of its own."""

    ids: Sequence[str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Passed(NamedRows):
    """Amounts that moved, in order: in which step, of which core, from whom to whom."""

    step: Rows
    core: Rows
    giver: Rows
    taker: Rows
    amount_fen: Rows

    def to_pandas(self) -> Frame:
        """Return a row an amount that moved: step, core, giver, taker, amount_fen."""
        names = ("core", "giver", "taker")
        ends = {name: firm_column(self.ids, getattr(self, name)) for name in names}
        return frame({"step": self.step, **ends, "amount_fen": self.amount_fen})

    def __len__(self) -> int:
        return len(self.amount_fen)


@dataclass(frozen=True, slots=True)
class Rules:
    """
    How documents may be passed on.

    Args:
        share: Part of what arrived that a firm may pass on, in [0, 1].
        steps_max: Steps after which nothing is passed on.
        cut_off_fen: Amounts below this stay.
    """

    share: Fraction
    steps_max: int
    cut_off_fen: int

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise InvalidInput(f"the share to pass on must be in [0, 1], not {self.share}")
        if self.steps_max < 0 or self.cut_off_fen < 0:
            raise InvalidInput("steps and cut-off must not be negative")


@dataclass(frozen=True, slots=True, eq=False)
class Debts:
    """Claims laid out for any number of questions, safe to share by threads."""

    firms: Rows  # Ascending; a firm is its place here inside.
    owed: assignment.Owed
    order: Rows  # Of every claim: its place by debtor, then creditor.
    spare: SimpleQueue[assignment.AssignmentWorkspace] = field(
        default_factory=SimpleQueue, repr=False
    )
    ids: Sequence[str] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, claims: Claims) -> Self:
        """
        Return the claims by debtor, the largest first.

        Raises:
            InvalidInput: A claim is negative, a pair of firms stands twice, a firm owes 2^62 fen
                or more, or a column is not what it must be.
            NotFound: An id is none of a firm.
        """
        columns = {"creditor": claims.creditor, "debtor": claims.debtor}
        ids = None if claims.ids is None else checked_ids(claims.ids, len(claims.ids))
        creditor, debtor, amount = checked("claims", columns, claims.amount_fen, ids)
        there = amount > 0
        creditor, debtor, amount = creditor[there], debtor[there], amount[there]
        firms = np.unique(np.concatenate([creditor, debtor]))
        creditor, debtor = (np.searchsorted(firms, ends) for ends in (creditor, debtor))
        if (np.bincount(debtor, amount.astype(np.float64)) >= ENOUGH).any():
            raise InvalidInput("a firm owes 2^62 fen or more")
        places = sorted_by(creditor, np.arange(len(creditor)), len(firms))
        places = sorted_by(debtor, places, len(firms))
        twice = (np.diff(debtor[places]) == 0) & (np.diff(creditor[places]) == 0)
        if twice.any():
            raise InvalidInput("a pair of firms stands twice among the claims")
        order = places[np.lexsort((-amount[places], debtor[places]))]
        ranks = np.empty(len(places), np.int64)
        ranks[places] = np.arange(len(places))
        sums = np.zeros(len(firms), np.int64)
        np.add.at(sums, debtor, amount)
        owed = assignment.Owed(
            offsets(debtor, len(firms)),
            creditor[order].astype(np.int32),
            debtor[order].astype(np.int32),
            amount[order],
            sums,
        )
        return cls(firms.astype(np.int64), owed, ranks[order], ids=ids)

    def row(self, name: str, given: int | str) -> int:
        """
        Return the row of a firm or core that is given by row or by id.

        Raises:
            InvalidInput: It is neither, or no row where ids are known.
            NotFound: No firm has that id.
        """
        if self.ids is None and not isinstance(given, str):
            return whole_number(name, given)
        return row_of(given, FirmRows(len(self.ids or ()), self.ids), name)

    def space(self) -> assignment.AssignmentWorkspace:
        """Return a workspace; it is put back to `spare` clean."""
        try:
            return self.spare.get_nowait()
        except Empty:
            return assignment.space(self.owed)


def checked(
    what: str, ends: Mapping[str, Any], amount_fen: Any, ids: Sequence[str] | None
) -> Amounts:
    """
    Return amounts between rows.

    Raises:
        InvalidInput: The columns differ in length, are not whole numbers or ids, name no firm
            where ids are known, or amounts are negative.
        NotFound: An id is none of a firm.
    """
    named = FirmRows(len(ids or ()), ids)
    first, second = (rows_of(column, named, f"{what}, {name}") for name, column in ends.items())
    amounts = whole(amount_fen, f"{what}, amount_fen")
    if not len(first) == len(second) == len(amounts):
        raise InvalidInput(f"columns of {what} differ in length")
    if ids is not None:
        for name, rows in zip(ends, (first, second), strict=True):
            refuse_outside(rows, len(ids), f"{what}, {name}")
    refuse(amounts < 0, f"{what}, amount_fen", "must not be negative")
    return Amounts(first, second, amounts)


def summed(amounts: Amounts) -> Amounts:
    """Return amounts in the order of their ends, equal pairs added up, nothing left out."""
    there = np.flatnonzero(amounts.fen > 0)
    order = there[np.lexsort((amounts.second[there], amounts.first[there]))]
    first, second, fen = (column[order] for column in amounts)
    if not len(fen):
        return Amounts(first, second, fen)
    new = np.r_[True, (first[1:] != first[:-1]) | (second[1:] != second[:-1])]
    starts = np.flatnonzero(new)
    return Amounts(first[starts], second[starts], np.add.reduceat(fen, starts))


def _columns(amounts: Pairs, names: tuple[str, str]) -> Amounts:
    """Return pairs by row or by id as columns, in the order given."""
    first, second = (
        named_or_whole([pair[side] for pair in amounts], name) for side, name in enumerate(names)
    )
    return Amounts(first, second, whole(list(amounts.values()), "amount_fen"))
