"""
Bounds from above where no certificate for many scenarios holds: losses that no round raises.

With G one round of losses for want of inputs, whatever has d >= shock and G(d) <= d lies above the
fixed point (Knaster-Tarski). From the losses that a push has reached, those that a round would
increase are increased a little further than that,

    d_j = min(1, (1 + growth) G(d)_j)   where G(d)_j > d_j,

until no round raises any: soon, as what is still to come need only fall below `growth` of itself.
Nothing is assumed of markets: firms that take most of theirs with them are bounded like others.
"""

import math
from typing import NamedTuple

import numpy as np

from graph.arrays.compiler import lean
from graph.arrays.dtypes import FloatArray
from graph.spread.production.kernels.adjoint import LEVELS
from graph.spread.production.kernels.bracket import (
    DOWN_UPPER,
    GUESS,
    LEVEL,
    LOWER,
    TINY,
    UP,
    UP_UPPER,
    UPPER,
    ShadowPrices,
    lower,
)
from graph.spread.production.kernels.frontier import State
from graph.spread.production.kernels.structures import CascadeStructure

UNCERTIFIED = LEVELS  # In the column of slacks: none of them was used.


class BoundWorkspace(NamedTuple):
    """What one thread writes to: figures of all firms, and of all markets."""

    losses: FloatArray
    kept: FloatArray  # What buyers feel of a unit of loss, after what others replace.
    passed: FloatArray
    available: FloatArray


def workspace(structure: CascadeStructure) -> BoundWorkspace:
    """Return a workspace for one thread."""
    firms = len(structure.market)
    losses, kept, passed = np.zeros((3, firms))
    return BoundWorkspace(losses, kept, passed, np.zeros(len(structure.market_sales) + 1))


@lean
def bound(
    structure: CascadeStructure,
    state: State,
    space: BoundWorkspace,
    prices: ShadowPrices,
    limits: tuple[float, int],
    found: FloatArray,
) -> int:
    """
    Write what a scenario costs that has been pushed; return the rounds it took, 0 for too many.

    `limits` are how much further losses are raised than a round raises them, and the most rounds.
    """
    growth, rounds_max = limits
    for i in range(len(space.losses)):
        space.losses[i] = min(1.0, float(state.node[i]["down"]) * (1.0 + growth))
    for used in range(1, rounds_max + 1):
        _pass_on(structure, space)
        if _increase(structure, space, growth) == 0:
            _write(state, space, prices, found)
            return used
    return 0


@lean
def _pass_on(structure: CascadeStructure, space: BoundWorkspace) -> None:
    """Put into `passed` what buyers feel of every loss, after what others of a market replace."""
    share, alone = structure.market_share, len(structure.market_sales)
    space.available[:] = 0.0
    for i in range(len(share)):
        space.available[structure.market[i]] += share[i] * (1.0 - space.losses[i])
    space.available[alone] = 0.0
    for i in range(len(share)):
        there = space.available[structure.market[i]]
        space.kept[i] = share[i] / there if there > share[i] else 1.0
        space.passed[i] = space.kept[i] * space.losses[i]


@lean
def _increase(structure: CascadeStructure, space: BoundWorkspace, growth: float) -> int:
    """Raise every loss that one round would raise; return how many there were."""
    passed, increased = space.passed, 0
    for j in range(len(space.losses)):
        worst = missed = 0.0
        for e in range(structure.in_indptr[j], structure.in_essential[j]):
            share = structure.in_shares[e]
            if math.copysign(1.0, share) < 0.0:  # Another slot begins.
                worst, missed = max(worst, missed), 0.0
            missed += passed[structure.in_suppliers[e]] * abs(share)
        worst, missed = max(worst, missed), 0.0
        for e in range(structure.in_essential[j], structure.in_needed[j]):
            missed += passed[structure.in_suppliers[e]] * structure.in_shares[e]
        loss = min(1.0, max(worst, missed) * (1.0 + TINY))
        if loss > space.losses[j]:
            space.losses[j] = min(1.0, loss * (1.0 + growth))
            passed[j] = space.kept[j] * space.losses[j]  # Felt by those behind it at once.
            increased += 1
    return increased


@lean
def _write(state: State, space: BoundWorkspace, prices: ShadowPrices, found: FloatArray) -> None:
    lower(state, prices, found)
    orders = found[UP_UPPER]
    both = down = 0.0
    for i in range(len(space.losses)):
        both += prices.weights[i] * max(space.losses[i], float(state.node[i]["up"]))
        down += prices.weights[i] * space.losses[i]
    whole = 1.0 + TINY
    found[UPPER] = found[GUESS] = min(1.0, (both + orders) * whole)
    found[DOWN_UPPER] = min(1.0, down * whole)
    found[UP_UPPER] = min(1.0, (found[UP] + orders) * whole)
    found[GUESS] = max(found[LOWER], found[GUESS])
    found[LEVEL] = UNCERTIFIED
