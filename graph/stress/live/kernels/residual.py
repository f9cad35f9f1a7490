"""
Linear solves that follow their matrix: a change leaves a residual, which is pushed away.

All three indices of `graph.live` are least solutions of

    x_q = sum_p c_pq (w_p + g_p x_p) = F(x)_q,

where row p of c holds the shares of one firm: of a supplier's revenue in its buyers (orders,
g = 1), of a buyer's needs in its suppliers (inputs, g = how little of p can be replaced), of a
creditor's equity in its debtors (equity, g = 1). What changes is a row p, a weight or a gain, and
makes

    rest = F(x) - x

wrong by c'_pq f'_p - c_pq f_p in the places of that row, with f = w + g x. A push of q adds rest_q
to x_q and passes c_qk g_q rest_q on to k: the equation holds. Pushes go on, first come first
served, while |rest_q| > k b_q. The base b is a figure that keeps within a factor of x,

    max(x, floor) / DRIFT <= b <= DRIFT max(x, floor).

**Error.** Beside x stands u, kept in the same way: an approximate solution of u = b + B u with
(B u)_q = sum_p c_pq h_p u_p, such that |b + B u - u| <= WALK b. Gains g may lag behind the truth by
a share `lag` of themselves, the gains h of u by more, `late`. So the true matrix A' has
A' <= (1 + lag) A and A' <= (1 + late) B, and

    |F'(x) - x| <= k b + lag A x <= (k + lag (DRIFT + k)) b = K b.

Let L >= u / max(x, floor), so that u <= DRIFT L b. Then A' u <= (1 + late) (u - (1 - WALK) b), or

    u - A' u >= ((1 + late) (1 - WALK) - late DRIFT L) b = S b.

Where S > 0, A' takes a positive u to less than itself: its spectral radius is below 1, and
(1 - A')^-1 b <= u / S. The error e of x has |e| <= A' |e| + K b, hence

    |e| <= K u / S <= (K L / S) max(x, floor).

That is the bound which is stated. L is what a unit costs when every firm that it reaches counts
as much as the first: the length of a walk, some 1 to 10. Nothing adds up from one change to the
next but rounding, which is counted (`settle`). Where x is below 0, by an error at the floor, A x
stands for A |x|: the term with `lag` has a hundredth to spare for it as long as K L / S <= 0.01.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.arrays.compiler import lean
from graph.arrays.dtypes import FloatArray, IntArray, RowArray
from graph.stress.live.kernels.pools import PooledRows

NODE = np.dtype(
    [
        ("value", np.float64),
        ("rest", np.float64),
        ("base", np.float64),
        ("mark", np.int64),  # Whether it has been touched by this change, and waits in the queue.
    ]
)
TOUCHED, WAITS = 1, 2
COUNT, HEAD, TAIL = range(3)  # Of touched firms; of the queue.
DRIFT = 1.25
WALK = 0.1  # Of b: how exact u is. It is a factor of the bound, and cheap.
ROUNDING = 1e-15  # Of a figure: more than a change of it may be off by rounding.
OUT_OF_HAND = 1e150  # A figure that large is on its way to infinity.


class Vector(NamedTuple):
    """A solution that is kept: its figures, and what a change has done to them."""

    nodes: npt.NDArray[Any]
    saved: npt.NDArray[Any]  # Touched figures as they were before the change.
    touched: RowArray
    queue: RowArray
    lengths: IntArray


class System(NamedTuple):
    """A matrix by row, what its rows weigh and pass on, and both solutions."""

    rows: PooledRows
    weights: FloatArray
    gains: FloatArray
    walk_gains: FloatArray  # h; the same array where nothing can be replaced.
    figures: Vector  # x.
    walks: Vector  # u.


def vector(firms: int) -> Vector:
    """Return a solution of nothing."""
    # What is not touched is not written: the system gives memory to pages that are.
    return Vector(
        np.zeros(firms, NODE),
        np.empty(firms, NODE),
        np.empty(firms, np.int32),
        np.empty(firms + 1, np.int32),
        np.zeros(3, np.int64),
    )


def copied(given: Vector) -> Vector:
    """Return the same figures, of which no change is open."""
    return vector(len(given.nodes))._replace(nodes=given.nodes.copy())


@lean
def touch(given: Vector, q: int) -> None:
    """Note a firm's figures before they change for the first time."""
    node = given.nodes[q]
    if node["mark"] & TOUCHED == 0:
        at = given.lengths[COUNT]
        given.touched[at] = q
        saved = given.saved[at]
        saved["value"], saved["rest"], saved["base"] = node["value"], node["rest"], node["base"]
        node["mark"] |= TOUCHED
        given.lengths[COUNT] = at + 1


