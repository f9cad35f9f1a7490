"""
The fixed point of production losses from below and from above, for one scenario after another.

Losses are pushed as in `frontier.py`, round after round, but only where it matters:
a loss waits while what it can cost everybody else, by `adjoint.py`, is not above a
threshold. What has been reached is a bound from below at any time. From above, with d, u what
firms have lost, sent what has been passed on, lost_k what market k has lost of itself, and x more
that it loses,

    rest_i(x) = max(0, min(1, share_i / (1 - lost_k - x)) d_i - sent_i),
    f_k(x) = max(0, 1 / (1 - lost_k - x) - 1 - tau),
    g_k(x) = sum_{i in k} (rest_i(x) - rest_i(0)) q_i + x f_k(x) max_{i in k, d_i < 1} q_i,

    if sum_i rest_i(0) q_i + max_k g_k(rho) <= rho <= tau / (1 + tau),

all markets together lose no more than rho on top of lost_k, and all firms together at most

    sum_i rest_i(0) z_i + max_k (g_k(rho) with z in place of q) + sum_v (u_v - sent_v) y_v

on top of what they have lost (proof in docs/decisions/0008-bracket.md). Each slack tau has its own
z and q; the smallest of them that holds is taken. Where none does, `upper_bounds.py` looks
for losses that one more round does not raise.
"""

from typing import NamedTuple

import numpy as np

from graph.arrays.compiler import lean
from graph.arrays.dtypes import FloatArray
from graph.arrays.shocks import ShockArrays
from graph.spread.production.kernels import frontier
from graph.spread.production.kernels.adjoint import LEVELS, Peaks
from graph.spread.production.kernels.frontier import (
    INPUTS,
    MARKETS,
    MOVED,
    ORDERS,
    PUSHED,
    TOUCHED,
    State,
)
from graph.spread.production.kernels.structures import CascadeStructure

TRIES = 8  # Of rho, each larger than the last.
TINY = 1e-12  # More than sums of shares are off by rounding.
# Columns of what is found.
LOWER, UPPER, GUESS, DOWN, DOWN_UPPER, UP, UP_UPPER, ROUNDS, LEVEL = range(9)


class ShadowPrices(NamedTuple):
    """What a unit of loss costs at most, by firm."""

    weights: FloatArray
    orders: FloatArray  # y.
    figures: FloatArray  # z of every slack, then q of every slack.
    peaks: Peaks
    slacks: FloatArray
    holds: FloatArray  # 1 for a slack whose figures are finite.


class Effort(NamedTuple):
    """How far losses are pushed: those that may cost more than a threshold, so many trades."""

    threshold: float
    rounds_max: int
    budget: int


@lean
def run(
    structure: CascadeStructure,
    state: State,
    shocks: ShockArrays,
    prices: ShadowPrices,
    effort: Effort,
    found: FloatArray,
) -> None:
    """
    Write what each scenario costs, a row each.

    Columns: from below, from above, best guess; downstream from below and above, upstream the
    same; rounds, and the place of the slack that was used, -1 if none held (above is then 1).
    """
    for k in range(len(shocks.offsets) - 1):
        found[k, ROUNDS] = push(structure, state, shocks, k, prices, effort)
        complete(structure, state, prices, found[k])
        frontier.put_back(structure, state)


@lean
def push(
    structure: CascadeStructure,
    state: State,
    shocks: ShockArrays,
    k: int,
    prices: ShadowPrices,
    effort: Effort,
) -> int:
    """Push the losses of one scenario as far as it matters; return the rounds it took."""
    frontier.shock(structure, state, shocks, k)
    used = 0
    while used < effort.rounds_max and state.lengths[PUSHED] <= effort.budget:
        used += 1
        _push_down(structure, state, used + 1, prices, effort.threshold)
        _push_up(structure, state, used + 1, prices, effort.threshold)
        if state.lengths[INPUTS] + state.lengths[ORDERS] == 0:
            break
        frontier.settle(structure, state)
    return used


@lean
def complete(
    structure: CascadeStructure, state: State, prices: ShadowPrices, found: FloatArray
) -> None:
    """Write what a scenario costs that has been pushed: all columns but the rounds."""
    lower(state, prices, found)
    _upper(structure, state, prices, found)


@lean
def _push_down(
    structure: CascadeStructure, state: State, mark: int, prices: ShadowPrices, threshold: float
) -> None:
    state.lengths[INPUTS] = 0
    for q in range(state.lengths[MARKETS]):
        market = state.markets[q]
        state.dirty[market] = 0
        available = frontier.available(structure, state, market)
        i = state.first[market]
        while i >= 0:
            loss = frontier.passed(structure, state, i, available)
            grown = loss - state.node[i]["sent"]
            if grown > 0.0 and grown * prices.figures[i, 0] > threshold:
                frontier.push_to_buyers(structure, state, i, loss, mark)
            i = state.following[i]
    state.lengths[MARKETS] = 0


@lean
def _push_up(
    structure: CascadeStructure, state: State, mark: int, prices: ShadowPrices, threshold: float
) -> None:
    state.lengths[ORDERS] = 0
    for q in range(state.lengths[MOVED]):
        j = state.moved[q]
        if (state.node[j]["up"] - state.node[j]["up_sent"]) * prices.orders[j] > threshold:
            frontier.push_to_suppliers(structure, state, j, mark)
    state.lengths[MOVED] = 0


