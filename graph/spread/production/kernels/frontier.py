"""
Production losses round by round, touching only the firms that moved, while they are few.

The same rounds as `esri.py`. Both recursions are monotone: losses never fall, so
sums of missing inputs never fall either and the worst slot is a running maximum. A firm whose
loss grew pushes the growth alone; a market whose supply shrank makes all its affected members
push again, because each of them has become harder to replace. Everything a scenario wrote is put
back at its end, so a thousand scenarios cost what they touch and share one workspace a thread.

All figures of a firm lie in one cache line (`NODE`) and all of a trade in a quarter of one, as
most of the time goes to reaching firms at random: a push costs a hundred times what a trade costs
in a column of `batch.py`. A scenario that would push along more trades than its
budget is left off before it does and goes on in a batch. Summation order is fixed by the
structure: equal input, equal bits.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.arrays.compiler import lean
from graph.arrays.dtypes import FloatArray, IntArray, RowArray
from graph.arrays.shocks import ShockArrays
from graph.spread.production.kernels import cascades
from graph.spread.production.kernels.cascades import Answers, Spill
from graph.spread.production.kernels.layout import ADDED, ALONE
from graph.spread.production.kernels.structures import CascadeStructure

NODE = np.dtype(
    [
        ("down", np.float64),  # Lost for want of inputs.
        ("sent", np.float64),  # What of it has been passed on to buyers, after replacement.
        ("worst", np.float64),  # The worst slot of inputs missed.
        ("others", np.float64),  # Inputs missed that are not essential.
        ("up", np.float64),  # Lost for want of orders.
        ("up_sent", np.float64),
        ("missed", np.float64),  # Orders missed.
        ("seen_down", np.int32),  # 0: not touched; 1: touched; else the last round, and one.
        ("seen_up", np.int32),
    ]
)
# Below this share of a market "all - lost" has lost too many digits: add up what is left.
AFRESH = 1e-3
# Places in `State.lengths`.
TOUCHED, INPUTS, ORDERS, MOVED, MARKETS, PUSHED = range(6)


class State(NamedTuple):
    """The workspace of one thread: at rest before and after every scenario."""

    node: npt.NDArray[Any]
    slots: FloatArray  # Inputs missed so far, of more than one supplier.
    touched: RowArray  # Firms this scenario has written to.
    inputs: RowArray  # Firms whose inputs changed in this round.
    orders: RowArray  # Firms whose orders changed in this round.
    moved: RowArray  # Firms whose orders shrank what they make: they push next.
    following: RowArray  # Links the firms of a market that have something to push.
    first: RowArray
    lost: FloatArray  # Share of its sales that a market has lost.
    dirty: RowArray  # 1 for markets that lost in this round.
    markets: RowArray  # Those markets.
    lengths: IntArray  # Of the lists, and trades pushed along.


class Limits(NamedTuple):
    """When a cascade stops: settled, out of rounds, or over the trades it may push along."""

    tolerance: float
    rounds_max: int
    budget: int


def workspace(structure: CascadeStructure) -> State:
    """Return a workspace at rest for one thread."""
    firms, markets = len(structure.market), len(structure.market_sales) + 1
    memory = np.zeros(firms + 1, NODE)
    shift = (-memory.ctypes.data // 8) % 8  # Rows begin where cache lines begin.
    node = memory.view(np.float64)[shift : shift + firms * 8].view(NODE)
    touched, inputs, orders, moved, following = np.zeros((5, firms), np.int32)
    return State(
        node,
        np.zeros(int(structure.slot_indptr[-1])),
        touched,
        inputs,
        orders,
        moved,
        following,
        np.full(markets, -1, np.int32),
        np.zeros(markets),
        np.zeros(markets, np.int32),
        np.zeros(markets, np.int32),
        np.zeros(6, np.int64),
    )


@lean
def advance(
    structure: CascadeStructure,
    state: State,
    shocks: ShockArrays,
    start: int,
    limits: Limits,
    found: Answers,
    left: Spill,
) -> int:
    """
    Run scenarios from `start` on and return the first that was not run, for want of space.

    Those that settle are answered in `found`; those over the budget are added to `left`.
    """
    for k in range(start, len(shocks.offsets) - 1):
        count = left.filled[0]
        free = len(left.rows) - left.offsets[count]
        if count == len(left.scenarios) or free < len(structure.market):
            return k
        settled = _cascade(structure, state, shocks, k, limits, found)
        for q in range(state.lengths[TOUCHED]):
            node = state.node[state.touched[q]]
            if settled:
                cascades.add(found, k, state.touched[q], node["down"], node["up"])
        if settled:
            _show(state, found, k)
        else:
            _leave(state, found, k, left)
        put_back(structure, state)
    return len(shocks.offsets) - 1


@lean
def _cascade(
    structure: CascadeStructure,
    state: State,
    shocks: ShockArrays,
    scenario: int,
    limits: Limits,
    found: Answers,
) -> bool:
    """Run rounds and note how many; return whether the scenario is at its end."""
    shock(structure, state, shocks, scenario)
    totals = found.totals[scenario]
    for used in range(1, limits.rounds_max + 1):
        push_down(structure, state, used + 1)
        push_up(structure, state, used + 1)
        totals[cascades.ROUNDS] = used
        totals[cascades.LARGEST] = settle(structure, state)
        if totals[cascades.LARGEST] <= limits.tolerance:
            return True
        if _over(structure, state, limits.budget):
            return False
    return True


@lean
def _over(structure: CascadeStructure, state: State, budget: int) -> bool:
    """Return whether the next round would push along more trades than are left of a budget."""
    due = state.lengths[PUSHED]
    for q in range(state.lengths[MOVED]):
        j = state.moved[q]
        due += structure.in_indptr[j + 1] - structure.in_indptr[j]
        if due > budget:
            return True
    for q in range(state.lengths[MARKETS]):
        i = state.first[state.markets[q]]
        while i >= 0:
            due += structure.sold_indptr[i + 1] - structure.sold_indptr[i]
            if due > budget:
                return True
            i = state.following[i]
    return bool(due > budget)


@lean
def _show(state: State, found: Answers, scenario: int) -> None:
    for q in range(found.offsets[scenario], found.offsets[scenario + 1]):
        node = state.node[found.rows[q]]
        found.down[q], found.up[q] = node["down"], node["up"]


@lean
def _leave(state: State, found: Answers, scenario: int, left: Spill) -> None:
    count = left.filled[0]
    place = left.offsets[count]
    for q in range(state.lengths[TOUCHED]):
        i = state.touched[q]
        down, up = state.node[i]["down"], state.node[i]["up"]
        if down > 0.0 or up > 0.0:
            left.rows[place], left.down[place], left.up[place] = i, down, up
            place += 1
    left.scenarios[count] = scenario
    left.rounds[count] = int(found.totals[scenario, cascades.ROUNDS])
    left.largest[count] = found.totals[scenario, cascades.LARGEST]
    left.offsets[count + 1] = place
    left.filled[0] = count + 1


@lean
def shock(structure: CascadeStructure, state: State, shocks: ShockArrays, scenario: int) -> None:
    """Let the firms of a scenario lose what it takes from them."""
    for q in range(shocks.offsets[scenario], shocks.offsets[scenario + 1]):
        i = shocks.rows[q]
        _touch(state, i)
        _lose_down(structure, state, i, shocks.down[q])
        _lose_up(state, i, shocks.up[q])


@lean
def _touch(state: State, i: int) -> None:
    if state.node[i]["seen_down"] == 0:
        state.node[i]["seen_down"] = 1
        state.touched[state.lengths[TOUCHED]] = i
        state.lengths[TOUCHED] += 1


@lean
def _lose_down(structure: CascadeStructure, state: State, i: int, loss: float) -> float:
    """Raise what a firm has lost for want of inputs, queue who must push, return the growth."""
    node = state.node[i]
    before = float(node["down"])
    if loss <= before:
        return 0.0
    node["down"] = loss
    market = structure.market[i]
    if structure.market_share[i] > 0.0:  # Who sells nothing passes nothing on.
        if before == 0.0:
            state.following[i] = state.first[market]
            state.first[market] = i
        if state.dirty[market] == 0:
            state.dirty[market] = 1
            state.markets[state.lengths[MARKETS]] = market
            state.lengths[MARKETS] += 1
    state.lost[market] += structure.market_share[i] * (loss - before)
    return loss - before


@lean
def _lose_up(state: State, i: int, loss: float) -> float:
    """Raise what a firm has lost for want of orders, queue it to push, return the growth."""
    before = float(state.node[i]["up"])
    if loss <= before:
        return 0.0
    state.node[i]["up"] = loss
    state.moved[state.lengths[MOVED]] = i
    state.lengths[MOVED] += 1
    return loss - before


@lean
def push_down(structure: CascadeStructure, state: State, mark: int) -> None:
    """Pass on to buyers what has grown: in a market that shrank, of every affected member."""
    state.lengths[INPUTS] = 0
    for q in range(state.lengths[MARKETS]):
        market = state.markets[q]
        state.dirty[market] = 0
        there = available(structure, state, market)
        i = state.first[market]
        while i >= 0:
            loss = passed(structure, state, i, there)
            if loss > state.node[i]["sent"]:
                push_to_buyers(structure, state, i, loss, mark)
            i = state.following[i]
    state.lengths[MARKETS] = 0


@lean
def passed(structure: CascadeStructure, state: State, i: int, there: float) -> float:
    """Return a firm's loss after what the rest of its market replaces."""
    loss = float(state.node[i]["down"])
    if there > structure.market_share[i]:
        loss *= structure.market_share[i] / there
    return loss


