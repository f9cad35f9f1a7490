"""
The solutions of `residual.py` from where they stand, by sweeps over all firms.

Each sweep pushes every firm in turn, which is the method of Gauss and Seidel by columns.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays.compiler import lean
from graph.arrays.dtypes import FloatArray
from graph.stress.live.kernels.pools import PooledRows
from graph.stress.live.kernels.residual import System

HOPELESS = 1e12  # What is left of the first sweep's residual has grown so much: no solution.


@lean
def solve(
    system: System, walks: bool, accuracy: float, floor: float, sweeps_max: int
) -> tuple[int, float]:
    """
    Solve for x, or u, from where they stand; return the sweeps, and the largest residual left.

    Each sweep pushes every firm in turn that has more to pass on than half the accuracy. The
    residual is a share of max(x, floor) for x and of b for u.
    """
    nodes = system.walks.nodes if walks else system.figures.nodes
    gains = system.walk_gains if walks else system.gains
    first = 0.0
    begin(system, walks)
    for used in range(sweeps_max):
        largest = left = 0.0
        for q in range(len(nodes)):
            node = nodes[q]
            base = node["base"] if walks else max(node["value"], floor)
            largest = max(largest, abs(node["rest"]) / base)
            left += abs(node["rest"])
        if largest <= accuracy:
            return used, largest
        first = left if used == 0 else first
        if not left < HOPELESS * first:
            return used, largest
        for q in range(len(nodes)):
            node = nodes[q]
            amount = node["rest"]
            base = node["base"] if walks else max(node["value"] + amount, floor)
            if abs(amount) > 0.5 * accuracy * base:
                node["value"] += amount
                node["rest"] = 0.0
                _pass_on(system.rows, nodes, q, amount * gains[q])
    return sweeps_max, largest


@lean
def begin(system: System, walks: bool) -> None:
    """Put the residual of every firm in place, added up afresh."""
    nodes = system.walks.nodes if walks else system.figures.nodes
    gains = system.walk_gains if walks else system.gains
    for q in range(len(nodes)):
        nodes[q]["rest"] = nodes[q]["base"] if walks else 0.0
        nodes[q]["rest"] -= nodes[q]["value"]
        nodes[q]["mark"] = 0
    for p in range(len(nodes)):
        felt = gains[p] * nodes[p]["value"]
        _pass_on(system.rows, nodes, p, felt if walks else felt + system.weights[p])


@lean
def _pass_on(rows: PooledRows, nodes: npt.NDArray[Any], p: int, amount: float) -> None:
    start = rows.spans[p]["start"]
    for e in range(start, start + rows.spans[p]["count"]):
        nodes[rows.entries[e]["end"]]["rest"] += rows.entries[e]["share"] * amount


@lean
def rebase(system: System, floor: float) -> None:
    """Take the figures as they stand for the base of all firms."""
    for q in range(len(system.gains)):
        base = max(system.figures.nodes[q]["value"], floor)
        system.figures.nodes[q]["base"] = system.walks.nodes[q]["base"] = base


@lean
def longest(system: System, floor: float) -> float:
    """Return L of all firms."""
    found = 0.0
    for q in range(len(system.gains)):
        now = max(system.figures.nodes[q]["value"], floor)
        found = max(found, system.walks.nodes[q]["value"] / now)
    return found


@lean
def radius(system: System, steps: int, now: FloatArray, after: FloatArray) -> float:
    """
    Return an estimate of the spectral radius of A, by power iteration from `now`.

    It is the mean growth of the later half of the steps: in a loop single steps take turns.
    """
    growth, counted = 0.0, 0
    for step in range(steps):
        after[:] = 0.0
        found = 0.0
        for p in range(len(now)):
            start = system.rows.spans[p]["start"]
            for e in range(start, start + system.rows.spans[p]["count"]):
                more = system.rows.entries[e]["share"] * system.gains[p] * now[p]
                after[system.rows.entries[e]["end"]] += more
                found += more
        if found <= 0.0:
            return 0.0
        for p in range(len(now)):
            now[p] = after[p] / found
        if 2 * step >= steps:
            growth += np.log(found)
            counted += 1
    mean: float = np.exp(growth / max(1, counted))
    return mean
