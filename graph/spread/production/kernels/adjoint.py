"""
What a unit of loss costs everybody else: one linear solve for all firms at a time.

Upstream, a unit of orders that v no longer places costs [1]

    y_v = sum_i up_iv (w_i + y_i)

and downstream a unit of i's loss that its buyers feel costs at most

    z_i = sum_j down_ij (w_j + sbar_j z_j),   sbar_j = min(1, (1 + tau) share_j),

where share_j is what j sells of all its market sells, and tau a slack: sbar is no less than how
little of j can be replaced as long as no market has lost more than tau / (1 + tau) of itself. The
same with weights share_j instead of w_j is q: what it costs all markets, as shares of themselves.
Both with several slacks stand side by side, eight figures a firm in one cache line.

Each solve sweeps over the firms and uses new figures at once; from 0 it rises to the least
solution x = M (b + x). What is returned lies above it: where F(x) - x <= k M b and k < 1,

    F(x / (1 - k)) <= x / (1 - k),

and whatever F does not raise is no less than its least fixed point (Knaster-Tarski). Weights are
at least `LEAST`, so that M b is nowhere 0 where x is not.

[1] The decision `docs/decisions/0008-bracket.md` has the proofs.
"""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt
from llvmlite import ir

from graph.arrays.compiler import lean
from graph.arrays.dtypes import FloatArray, IntArray, RowArray
from graph.arrays.vectors import FIRST, Addresses, Ends, Lanes, Size, compiled
from graph.spread.production.kernels.structures import CascadeStructure

LEVELS = 4
LINE_BYTES = 64
PAD = 1e-14  # Of a figure: more than its last sums are off by rounding.
LEAST = 1e-12  # Of the mean weight.
Bought = tuple[IntArray, npt.NDArray[Any]]  # Every buyer's trades, and the trades.
CHECKED = 4  # Sweeps after which it is asked whether they still lead anywhere.


@nb.njit(cache=True, nogil=True)
def orders(
    structure: CascadeStructure, weights: FloatArray, accuracy: float, sweeps_max: int
) -> tuple[FloatArray, float, int]:
    """Return y from above (infinite where there is none), k, and the sweeps it took."""
    least = LEAST * np.mean(weights) if len(weights) else 0.0
    felt = np.maximum(weights, least)
    trades = (structure.in_indptr, structure.bought)
    direct, y = np.zeros(len(felt)), np.zeros(len(felt))
    _costs(trades, felt, direct)
    base = felt.copy()
    slack, used = np.inf, 0
    while used < sweeps_max and slack > accuracy:
        for _ in range(CHECKED):
            _sweep_orders(trades, base, felt, y)
        used += CHECKED
        slack = _slack_orders(trades, felt, direct, y)
    if slack < 1.0:
        return y / (1.0 - slack), slack, used
    return np.full(len(y), np.inf), slack, used


@lean
def _sweep_orders(trades: Bought, base: FloatArray, felt: FloatArray, y: FloatArray) -> None:
    """Put into y what a unit of lost orders costs, and into felt w + y, firm after firm."""
    indptr, bought = trades
    for v in range(len(y)):
        cost = 0.0
        for e in range(indptr[v], indptr[v + 1]):
            cost += bought[e]["share"] * felt[bought[e]["supplier"]]
        y[v] = cost
        felt[v] = base[v] + cost


@lean
def _costs(trades: Bought, felt: FloatArray, out: FloatArray) -> None:
    indptr, bought = trades
    for v in range(len(out)):
        out[v] = 0.0
        for e in range(indptr[v], indptr[v + 1]):
            out[v] += bought[e]["share"] * felt[bought[e]["supplier"]]


@lean
def _slack_orders(trades: Bought, felt: FloatArray, direct: FloatArray, y: FloatArray) -> float:
    """Return by how much, of what a firm costs directly, its figure may still grow."""
    indptr, bought = trades
    slack = 0.0
    for v in range(len(y)):
        rest = PAD * y[v] - y[v]
        for e in range(indptr[v], indptr[v + 1]):
            rest += bought[e]["share"] * felt[bought[e]["supplier"]]
        if rest > 0.0:
            slack = max(slack, rest / direct[v]) if direct[v] > 0.0 else np.inf
    return slack