@lean
def available(structure: CascadeStructure, state: State, market: int) -> float:
    """Return the share of a market that is left; 0 where nobody can be replaced."""
    if market == len(structure.market_sales):
        return 0.0
    rest = float(1.0 - state.lost[market])
    if rest > AFRESH:
        return rest
    rest = 0.0
    for i in range(structure.market_indptr[market], structure.market_indptr[market + 1]):
        rest += structure.market_share[i] * (1.0 - state.node[i]["down"])
    return rest


@lean
def push_to_buyers(
    structure: CascadeStructure, state: State, i: int, loss: float, mark: int
) -> None:
    """Pass on to one firm's buyers what has grown of its loss."""
    grown = loss - state.node[i]["sent"]
    state.node[i]["sent"] = loss
    reached = state.lengths[INPUTS]
    start, end = structure.sold_indptr[i], structure.sold_indptr[i + 1]
    state.lengths[PUSHED] += end - start
    for e in range(start, end):
        trade = structure.sold[e]
        node = state.node[trade["buyer"]]
        slot = trade["slot"]
        if slot == ALONE:
            missed = loss * trade["share"]
        elif slot == ADDED:
            missed = node["others"] + grown * trade["share"]
            node["others"] = missed
        else:
            missed = state.slots[slot] + grown * trade["share"]
            state.slots[slot] = missed
        if missed > node["worst"]:
            node["worst"] = missed
            if node["seen_down"] != mark:
                _touch(state, trade["buyer"])
                node["seen_down"] = mark
                state.inputs[reached] = trade["buyer"]
                reached += 1
        elif node["seen_down"] == 0:
            _touch(state, trade["buyer"])
    state.lengths[INPUTS] = reached


