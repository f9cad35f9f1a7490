"""
Production losses round by round, touching only the firms that moved, while they are few.

The same rounds as `graph/kernels/esri.py`. Both recursions are monotone: what is left never
rises, so sums of missing inputs never fall and the worst slot is a running maximum. A firm whose
loss grew pushes the growth alone; a market whose supply shrank makes all its affected members
push again, because each of them has become harder to replace. Everything a scenario wrote is put
back at its end, so a thousand scenarios cost what they touch and share one workspace a thread.

All figures of a firm lie in one cache line (`State.node`), as most of the time goes to reaching
firms at random. A round that would push along more than a `WHOLE_FROM`-th of all trades is done
by the plain form, and all that follow: a push costs many times a step of a sweep. That
brought a closure at 100,000 firms from 7.7 to 4.4 ms (tests/bench/test_contagion.py).
Summation order is fixed by the structure: equal input, equal bits.
"""

from typing import NamedTuple

import numba as nb
import numpy as np

from graph.kernels.esri import step_down, step_up
from graph.kernels.production import FloatArray, IntArray, RowArray, Structure

# Columns of `State.node`.
LEFT_DOWN, LEFT_UP, SENT_DOWN, SENT_UP, WORST, MISSED, MARK_DOWN, MARK_UP = range(8)
LINE = 8  # Floats in a cache line.
# Below this share of a market "all - lost" has lost too many digits: add up what is left.
AFRESH = 1e-3
WHOLE_FROM = 32
# Places in `State.lengths`.
TOUCHED, INPUTS, ORDERS, MOVED, PLACES, AHEAD_UP, WHOLE, SHOWN = range(8)


class State(NamedTuple):
    """
    The workspace of one thread: at rest before and after every scenario.

    A place is a market, or behind the last one the list of firms that nobody can replace.
    """

    node: FloatArray  # One row of eight figures a firm.
    slots: FloatArray  # Inputs missed so far.
    touched: RowArray  # Firms this scenario has written to.
    inputs: RowArray  # Firms whose inputs changed in this round.
    orders: RowArray  # Firms whose orders changed in this round.
    moved: RowArray  # Firms whose orders shrank what they make: they push next.
    following: RowArray  # Links the firms of a place that have something to push.
    first: RowArray
    lost: FloatArray  # Sales a market has lost.
    ahead: IntArray  # Trades along which a place pushes when it is dirty.
    dirty: RowArray  # 1 for places that lost in this round.
    places: RowArray  # Those places.
    whole_down: FloatArray  # What is left of every firm, once the whole network is swept.
    whole_up: FloatArray
    lengths: IntArray  # Of the lists, and what else is counted.


class Shocks(NamedTuple):
    """Scenarios one after another: shocked firms and the shares they lose at the start."""

    offsets: IntArray
    rows: IntArray
    down: FloatArray
    up: FloatArray