def sweep(first: int, last: int, arrays: tuple[Any, ...]) -> None:
    """
    Run one sweep over z and q of all slacks, the figures of a row at once.

    Takes indptr, buyers, shares of the trades, then weights, counts (share_j, or 0 where nobody
    replaces), market shares by firm, then the rows `above` (1 + tau) and `accuracy`, then
    `figures` and `felt` (w + sbar z), and the row `moving`, raised where a figure still grows.
    """
    indptr, buyers, shares, weights, counts, market_shares = arrays[:6]
    above, accuracy, figures, felt, moving = arrays[6:]
    for i in range(first, last):
        cost = np.zeros_like(above)
        for e in range(indptr[i], indptr[i + 1]):
            cost = cost + shares[e] * felt[buyers[e]]
        moving[:] = np.maximum(moving, (1 - accuracy) * cost - figures[i])
        figures[i] = cost
        base = np.repeat([weights[i], counts[i]], LEVELS)
        felt[i] = base + np.minimum(1, above * market_shares[i]) * cost


@compiled(sweep, 2, lambda _: LINE_BYTES)
def _sweep(lanes: Lanes, ends: Ends, at: Addresses, size: Size) -> None:
    builder = lanes.builder
    indptr, buyers, shares, weights, counts, market_shares = at[:6]
    above, accuracy, figures, felt, moving = at[6:]
    trades = size(1)
    slack, kept = lanes.load(above, FIRST), lanes.load(accuracy, FIRST)
    kept = builder.fsub(lanes.one, kept)
    halves = [
        ir.Constant(lanes.vector, [float(c // LEVELS == half) for c in range(2 * LEVELS)])
        for half in range(2)
    ]

    def body(i: ir.Value, carried: list[Any]) -> list[Any]:
        """Sweep over one firm."""
        start, end = lanes.span(indptr, i)
        cost = lanes.sum_rows(start, end, trades, buyers, shares, felt)
        grown = builder.fsub(builder.fmul(kept, cost), lanes.load(figures, i))
        lanes.store(cost, figures, i)
        sbar = builder.fmul(slack, lanes.splat(lanes.element(market_shares, i)))
        base = lanes.add(lanes.zero, lanes.element(weights, i), halves[0])
        base = lanes.add(base, lanes.element(counts, i), halves[1])
        sent = builder.fmul(lanes.smaller(sbar, lanes.one), cost)
        lanes.store(builder.fadd(base, sent), felt, i)
        return [lanes.larger(carried[0], grown)]

    (found,) = lanes.loop(*ends, [lanes.load(moving, FIRST)], body)
    lanes.store(found, moving, FIRST)


def gather(first: int, last: int, arrays: tuple[Any, ...]) -> None:
    """Write into each row of `out` the sum of shares x rows; takes indptr, buyers, shares too."""
    indptr, buyers, shares, rows, out = arrays
    for i in range(first, last):
        out[i] = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            out[i] = out[i] + shares[e] * rows[buyers[e]]


@compiled(gather, 2, lambda _: LINE_BYTES)
def _gather(lanes: Lanes, ends: Ends, at: Addresses, size: Size) -> None:
    indptr, buyers, shares, rows, out = at
    trades = size(1)

    def body(i: ir.Value, _: list[Any]) -> list[Any]:
        """Gather one firm."""
        start, end = lanes.span(indptr, i)
        lanes.store(lanes.sum_rows(start, end, trades, buyers, shares, rows), out, i)
        return []

    lanes.loop(*ends, [], body)


class Needs(NamedTuple):
    """What the solve downstream reads."""

    indptr: IntArray  # By supplier: the trades of what its buyers need.
    buyers: RowArray
    shares: FloatArray
    weights: FloatArray
    counts: FloatArray  # `market_share`, or 0 where nobody replaces.
    market_share: FloatArray
    above: FloatArray  # 1 + tau, twice over all slacks.


def needs(structure: CascadeStructure, weights: FloatArray, slacks: FloatArray) -> Needs:
    """Return what the solve downstream reads, for so many slacks as stand in a line."""
    alone = structure.market == len(structure.market_sales)
    least = LEAST * np.mean(weights) if len(weights) else 0.0
    return Needs(
        structure.sold_indptr,
        np.ascontiguousarray(structure.sold["buyer"]),
        np.ascontiguousarray(structure.sold["share"]),
        np.maximum(weights, least),
        np.maximum(np.where(alone, 0.0, structure.market_share), LEAST),
        structure.market_share,
        np.tile(1.0 + slacks, 2),
    )


@nb.njit(cache=True, nogil=True)
def inputs(
    needs: Needs, accuracy: float, sweeps_max: int, figures: FloatArray, felt: FloatArray
) -> tuple[FloatArray, int]:
    """
    Write z and q of all slacks, from above, into `figures`; return k of each, and the sweeps.

    Both matrices have a row of eight a firm, where a cache line begins. Where k is 1 or more there
    is no bound: those figures are infinite.
    """
    columns = len(needs.above)
    figures[:] = 0.0
    direct = np.zeros_like(figures)
    for i in range(len(figures)):
        for c in range(columns):
            felt[i, c] = needs.weights[i] if c < LEVELS else needs.counts[i]
    gather(0, len(figures), (needs.indptr, needs.buyers, needs.shares, felt, direct))
    slack, before, used = np.full(columns, np.inf), np.full(columns, np.inf), 0
    moving = np.zeros(columns)
    arrays = (*needs[:7], np.full(columns, PAD), figures, felt, moving)
    while used < sweeps_max:
        for _ in range(CHECKED):
            moving[:] = 0.0
            sweep(0, len(figures), arrays)
        used += CHECKED
        _slack(needs, figures, felt, direct, slack)
        if not np.any((slack > accuracy) & (moving < before)):
            break
        before[:] = moving
    for c in range(columns):
        if slack[c] < 1.0:
            figures[:, c] /= 1.0 - slack[c]
        else:
            figures[:, c] = np.inf
    return slack, used


@nb.njit(cache=True, nogil=True)
def _slack(
    needs: Needs, figures: FloatArray, felt: FloatArray, direct: FloatArray, slack: FloatArray
) -> None:
    """Write by how much, of what a firm costs directly, its figures may still grow."""
    slack[:] = 0.0
    again = np.empty_like(figures)
    gather(0, len(figures), (needs.indptr, needs.buyers, needs.shares, felt, again))
    for i in range(len(figures)):
        for c in range(figures.shape[1]):
            rest = again[i, c] - figures[i, c] + PAD * figures[i, c]
            if rest > 0.0:
                slack[c] = max(slack[c], rest / direct[i, c]) if direct[i, c] > 0.0 else np.inf


@nb.njit(cache=True, nogil=True)
def radius(structure: CascadeStructure, steps: int) -> float:
    """Return an estimate of the spectral radius of the upstream shares, by power iteration."""
    firms = len(structure.market)
    trades = (structure.in_indptr, structure.bought)
    now, after = np.full(firms, 1.0 / max(1, firms)), np.zeros(firms)
    found = 0.0
    for _ in range(steps):
        _costs(trades, now, after)
        found = np.sum(after)
        if found <= 0.0:
            return 0.0
        now[:] = after / found
    return found


class Peaks(NamedTuple):
    """The largest figures of each market, the irreplaceable last: whose, and the next largest."""

    firms: RowArray
    largest: FloatArray
    second: FloatArray


@nb.njit(cache=True, nogil=True)
def peaks(structure: CascadeStructure, figures: FloatArray) -> Peaks:
    """Return the largest figures of each market, slack by slack."""
    shape = (len(structure.market_indptr) - 1, figures.shape[1])
    found = Peaks(np.full(shape, -1, np.int32), np.zeros(shape), np.zeros(shape))
    for i in range(len(figures)):
        market = structure.market[i]
        for c in range(figures.shape[1]):
            if figures[i, c] > found.largest[market, c]:
                found.second[market, c] = found.largest[market, c]
                found.largest[market, c] = figures[i, c]
                found.firms[market, c] = i
            elif figures[i, c] > found.second[market, c]:
                found.second[market, c] = figures[i, c]
    return found


def lines(firms: int) -> FloatArray:
    """Return a matrix of eight figures a firm, each row in a cache line of its own."""
    columns = LINE_BYTES // 8
    memory = np.zeros((firms + 1) * columns)
    shift = (-memory.ctypes.data // 8) % columns
    return memory[shift : shift + firms * columns].reshape(firms, columns)
