"""
Credit passed down the tiers: documents move from holder to creditor, never more than there is.

In step s firm j may pass `share` of what arrived in step s - 1, per core, to its creditors m
in proportion to their claims R_mj, never above what is left of a claim, which the cores share in
proportion to what arrived:

    P = floor(min(left_mj arrived_jc / sum_c arrived_jc, share arrived_jc R_mj / sum_m R_mj))

Amounts under `cut_off` stay. Then left falls by all P, and arrived of m is the sum of its P.
Whole fen throughout: what is passed is moved, not added (docs/limits.md).
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

import numpy as np
import numpy.typing as npt

from graph.errors import InvalidInput

Rows = npt.NDArray[np.int64]
Whole = npt.NDArray[np.object_]  # Whole numbers of any size: products of amounts pass 64 bits.


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


def pass_on(held: Held, claims: Claims, rules: Rules) -> Passed:
    """
    Return every amount that holders of documents can pass on, step by step.

    Args:
        held: Documents by firm and core; equal pairs are added up.
        claims: What creditors may claim of debtors.
        rules: How much may be passed on, how often, and from which amount.

    Raises:
        InvalidInput: An amount is negative, or a pair of firms stands twice among the claims.

    Example:
        >>> held = Held.of({(1, 0): 800_000_000})
        >>> claims = Claims.of({(2, 1): 200_000_000, (3, 1): 300_000_000})
        >>> passed = pass_on(held, claims, Rules(Fraction(4, 5), steps_max=5, cut_off_fen=100_000))
        >>> passed.taker.tolist(), passed.amount_fen.tolist()
        ([2, 3], [200000000, 300000000])
    """
    if (held.amount_fen < 0).any() or (claims.amount_fen < 0).any():
        raise InvalidInput("documents and claims must not be negative")
    debts = _Debts(claims)
    arrived = _summed(held.firm, held.core, held.amount_fen)
    parts = [_NOTHING]
    for step in range(1, rules.steps_max + 1):
        if not len(arrived):
            break
        moved = debts.take(step, arrived, rules)
        arrived = _summed(moved.taker, moved.core, moved.amount_fen)
        parts.append(moved)
    return Passed(*(np.concatenate([getattr(p, n) for p in parts]) for n in Passed.__slots__))


class _Debts:
    """What debtors owe, by debtor, and what is left of each claim."""

    def __init__(self, claims: Claims) -> None:
        there = claims.amount_fen > 0
        order = np.lexsort((claims.creditor[there], claims.debtor[there]))
        self._debtor = claims.debtor[there][order]
        self._creditor = claims.creditor[there][order]
        self._claim: Whole = claims.amount_fen[there][order].astype(object)
        twice = (np.diff(self._debtor) == 0) & (np.diff(self._creditor) == 0)
        if twice.any():
            raise InvalidInput("a pair of firms stands twice among the claims")
        self._left: Whole = self._claim.copy()

    def take(self, step: int, arrived: Held, rules: Rules) -> Passed:
        """Return what moves in one step; what is left of the claims falls by it."""
        first = np.searchsorted(self._debtor, arrived.firm, side="left")
        last = np.searchsorted(self._debtor, arrived.firm, side="right")
        giving = np.repeat(np.arange(len(arrived)), last - first)
        claim = _ranges(first, last)
        amount = arrived.amount_fen.astype(object)
        everything = _sums_of_runs(arrived.firm, amount)[giving]
        owed = _sums_of_runs(self._debtor, self._claim)[claim]
        fair = self._left[claim] * amount[giving] // everything
        most = rules.share.numerator * amount[giving] * self._claim[claim]
        part = np.minimum(fair, most // (rules.share.denominator * owed))
        moving = (part > 0) & (part >= rules.cut_off_fen)
        giving, claim, part = giving[moving], claim[moving], part[moving]
        np.subtract.at(self._left, claim, part)
        return Passed(
            np.full(len(part), step, np.int64),
            arrived.core[giving],
            arrived.firm[giving],
            self._creditor[claim],
            part.astype(np.int64),
        )


def _ranges(first: Rows, last: Rows) -> Rows:
    """Return first[0] .. last[0] - 1, first[1] .. last[1] - 1 and so on, in one column."""
    sizes = last - first
    before = np.cumsum(sizes) - sizes
    ranges: Rows = np.arange(int(sizes.sum()), dtype=np.int64)
    ranges += np.repeat(first - before, sizes)
    return ranges


def _sums_of_runs(keys: Rows, amounts: Whole) -> Whole:
    """Return at every place the sum of the amounts of its run of equal keys."""
    if not len(keys):
        return amounts
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    sums: Whole = np.add.reduceat(amounts, starts)
    return np.repeat(sums, np.diff(np.r_[starts, len(keys)]))


def _summed(firm: Rows, core: Rows, amount_fen: Rows) -> Held:
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


_EMPTY = np.zeros(0, np.int64)
_NOTHING = Passed(_EMPTY, _EMPTY, _EMPTY, _EMPTY, _EMPTY)
