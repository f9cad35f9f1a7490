"""
Production losses at rest where some firms are held up: they never lose more than a ceiling.

With d the losses for want of inputs and G one round of them
(`spread/production/kernels/frontier.py`), a firm that is held at a floor loses

    d_i = min(1 - floor_i, G(d)_i)

and likewise for want of orders; everybody else loses as ever. A minimum of two functions that
rise also rises: the losses climb from the shock to their least fixed point, and holding one firm
more never makes anybody lose more. A held firm's sums are cut after every push, before anybody
settles: what it missed beyond its ceiling can never count again, as its ceiling does not move.

A scenario that has pushed along more trades than its budget is begun again with whole rounds over
the network (`spread/production/kernels/esri.py`): a tenth of the time where most firms move in
every round.
"""

from typing import NamedTuple

import numba as nb
import numpy as np

from graph.arrays.compiler import lean
from graph.arrays.dtypes import FloatArray, IntArray
from graph.arrays.shocks import ShockArrays
from graph.spread.production.kernels import esri, frontier
from graph.spread.production.kernels.frontier import PUSHED, TOUCHED, State
from graph.spread.production.kernels.structures import CascadeStructure

# Columns of what is found.
TOTAL, LARGEST = range(2)
LEFT = 2.0  # A growth that no firm can have.


class Holds(NamedTuple):
    """Who is held in each scenario, and what share of its production it loses at most."""

    offsets: IntArray
    rows: IntArray
    ceilings: FloatArray


class Still(NamedTuple):
    """When losses count as at rest, and rounds and trades after which to give up."""

    tolerance: float
    rounds_max: int
    budget: int


@lean
def run(
    structure: CascadeStructure,
    state: State,
    shocks: ShockArrays,
    holds: Holds,
    still: Still,
    weights: FloatArray,
    found: FloatArray,
    losses: FloatArray,
) -> None:
    """
    Write what each scenario costs: the weighted loss and the last round's largest growth.

    `losses` takes every firm's loss, a row a scenario, unless it has no rows. First losses of held
    firms are no larger than their ceilings. What is over the budget has `LEFT` for its growth.
    """
    for k in range(len(shocks.offsets) - 1):
        frontier.shock(structure, state, shocks, k)
        largest = 0.0
        for used in range(1, still.rounds_max + 1):
            frontier.push_down(structure, state, used + 1)
            frontier.push_up(structure, state, used + 1)
            _hold(state, holds, k)
            largest = frontier.settle(structure, state)
            if largest <= still.tolerance:
                break
            if state.lengths[PUSHED] > still.budget:
                largest = LEFT
                break
        found[k, TOTAL], found[k, LARGEST] = 0.0, largest
        for q in range(state.lengths[TOUCHED]):
            i = state.touched[q]
            loss = max(state.node[i]["down"], state.node[i]["up"])
            found[k, TOTAL] += weights[i] * loss
            if len(losses) > 0:
                losses[k, i] = loss
        frontier.put_back(structure, state)


@lean
def _hold(state: State, holds: Holds, scenario: int) -> None:
    for q in range(holds.offsets[scenario], holds.offsets[scenario + 1]):
        node, ceiling = state.node[holds.rows[q]], holds.ceilings[q]
        node["worst"] = min(node["worst"], ceiling)
        node["missed"] = min(node["missed"], ceiling)


@nb.njit(cache=True, nogil=True)
def finish(
    structure: CascadeStructure,
    shocks: ShockArrays,
    holds: Holds,
    still: Still,
    weights: FloatArray,
    found: FloatArray,
    losses: FloatArray,
) -> None:
    """Write the same for scenarios that were left, by whole rounds."""
    firms = len(structure.market)
    for k in range(len(shocks.offsets) - 1):
        if found[k, LARGEST] != LEFT:
            continue
        down, up = np.ones(firms), np.ones(firms)
        for q in range(shocks.offsets[k], shocks.offsets[k + 1]):
            down[shocks.rows[q]] -= shocks.down[q]
            up[shocks.rows[q]] -= shocks.up[q]
        caps_down, caps_up, largest = down, up, LEFT
        for _ in range(still.rounds_max):
            after_down = esri.step_down(structure, down, caps_down, dead_unit=False)
            after_up = esri.step_up(structure, up, caps_up)
            for q in range(holds.offsets[k], holds.offsets[k + 1]):
                i, kept = holds.rows[q], 1.0 - holds.ceilings[q]
                after_down[i] = max(after_down[i], min(kept, caps_down[i]))
                after_up[i] = max(after_up[i], min(kept, caps_up[i]))
            largest = max(np.max(down - after_down), np.max(up - after_up))
            down, up = after_down, after_up
            if largest <= still.tolerance:
                break
        found[k, TOTAL], found[k, LARGEST] = 0.0, largest
        for i in range(firms):
            loss = 1.0 - min(down[i], up[i])
            found[k, TOTAL] += weights[i] * loss
            if len(losses) > 0:
                losses[k, i] = loss
