"""
What a unit of loss costs at most, for all firms: two linear solves that every bracket rests on.

They belong to the network, not to a scenario: solved once, kept with the prepared network, and
saved and loaded with it (`graph.contagion.stored`).
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from graph.errors import InvalidInput
from graph.spread.production.economy import Production
from graph.spread.production.kernels import adjoint
from graph.spread.production.kernels.bracket import ShadowPrices

SLACKS = (0.02, 0.1, 0.5, 2.0)  # Of the certificate; a larger one holds more often, more loosely.
ACCURACY = 1e-4  # Of what a unit of loss costs: a narrower one saves less than its sweep costs.
SWEEPS_MAX = 400
SWEEPS_INPUTS_MAX = 40  # A slack that takes more would give wide brackets.
RADIUS_STEPS = 200
KEY = "shadow prices"


def shadow_prices(production: Production, *, threads: int = 1) -> ShadowPrices:
    """
    Return what a unit of loss costs at most, for all firms; solved at the first call.

    Args:
        production: The prepared network, which keeps the answer.
        threads: The two solves run at the same time on two.

    Raises:
        InvalidInput: The spectral radius of the upstream shares is not below 1.
    """
    kept: ShadowPrices | None = production.kept.get(KEY)
    if kept is None:
        kept = production.kept[KEY] = _solved(production, threads)
    return kept


def _solved(production: Production, threads: int) -> ShadowPrices:
    structure, firms = production.structure, len(production)
    weights = production.weights[production.rows]
    slacks = np.array(SLACKS)
    figures, felt = adjoint.lines(firms), adjoint.lines(firms)
    needs = adjoint.needs(structure, weights, slacks)
    with ThreadPoolExecutor(min(2, threads)) as pool:
        upstream = pool.submit(adjoint.orders, structure, weights, ACCURACY, SWEEPS_MAX)
        downstream = pool.submit(adjoint.inputs, needs, ACCURACY, SWEEPS_INPUTS_MAX, figures, felt)
        orders, left, sweeps = upstream.result()
        slack, _ = downstream.result()
    if not left < 1.0:
        radius = adjoint.radius(structure, RADIUS_STEPS)
        raise InvalidInput(
            f"the spectral radius of the upstream shares is {radius:.6g}, not below 1 (no fixed "
            f"point after {sweeps} sweeps): state revenue above the sales inside, or a leakage"
        )
    holds = (np.maximum(slack[: adjoint.LEVELS], slack[adjoint.LEVELS :]) < 1.0).astype(float)
    return ShadowPrices(weights, orders, figures, adjoint.peaks(structure, figures), slacks, holds)