@lean
def push_up(structure: CascadeStructure, state: State, mark: int) -> None:
    """Pass on to suppliers what has grown."""
    state.lengths[ORDERS] = 0
    for q in range(state.lengths[MOVED]):
        push_to_suppliers(structure, state, state.moved[q], mark)
    state.lengths[MOVED] = 0


@lean
def push_to_suppliers(structure: CascadeStructure, state: State, j: int, mark: int) -> None:
    """Pass on to one firm's suppliers what has grown of its loss."""
    grown = state.node[j]["up"] - state.node[j]["up_sent"]
    state.node[j]["up_sent"] = state.node[j]["up"]
    reached = state.lengths[ORDERS]
    start, end = structure.in_indptr[j], structure.in_indptr[j + 1]
    state.lengths[PUSHED] += end - start
    for e in range(start, end):
        trade = structure.bought[e]
        node = state.node[trade["supplier"]]
        node["missed"] += grown * trade["share"]
        if node["seen_up"] != mark:
            _touch(state, trade["supplier"])
            node["seen_up"] = mark
            state.orders[reached] = trade["supplier"]
            reached += 1
    state.lengths[ORDERS] = reached


@lean
def settle(structure: CascadeStructure, state: State) -> float:
    """Raise the losses of everybody reached, after all have pushed; return the largest growth."""
    largest = 0.0
    for q in range(state.lengths[INPUTS]):
        i = state.inputs[q]
        loss = min(1.0, state.node[i]["worst"])
        largest = max(largest, _lose_down(structure, state, i, loss))
    for q in range(state.lengths[ORDERS]):
        i = state.orders[q]
        loss = min(1.0, state.node[i]["missed"])
        largest = max(largest, _lose_up(state, i, loss))
    return largest


@lean
def put_back(structure: CascadeStructure, state: State) -> None:
    """Put back what the scenario wrote."""
    for q in range(state.lengths[TOUCHED]):
        i = state.touched[q]
        node = state.node[i]
        node["down"] = node["sent"] = node["worst"] = node["others"] = 0.0
        node["up"] = node["up_sent"] = node["missed"] = 0.0
        node["seen_down"] = node["seen_up"] = 0
        for slot in range(structure.slot_indptr[i], structure.slot_indptr[i + 1]):
            state.slots[slot] = 0.0
        market = structure.market[i]
        state.first[market] = -1
        state.lost[market] = 0.0
        state.dirty[market] = 0
    state.lengths[:] = 0
