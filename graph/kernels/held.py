"""
Production losses at rest where some firms are held up: they never lose more than a ceiling.

With d the losses for want of inputs and G one round of them (`graph/kernels/frontier.py`), a firm
that is held at a floor loses

    d_i = min(1 - floor_i, G(d)_i)

and likewise for want of orders; everybody else loses as ever. A minimum of two functions that
rise also rises: the losses climb from the shock to their least fixed point, and holding one firm
more never makes anybody lose more. A held firm's sums are cut after every push, before anybody
settles: what it missed beyond its ceiling can never count again, as its ceiling does not move.
"""

from typing import NamedTuple

from graph.kernels import frontier
from graph.kernels.cascades import Shocks
from graph.kernels.frontier import TOUCHED, State
from graph.kernels.layout import FloatArray, IntArray
from graph.kernels.lean import lean
from graph.kernels.production import Structure

# Columns of what is found.
TOTAL, LARGEST = range(2)


class Holds(NamedTuple):
    """Who is held in each scenario, and what share of its production it loses at most."""

    offsets: IntArray
    rows: IntArray
    ceilings: FloatArray


class Still(NamedTuple):
    """When losses count as at rest, and rounds after which to give up."""

    tolerance: float
    rounds_max: int


@lean
def run(
    structure: Structure,
    state: State,
    shocks: Shocks,
    holds: Holds,
    still: Still,
    weights: FloatArray,
    found: FloatArray,
    losses: FloatArray,
) -> None:
    """
    Write what each scenario costs: the weighted loss and the last round's largest growth.

    `losses` takes every firm's loss, a row a scenario, unless it has no rows. First losses of held
    firms are no larger than their ceilings.
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
