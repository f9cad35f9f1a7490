"""Documents, claims, what moved, and the rules; claims laid out."""

from dataclasses import dataclass, field
from fractions import Fraction
from queue import Empty, SimpleQueue
from typing import Self

import numpy as np
import numpy.typing as npt

from graph.errors import InvalidInput
from graph.kernels import passing
from graph.kernels.layout import offsets, sorted_by
from graph.kernels.wholes import ENOUGH

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Amounts by firm and core: documents that firms hold, or what arrived in a step."""

    firm: Rows
    core: Rows
    amount_fen: Rows

    def __len__(self) -> int:
        return len(self.amount_fen)

    @classmethod
    def of(cls, amounts: dict[tuple[int, int], int]) -> Self:
        """Return the amounts given by (firm, core)."""
        return cls(*_columns(amounts))


@dataclass(frozen=True, slots=True, eq=False)
class Claims:
    """What each creditor may claim of each debtor; pairs are distinct."""

    creditor: Rows
    debtor: Rows
    amount_fen: Rows

    @classmethod
    def of(cls, amounts: dict[tuple[int, int], int]) -> Self:
        """Return the claims given by (creditor, debtor)."""
        return cls(*_columns(amounts))


@dataclass(frozen=True, slots=True, eq=False)
class Passed:
    """Amounts that moved, in order: in which step, of which core, from whom to whom."""

    step: Rows
    core: Rows
    giver: Rows
    taker: Rows
    amount_fen: Rows

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
    owed: passing.Owed
    order: Rows  # Of every claim: its place by debtor, then creditor.
    spare: SimpleQueue[passing.Space] = field(default_factory=SimpleQueue, repr=False)

    @classmethod
    def of(cls, claims: Claims) -> Self:
        """
        Return the claims by debtor, the largest first.

        Raises:
            InvalidInput: A claim is negative, a pair of firms stands twice, or a firm owes 2^62
                fen or more.
        """
        refuse_amounts("claims", claims.creditor, claims.debtor, claims.amount_fen)
        there = claims.amount_fen > 0
        creditor, debtor = claims.creditor[there], claims.debtor[there]
        amount = claims.amount_fen[there].astype(np.int64)
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
        owed = passing.Owed(
            offsets(debtor, len(firms)),
            creditor[order].astype(np.int32),
            debtor[order].astype(np.int32),
            amount[order],
            sums,
        )
        return cls(firms.astype(np.int64), owed, ranks[order])

    def space(self) -> passing.Space:
        """Return a workspace; it is put back to `spare` clean."""
        try:
            return self.spare.get_nowait()
        except Empty:
            return passing.space(self.owed)


def refuse_amounts(what: str, first: Rows, second: Rows, amounts: Rows) -> None:
    """Raise `InvalidInput` where the columns are not whole numbers, or amounts are negative."""
    if not len(first) == len(second) == len(amounts):
        raise InvalidInput(f"columns of {what} differ in length")
    if not all(np.issubdtype(each.dtype, np.integer) for each in (first, second, amounts)):
        raise InvalidInput(f"columns of {what} must be whole numbers")
    if (amounts < 0).any():
        raise InvalidInput(f"{what} must not be negative")


def summed(firm: Rows, core: Rows, amount_fen: Rows) -> Held:
    """Return amounts in the order of firm and core, equal pairs added up, nothing left out."""
    there = amount_fen > 0
    order = np.lexsort((core[there], firm[there]))
    firm, core, amount = firm[there][order], core[there][order], amount_fen[there][order]
    if not len(firm):
        return Held(firm, core, amount)
    new = np.r_[True, (firm[1:] != firm[:-1]) | (core[1:] != core[:-1])]
    starts = np.flatnonzero(new)
    return Held(firm[starts], core[starts], np.add.reduceat(amount, starts))


def _columns(amounts: dict[tuple[int, int], int]) -> tuple[Rows, Rows, Rows]:
    rows = sorted(amounts.items())
    table = np.array([(*pair, amount) for pair, amount in rows], np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]