def workspace(structure: Structure) -> State:
    """Return a workspace at rest for one thread."""
    firms, places = len(structure.sales), len(structure.market_sales) + 1
    room = np.zeros((firms + 1) * LINE)
    shift = (-room.ctypes.data // room.itemsize) % LINE  # Rows begin where cache lines begin.
    node = room[shift : shift + firms * LINE].reshape(firms, LINE)
    node[:, LEFT_DOWN] = node[:, LEFT_UP] = 1.0
    touched, inputs, orders, moved, following = np.zeros((5, firms), np.int32)
    return State(
        node,
        np.zeros(int(structure.slot_indptr[-1])),
        touched,
        inputs,
        orders,
        moved,
        following,
        np.full(places, -1, np.int32),
        np.zeros(places),
        np.zeros(places, np.int64),
        np.zeros(places, np.int32),
        np.zeros(places, np.int32),
        np.zeros(firms),
        np.zeros(firms),
        np.zeros(8, np.int64),
    )


@nb.njit(cache=True, nogil=True)
def totals(
    structure: Structure,
    state: State,
    shocks: Shocks,
    weights: FloatArray,
    tolerance: float,
    rounds_max: int,
) -> FloatArray:
    """
    Return one row a scenario: weighted loss, downstream, upstream, rounds and last decrease.

    Equations as in `graph/kernels/esri.py`; the weighted loss is sum_i w_i (1 - min(hd_i, hu_i)).
    """
    out = np.zeros((len(shocks.offsets) - 1, 5))
    for k in range(len(out)):
        out[k, 3], out[k, 4] = _cascade(structure, state, shocks, k, tolerance, rounds_max)
        for q in range(state.lengths[SHOWN]):
            i = q if state.lengths[WHOLE] else state.touched[q]
            left_down, left_up = _left(state, i)
            out[k, 0] += weights[i] * (1.0 - min(left_down, left_up))
            out[k, 1] += weights[i] * (1.0 - left_down)
            out[k, 2] += weights[i] * (1.0 - left_up)
        _rest(structure, state)
    return out


@nb.njit(cache=True, nogil=True)
def seen(
    structure: Structure,
    state: State,
    shocks: Shocks,
    offsets: IntArray,
    observers: IntArray,
    tolerance: float,
    rounds_max: int,
) -> tuple[FloatArray, FloatArray]:
    """Return the loss of every scenario's observers, and rounds and last decrease a scenario."""
    out = np.zeros(len(observers))
    ends = np.zeros((len(shocks.offsets) - 1, 2))
    for k in range(len(ends)):
        ends[k, 0], ends[k, 1] = _cascade(structure, state, shocks, k, tolerance, rounds_max)
        for q in range(offsets[k], offsets[k + 1]):
            left_down, left_up = _left(state, observers[q])
            out[q] = 1.0 - min(left_down, left_up)
        _rest(structure, state)
    return out, ends


@nb.njit(cache=True, nogil=True)
def losses(
    structure: Structure,
    state: State,
    shocks: Shocks,
    scenario: int,
    tolerance: float,
    rounds_max: int,
) -> tuple[RowArray, FloatArray, FloatArray, int, float]:
    """Return who lost in one scenario, downstream and upstream, the rounds and last decrease."""
    rounds, largest = _cascade(structure, state, shocks, scenario, tolerance, rounds_max)
    rows = np.sort(state.touched[: state.lengths[SHOWN]])
    if state.lengths[WHOLE]:
        rows = np.arange(len(structure.sales)).astype(np.int32)
    down, up = np.empty(len(rows)), np.empty(len(rows))
    for q in range(len(rows)):
        left_down, left_up = _left(state, rows[q])
        down[q], up[q] = 1.0 - left_down, 1.0 - left_up
    _rest(structure, state)
    return rows, down, up, rounds, largest


@nb.njit(cache=True, nogil=True)
def _cascade(
    structure: Structure,
    state: State,
    shocks: Shocks,
    scenario: int,
    tolerance: float,
    rounds_max: int,
) -> tuple[int, float]:
    _shock(structure, state, shocks, scenario)
    largest = 0.0
    for used in range(1, rounds_max + 1):
        if WHOLE_FROM * _ahead(state) > len(structure.up_shares):
            return _sweep(structure, state, used, tolerance, rounds_max)
        _push_down(structure, state, used + 1.0)
        _push_up(structure, state, used + 1.0)
        largest = _settle(structure, state)
        state.lengths[SHOWN] = state.lengths[TOUCHED]
        if largest <= tolerance:
            return used, largest
    return rounds_max, largest


@nb.njit(cache=True, nogil=True)
def _sweep(
    structure: Structure, state: State, start: int, tolerance: float, rounds_max: int
) -> tuple[int, float]:
    """Go on from the present round with the whole network at a time."""
    state.lengths[WHOLE] = 1
    state.lengths[SHOWN] = len(structure.sales)
    down, up = state.node[:, LEFT_DOWN].copy(), state.node[:, LEFT_UP].copy()
    rounds, largest = rounds_max, 0.0
    for used in range(start, rounds_max + 1):
        # Nothing ever rises, so the present value is a cap that holds the shock as well.
        next_down = step_down(structure, down, down, dead_unit=False)
        next_up = step_up(structure, up, up)
        largest = max(np.max(down - next_down), np.max(up - next_up))
        down, up = next_down, next_up
        if largest <= tolerance:
            rounds = used
            break
    state.whole_down[:] = down
    state.whole_up[:] = up
    return rounds, largest


@nb.njit(cache=True, nogil=True)
def _ahead(state: State) -> int:
    """Return the number of trades that the coming round pushes along."""
    trades = int(state.lengths[AHEAD_UP])
    for q in range(state.lengths[PLACES]):
        trades += state.ahead[state.places[q]]
    return trades


@nb.njit(cache=True, nogil=True)
def _left(state: State, i: int) -> tuple[float, float]:
    if state.lengths[WHOLE]:
        return state.whole_down[i], state.whole_up[i]
    return state.node[i, LEFT_DOWN], state.node[i, LEFT_UP]


@nb.njit(cache=True, nogil=True)
def _shock(structure: Structure, state: State, shocks: Shocks, scenario: int) -> None:
    for q in range(shocks.offsets[scenario], shocks.offsets[scenario + 1]):
        i = shocks.rows[q]
        _touch(state, i)
        _lower_down(structure, state, i, 1.0 - shocks.down[q])
        _lower_up(structure, state, i, 1.0 - shocks.up[q])


@nb.njit(cache=True, nogil=True)
def _touch(state: State, i: int) -> None:
    if state.node[i, MARK_DOWN] == 0.0:
        state.touched[state.lengths[TOUCHED]] = i
        state.lengths[TOUCHED] += 1
        state.node[i, MARK_DOWN] = 1.0


@nb.njit(cache=True, nogil=True)
def _lower_down(structure: Structure, state: State, i: int, left: float) -> float:
    """Lower what inputs leave of a firm, queue who has to push, return the decrease."""
    before = float(state.node[i, LEFT_DOWN])
    if left >= before:
        return 0.0
    state.node[i, LEFT_DOWN] = left
    place = structure.market[i]
    if place < 0:
        place = len(structure.market_sales)
    if before == 1.0 or place == len(structure.market_sales):
        state.following[i] = state.first[place]
        state.first[place] = i
        state.ahead[place] += structure.down_indptr[i + 1] - structure.down_indptr[i]
    state.lost[place] += structure.sales[i] * (before - left)
    if state.dirty[place] == 0:
        state.dirty[place] = 1
        state.places[state.lengths[PLACES]] = place
        state.lengths[PLACES] += 1
    return before - left


@nb.njit(cache=True, nogil=True)
def _lower_up(structure: Structure, state: State, i: int, left: float) -> float:
    """Lower what orders leave of a firm, queue it to push, return the decrease."""
    before = float(state.node[i, LEFT_UP])
    if left >= before:
        return 0.0
    state.node[i, LEFT_UP] = left
    state.moved[state.lengths[MOVED]] = i
    state.lengths[MOVED] += 1
    state.lengths[AHEAD_UP] += structure.up_indptr[i + 1] - structure.up_indptr[i]
    return before - left


@nb.njit(cache=True, nogil=True)
def _push_down(structure: Structure, state: State, mark: float) -> None:
    """Pass on to buyers what has grown: in a market that shrank, of every affected member."""
    alone = len(structure.market_sales)
    state.lengths[INPUTS] = 0
    for q in range(state.lengths[PLACES]):
        place = state.places[q]
        state.dirty[place] = 0
        available = 0.0 if place == alone else _available(structure, state, place)
        i = state.first[place]
        while i >= 0:
            loss = 1.0 - state.node[i, LEFT_DOWN]
            if available > structure.sales[i]:
                loss *= structure.sales[i] / available
            _push_to_buyers(structure, state, i, loss, mark)
            i = state.following[i]
        if place == alone:
            state.first[place] = -1
            state.ahead[place] = 0
    state.lengths[PLACES] = 0


@nb.njit(cache=True, nogil=True)
def _available(structure: Structure, state: State, market: int) -> float:
    rest = float(structure.market_sales[market] - state.lost[market])
    if rest > AFRESH * structure.market_sales[market]:
        return rest
    rest = 0.0
    for q in range(structure.market_indptr[market], structure.market_indptr[market + 1]):
        i = structure.market_firms[q]
        rest += structure.sales[i] * state.node[i, LEFT_DOWN]
    return rest


@nb.njit(cache=True, nogil=True)
def _push_to_buyers(structure: Structure, state: State, i: int, loss: float, mark: float) -> None:
    node, slots = state.node, state.slots
    grown = loss - node[i, SENT_DOWN]
    if grown <= 0.0:
        return
    node[i, SENT_DOWN] = loss
    reached = state.lengths[INPUTS]
    for e in range(structure.down_indptr[i], structure.down_indptr[i + 1]):
        buyer, slot = structure.down_buyers[e], structure.down_slots[e]
        if slot < 0:
            node[buyer, WORST] += grown * structure.down_shares[e]
        else:
            slots[slot] += grown * structure.down_shares[e]
            if slots[slot] > node[buyer, WORST]:  # noqa: PLR1730  # max() looks for NaN: slower.
                node[buyer, WORST] = slots[slot]
        if node[buyer, MARK_DOWN] != mark:
            _touch(state, buyer)
            node[buyer, MARK_DOWN] = mark
            state.inputs[reached] = buyer
            reached += 1
    state.lengths[INPUTS] = reached


@nb.njit(cache=True, nogil=True)
def _push_up(structure: Structure, state: State, mark: float) -> None:
    """Pass on to suppliers what has grown."""
    node = state.node
    reached = 0
    for q in range(state.lengths[MOVED]):
        j = state.moved[q]
        grown = (1.0 - node[j, LEFT_UP]) - node[j, SENT_UP]
        node[j, SENT_UP] = 1.0 - node[j, LEFT_UP]
        for e in range(structure.up_indptr[j], structure.up_indptr[j + 1]):
            i = structure.up_suppliers[e]
            node[i, MISSED] += grown * structure.up_shares[e]
            if node[i, MARK_UP] != mark:
                _touch(state, i)
                node[i, MARK_UP] = mark
                state.orders[reached] = i
                reached += 1
    state.lengths[ORDERS] = reached
    state.lengths[MOVED] = 0
    state.lengths[AHEAD_UP] = 0


@nb.njit(cache=True, nogil=True)
def _settle(structure: Structure, state: State) -> float:
    """Lower everybody reached in this round, after all have pushed; return the largest decrease."""
    largest = 0.0
    for q in range(state.lengths[INPUTS]):
        i = state.inputs[q]
        left = max(0.0, 1.0 - state.node[i, WORST])
        largest = max(largest, _lower_down(structure, state, i, left))
    for q in range(state.lengths[ORDERS]):
        i = state.orders[q]
        left = max(0.0, 1.0 - state.node[i, MISSED])
        largest = max(largest, _lower_up(structure, state, i, left))
    return largest


@nb.njit(cache=True, nogil=True)
def _rest(structure: Structure, state: State) -> None:
    """Put back what the scenario wrote."""
    alone = len(structure.market_sales)
    for q in range(state.lengths[TOUCHED]):
        i = state.touched[q]
        state.node[i, :] = 0.0
        state.node[i, LEFT_DOWN] = state.node[i, LEFT_UP] = 1.0
        for slot in range(structure.slot_indptr[i], structure.slot_indptr[i + 1]):
            state.slots[slot] = 0.0
        place = structure.market[i] if structure.market[i] >= 0 else alone
        state.first[place] = -1
        state.ahead[place] = 0
        state.lost[place] = 0.0
        state.dirty[place] = 0
    state.lengths[:] = 0
