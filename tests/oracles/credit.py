"""Passing documents on, a second time: column by column, in whole numbers of any size."""

import numpy as np
import numpy.typing as npt

from graph.credit import Claims, Held, Passed, Rules

Rows = npt.NDArray[np.int64]
Whole = npt.NDArray[np.object_]  # Products of amounts pass 64 bits.


def pass_on(held: Held, claims: Claims, rules: Rules) -> Passed:
    """Return every amount that holders of documents can pass on, step by step."""
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


_EMPTY = np.zeros(0, np.int64)
_NOTHING = Passed(_EMPTY, _EMPTY, _EMPTY, _EMPTY, _EMPTY)
