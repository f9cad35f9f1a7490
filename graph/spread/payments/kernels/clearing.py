"""
What debtors pay when some cannot pay in full: the greatest clearing vector.

Firm i owes l_i inside the network and g_i outside, has outside assets e_i, and pays every inside
creditor the same share y_i of what it owes. With C_ij = claims of i on j, its assets are

    A_i = e_i + sum_j C_ij y_j                                          [1]

It defaults where A_i < l_i + g_i. Then alpha of its outside assets and beta of its claims are
recovered [2] (alpha = beta = 1 is [1]); outside creditors stand beside the others or come first:

    beside:  y_i = max(0, (alpha e_i + beta sum_j C_ij y_j) / (l_i + g_i))
    first:   y_i = max(0, (alpha e_i + beta sum_j C_ij y_j - g_i) / l_i)

With alpha, beta < 1 several vectors clear. The greatest is reached from above, level by level
(fictitious defaults [1, 2]): all pay; who cannot defaults; those pay what solves their linear
equations exactly; who cannot now defaults, and so on: at most one level a firm.

[1] L. Eisenberg, T. Noe, Systemic risk in financial systems, Management Science 47 (2001).
[2] L. Rogers, L. Veraart, Failure and rescue in an interbank network, Man. Science 59 (2013).
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from graph.arrays.dtypes import BoolArray, FloatArray, IntArray

# A shortfall below this share of the debt is the rounding of a sum, not a default.
SHORT = 1e-12
ABOVE = 1.0 + 1e-6


class DebtMatrix(NamedTuple):
    """Claims (creditor x debtor) and what stands outside the network."""

    claims: sparse.csr_array
    inside: FloatArray
    outside: FloatArray
    assets: FloatArray


class Levels(NamedTuple):
    """The share every debtor pays inside after each level, and the level at which it failed."""

    shares: list[FloatArray]
    rounds: IntArray


def clear(debts: DebtMatrix, alpha: float, beta: float, outside_first: bool) -> Levels | None:
    """Return the shares paid, level by level, or None where a level has no finite solution."""
    owed = debts.inside + debts.outside
    shares = [np.ones(len(owed))]
    rounds = np.zeros(len(owed), np.int64)
    for level in range(1, len(owed) + 1):
        assets = debts.assets + debts.claims @ shares[-1]
        failing = (assets < owed * (1.0 - SHORT)) & (rounds == 0)
        if not failing.any():
            break
        rounds[failing] = level
        paid = _solve(debts, rounds > 0, alpha, beta, outside_first)
        if paid is None:
            return None
        shares.append(paid)
    return Levels(shares, rounds)


def recovered(debts: DebtMatrix, shares: FloatArray, alpha: float, beta: float) -> FloatArray:
    """Return what a defaulted firm has to pay with; a negative balance outside stays whole."""
    outside = alpha * np.maximum(debts.assets, 0.0) + np.minimum(debts.assets, 0.0)
    means: FloatArray = outside + beta * (debts.claims @ shares)
    return means


def _solve(
    debts: DebtMatrix, failed: BoolArray, alpha: float, beta: float, outside_first: bool
) -> FloatArray | None:
    """Return the shares paid when these firms have failed: their equations, solved exactly."""
    base = debts.inside if outside_first else debts.inside + debts.outside
    free = failed & (base > 0.0)
    shares = np.where(failed, 0.0, 1.0)
    constant = recovered(debts, shares, alpha, beta)
    constant -= debts.outside if outside_first else 0.0
    paying = free
    for _ in range(2 * int(free.sum()) + 2):
        solved = _linear(debts.claims, base, constant, beta, paying)
        if solved is None:  # Firms that pay only each other, and less each time: begin at zero.
            paying = free & (constant > SHORT * base)
            solved = _linear(debts.claims, base, constant, beta, paying)
        if solved is None:
            return None
        # Who would pay less than nothing pays nothing, which can only raise the others: it settles.
        wanted = free & (constant + beta * (debts.claims @ solved) > SHORT * base)
        if bool((wanted == paying).all()):
            return np.where(failed, np.clip(solved, 0.0, 1.0), 1.0)
        paying = wanted
    return None


def _linear(
    claims: sparse.csr_array, base: FloatArray, constant: FloatArray, beta: float, paying: BoolArray
) -> FloatArray | None:
    solved = np.zeros(len(base))
    rows = np.flatnonzero(paying)
    if len(rows):
        matrix = sparse.diags_array(base[rows]) - beta * claims[rows][:, rows]
        try:
            solved[rows] = linalg.splu(sparse.csc_array(matrix)).solve(constant[rows])
        except RuntimeError:  # The factor is exactly singular.
            return None
    # Nobody pays above its debt: more is a nearly singular matrix speaking.
    return solved if np.isfinite(solved).all() and solved.max(initial=0.0) < ABOVE else None