@lean
def stands(given: Vector, k: int) -> bool:
    """Return whether a touched firm's figure is what it was: residuals wait below the threshold."""
    same: bool = given.nodes[given.touched[k]]["value"] == given.saved[k]["value"]
    return same


@lean
def keep(given: Vector) -> None:
    """Close a change: what it did stands."""
    for k in range(given.lengths[COUNT]):
        given.nodes[given.touched[k]]["mark"] = 0
    given.lengths[:] = 0


@lean
def put_back(given: Vector) -> None:
    """Close a change and undo what it did."""
    for k in range(given.lengths[COUNT]):
        node, saved = given.nodes[given.touched[k]], given.saved[k]
        node["value"], node["rest"], node["base"] = saved["value"], saved["rest"], saved["base"]
        node["mark"] = 0
    given.lengths[:] = 0


@lean
def replace(
    system: System, p: int, fresh: FloatArray, weight: float, gain: float, walk_gain: float
) -> None:
    """Give row p new shares, a new weight and new gains, and note what that leaves wrong."""
    x, u = system.figures, system.walks
    value, walk = x.nodes[p]["value"], u.nodes[p]["value"]
    felt = system.weights[p] + system.gains[p] * value
    felt_now = weight + gain * value
    passed, passed_now = system.walk_gains[p] * walk, walk_gain * walk
    start = system.rows.spans[p]["start"]
    for k in range(system.rows.spans[p]["count"]):
        entry = system.rows.entries[start + k]
        more = fresh[k] * felt_now - entry["share"] * felt
        longer = fresh[k] * passed_now - entry["share"] * passed
        q = entry["end"]
        if more != 0.0:
            touch(x, q)
            x.nodes[q]["rest"] += more
        if longer != 0.0:
            touch(u, q)
            u.nodes[q]["rest"] += longer
        entry["share"] = fresh[k]
    system.weights[p], system.gains[p], system.walk_gains[p] = weight, gain, walk_gain


@lean
def regain(system: System, p: int, gain: float, threshold: float) -> None:
    """
    Give row p a new gain of x; of the firms this leaves wrong, touch those above the threshold.

    The others' residuals are not noted and cannot be put back, only added up afresh.
    """
    x = system.figures
    more = (gain - system.gains[p]) * x.nodes[p]["value"]
    system.gains[p] = gain
    if more == 0.0:
        return
    start = system.rows.spans[p]["start"]
    for e in range(start, start + system.rows.spans[p]["count"]):
        q = system.rows.entries[e]["end"]
        rest = x.nodes[q]["rest"] + system.rows.entries[e]["share"] * more
        if abs(rest) > threshold * x.nodes[q]["base"]:
            touch(x, q)
        x.nodes[q]["rest"] = rest


@lean
def regain_walk(system: System, p: int, gain: float) -> None:
    """Give row p a new gain of u, and note what that leaves wrong."""
    u = system.walks
    longer = (gain - system.walk_gains[p]) * u.nodes[p]["value"]
    system.walk_gains[p] = gain
    if longer == 0.0:
        return
    start = system.rows.spans[p]["start"]
    for e in range(start, start + system.rows.spans[p]["count"]):
        q = system.rows.entries[e]["end"]
        touch(u, q)
        u.nodes[q]["rest"] += system.rows.entries[e]["share"] * longer


