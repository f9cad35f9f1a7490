"""
What the engine is measured beside: the same questions asked of SciPy and of plain loops.

Each twin is what its equations read like in an afternoon, and runs on one thread.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graph.contagion import Economy, Exposures, Production, Rules, Scenarios
from graph.spread.production.kernels import esri as plain
from graph.spread.production.runs import caps
from graph.spread.production.shadow_prices import ACCURACY, SLACKS

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ROUNDS_MAX = 10_000


def laid_out(given: Economy) -> None:
    """Sum equal pairs, put them in place by supplier and by buyer, and sort what each buys."""
    ends = np.asarray(given.suppliers), np.asarray(given.buyers)
    shape = (given.firms, given.firms)
    pairs = sparse.coo_array((np.asarray(given.amounts), ends), shape=shape).tocsr()
    bought = pairs.tocsc()
    buyers = np.repeat(np.arange(given.firms), np.diff(bought.indptr))
    sectors = np.asarray(given.sectors)[bought.indices]
    order = np.lexsort((bought.indices, sectors, buyers))
    slots = np.flatnonzero(np.diff(sectors[order], prepend=-1) | np.diff(buyers, prepend=-1))
    np.add.reduceat(bought.data[order], slots)


def mapped(folder: Path) -> None:
    """Map every array of a folder, and look at nothing."""
    for path in folder.glob("*.npy"):
        np.load(path, mmap_mode="r")


def closed(production: Production, rows: IntArray, *, tolerance: float = 0.01) -> FloatArray:
    """Close firms one by one: a compiled loop over all trades, round after round."""
    firms, weights = len(production), production.weights[production.rows]
    shocks = Scenarios.alone(production.places[rows]).shocks(firms)
    ends = tolerance, Rules().rounds_max, False
    found = np.empty(len(rows))
    for k in range(len(rows)):
        down, up, _, _ = plain.settle(production.structure, *caps(firms, shocks, k), *ends)
        found[k] = weights @ (1.0 - np.minimum(down, up))
    return found


def settled(
    step: Callable[[FloatArray], FloatArray], start: FloatArray, accuracy: float
) -> FloatArray:
    """Return what a step leaves as it is: rounds until nothing moves by a share of itself."""
    now = start
    for _ in range(ROUNDS_MAX):
        after = step(now)
        if (np.abs(after - now) <= accuracy * np.abs(after)).all():
            return after
        now = after
    raise AssertionError("it does not settle")


def costs(production: Production) -> tuple[FloatArray, FloatArray]:
    """Return what a unit of loss costs all others, for want of orders and, by slack, of inputs."""
    structure, weights = production.structure, production.weights[production.rows]
    shape = (len(weights), len(weights))
    sold = structure.out_shares, structure.out_buyers, structure.out_indptr
    orders = sparse.csr_array(sold, shape=shape).T.tocsr()
    needed = structure.sold["share"], structure.sold["buyer"], structure.sold_indptr
    inputs = sparse.csr_array(needed, shape=shape)
    share = structure.market_share[:, None]
    kept = np.minimum(1.0, (1.0 + np.array(SLACKS * 2)) * share)
    direct = np.repeat(np.stack([weights, structure.market_share], axis=1), len(SLACKS), axis=1)
    y = settled(lambda y: orders @ (weights + y), np.zeros(len(weights)), ACCURACY)
    z = settled(lambda z: inputs @ (direct + kept * z), np.zeros(kept.shape), ACCURACY)
    return y, z


def defaults(exposures: Exposures, accuracy: float) -> FloatArray:
    """Return what each firm's default costs its creditors, and theirs, where nobody loses twice."""
    owing, firms = exposures.owing, len(exposures)
    felt = owing.shares, owing.creditors, owing.indptr
    owed = sparse.csr_array(felt, shape=(firms, firms))
    return settled(lambda y: owed @ (exposures.weights + y), np.zeros(firms), accuracy)


def payments(
    claims: sparse.csr_array, owed: FloatArray, assets: FloatArray, accuracy: float
) -> FloatArray:
    """Return what all pay: from all that they owe down, by what is left of assets and receipts."""
    return settled(lambda paid: np.minimum(owed, assets + claims @ paid), owed, accuracy)


def ties(steps: sparse.csr_array, source: int, damping: float, distance: float) -> FloatArray:
    """Return the ties of all firms to one: damped rounds until they move by less, all together."""
    start = np.zeros(steps.shape[0])
    start[source] = 1.0 - damping
    now = start
    for _ in range(ROUNDS_MAX):
        after = start + damping * (steps @ now)
        if np.abs(after - now).sum() <= distance * (1.0 - damping):
            return after
        now = after
    raise AssertionError("it does not settle")