@lean
def lower(state: State, prices: ShadowPrices, found: FloatArray) -> None:
    """Write the columns from below, and into `UP_UPPER` what orders that wait may cost."""
    found[LOWER] = found[DOWN] = found[UP] = found[UP_UPPER] = 0.0
    for q in range(state.lengths[TOUCHED]):
        i = state.touched[q]
        node = state.node[i]
        found[LOWER] += prices.weights[i] * max(node["down"], node["up"])
        found[DOWN] += prices.weights[i] * node["down"]
        found[UP] += prices.weights[i] * node["up"]
        waiting = node["up"] - node["up_sent"]
        if waiting > 0.0:
            found[UP_UPPER] += waiting * prices.orders[i]


@lean
def _upper(
    structure: CascadeStructure, state: State, prices: ShadowPrices, found: FloatArray
) -> None:
    orders = found[UP_UPPER]
    found[LEVEL], best, guess = -1.0, np.inf, np.inf
    for level in range(LEVELS):
        cost, first = _certified(structure, state, prices, level)
        guess = min(guess, first)
        if cost < best:
            found[LEVEL], best = level, cost
        if best < np.inf:
            break  # A larger slack makes every figure larger.
    whole = 1.0 + TINY
    found[UPPER] = min(1.0, (found[LOWER] + best + orders) * whole)
    found[DOWN_UPPER] = min(1.0, (found[DOWN] + best) * whole)
    found[UP_UPPER] = min(1.0, (found[UP] + orders) * whole)
    found[GUESS] = min(found[UPPER], found[LOWER] + guess + orders)


@lean
def _certified(
    structure: CascadeStructure, state: State, prices: ShadowPrices, level: int
) -> tuple[float, float]:
    """Return what may be lost beyond what has been, infinite if this slack does not hold."""
    tau = prices.slacks[level]
    if prices.holds[level] == 0.0:
        return np.inf, np.inf
    cost, share = _waiting(structure, state, prices, level)
    needed = share * (1.0 + TINY) + TINY
    for _ in range(TRIES):
        rho = 1.5 * needed
        if not rho <= tau / (1.0 + tau):
            break
        cost_more, share_more = _more(structure, state, prices, level, rho)
        needed = (share + share_more) * (1.0 + TINY) + TINY
        if needed <= rho:
            return cost + cost_more, cost
    return np.inf, cost


@lean
def _waiting(
    structure: CascadeStructure, state: State, prices: ShadowPrices, level: int
) -> tuple[float, float]:
    """Return what the losses not yet passed on cost, in money and in shares of markets."""
    cost = share = 0.0
    for q in range(state.lengths[TOUCHED]):
        i = state.touched[q]
        waiting = _rest(structure, state, i, TINY)
        if waiting > 0.0:
            cost += waiting * prices.figures[i, level]
            share += waiting * prices.figures[i, LEVELS + level]
    return cost, share


@lean
def _rest(structure: CascadeStructure, state: State, i: int, more: float) -> float:
    """Return what a firm has not passed on, had its market lost so much more of itself."""
    own, market = structure.market_share[i], structure.market[i]
    kept = 1.0
    if own < 1.0 and market < len(structure.market_sales):
        left = 1.0 - state.lost[market] - more
        kept = own / left if left > own else 1.0
    node = state.node[i]
    return max(0.0, float(kept * node["down"] - node["sent"]))


@lean
def _more(
    structure: CascadeStructure, state: State, prices: ShadowPrices, level: int, rho: float
) -> tuple[float, float]:
    """Return what it adds at most, in one market or in all, that all lose rho of themselves."""
    cost_most = share_most = 0.0
    tau, alone = prices.slacks[level], len(structure.market_sales)
    for q in range(state.lengths[TOUCHED]):
        market = structure.market[state.touched[q]]
        if market == alone or state.first[market] != state.touched[q]:
            continue
        cost = share = 0.0
        i = state.first[market]
        while i >= 0:
            grown = _rest(structure, state, i, rho + TINY) - _rest(structure, state, i, TINY)
            cost += grown * prices.figures[i, level]
            share += grown * prices.figures[i, LEVELS + level]
            i = state.following[i]
        left = 1.0 - state.lost[market] - rho - TINY
        factor = (1.0 / left if left > 0.0 else np.inf) - 1.0 - tau
        single = structure.market_indptr[market + 1] - structure.market_indptr[market] == 1
        if factor > 0.0 and not single and not _wiped_out(structure, state, market):
            peak = _peak(state, prices, market, level)
            cost += rho * factor * peak if peak > 0.0 else 0.0
            peak = _peak(state, prices, market, LEVELS + level)
            share += rho * factor * peak if peak > 0.0 else 0.0
        cost_most, share_most = max(cost_most, cost), max(share_most, share)
    return cost_most, share_most


@lean
def _peak(state: State, prices: ShadowPrices, market: int, column: int) -> float:
    """Return the largest figure of a market's firms; who has lost all cannot lose more."""
    firm = prices.peaks.firms[market, column]
    if firm >= 0 and state.node[firm]["down"] >= 1.0:
        return float(prices.peaks.second[market, column])
    return float(prices.peaks.largest[market, column])


@lean
def _wiped_out(structure: CascadeStructure, state: State, market: int) -> bool:
    """Return whether every firm that sells anything in a market has lost all."""
    if state.lost[market] < 1.0 - TINY:
        return False
    for i in range(structure.market_indptr[market], structure.market_indptr[market + 1]):
        if structure.market_share[i] > 0.0 and state.node[i]["down"] < 1.0:
            return False
    return True