@lean
def _call(given: Vector, q: int, threshold: float) -> None:
    """Let a firm wait for a push if what it has to pass on is above the threshold."""
    node = given.nodes[q]
    if abs(node["rest"]) > threshold * node["base"] and node["mark"] & WAITS == 0:
        node["mark"] |= WAITS
        given.queue[given.lengths[TAIL]] = q
        after = given.lengths[TAIL] + 1
        given.lengths[TAIL] = after if after < len(given.queue) else 0


@lean
def settle(
    system: System, threshold: float, floor: float, pushes_max: int
) -> tuple[int, float, float]:
    """
    Push until no residual is above its threshold.

    Returns the pushes, -1 if they are over the bound, L of the touched firms, and what rounding may
    have done to the worst of them.
    """
    x, u = system.figures, system.walks
    pushes = _push(system, x, system.gains, threshold, pushes_max)
    if pushes < 0:
        return -1, 0.0, 0.0
    for k in range(x.lengths[COUNT]):
        if not stands(x, k):
            _rebase(x, u, x.touched[k], floor)
    more = _push(system, x, system.gains, threshold, pushes_max)  # A smaller base: a lower one.
    if more < 0:
        return -1, 0.0, 0.0
    for k in range(x.lengths[COUNT]):
        if not stands(x, k):
            _rebase(x, u, x.touched[k], floor)
    walked = _push(system, u, system.walk_gains, WALK, pushes_max)
    if walked < 0:
        return -1, 0.0, 0.0
    long, rounding = _measure(x, u, floor)
    return pushes + more + walked, long, rounding


@lean
def _rebase(x: Vector, u: Vector, q: int, floor: float) -> None:
    """Let the base follow a figure that has left it behind."""
    node = x.nodes[q]
    base = max(node["value"], floor)
    if base > DRIFT * node["base"] or node["base"] > DRIFT * base:
        touch(u, q)
        u.nodes[q]["rest"] += base - node["base"]
        u.nodes[q]["base"] = base
        node["base"] = base


@lean
def _push(
    system: System, given: Vector, gains: FloatArray, threshold: float, pushes_max: int
) -> int:
    for k in range(given.lengths[COUNT]):
        _call(given, given.touched[k], threshold)
    spans, entries = system.rows.spans, system.rows.entries
    pushes = 0
    while given.lengths[HEAD] != given.lengths[TAIL]:
        q = given.queue[given.lengths[HEAD]]
        if pushes == pushes_max or not abs(given.nodes[q]["rest"]) < OUT_OF_HAND:
            return -1
        pushes += 1
        after = given.lengths[HEAD] + 1
        given.lengths[HEAD] = after if after < len(given.queue) else 0
        node = given.nodes[q]
        node["mark"] -= WAITS
        amount = node["rest"]
        node["value"] += amount
        node["rest"] = 0.0
        passed = amount * gains[q]
        start = spans[q]["start"]
        for e in range(start, start + spans[q]["count"]):
            more = entries[e]["share"] * passed
            if more != 0.0:
                touch(given, entries[e]["end"])
                given.nodes[entries[e]["end"]]["rest"] += more
                _call(given, entries[e]["end"], threshold)
    return pushes


@lean
def _measure(x: Vector, u: Vector, floor: float) -> tuple[float, float]:
    longest, rounding = 0.0, ROUNDING
    for k in range(x.lengths[COUNT]):
        if stands(x, k):
            continue
        now = max(x.nodes[x.touched[k]]["value"], floor)
        longest = max(longest, u.nodes[x.touched[k]]["value"] / now)
        rounding = max(rounding, ROUNDING * max(x.saved[k]["value"], floor) / now)
    for k in range(u.lengths[COUNT]):
        if stands(u, k):
            continue
        now = max(x.nodes[u.touched[k]]["value"], floor)
        longest = max(longest, u.nodes[u.touched[k]]["value"] / now)
    return longest, rounding
