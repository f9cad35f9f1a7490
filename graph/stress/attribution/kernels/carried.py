"""
Which trades carried the losses of a cascade.

With the state of the last round (`spread/production/kernels/esri.py`), firm j lost l_j = max(d_j,
u_j) of its production and x_j of that at the start. Of every unit that it lost,

    x_j / l_j          is its own
    1 - x_j / l_j      came over trades: where d_j >= u_j from the suppliers i of the inputs that
                       were missed most (the slot of the largest sum, all of them together where
                       several are as large), in proportion to sigma_i down_ij d_i; else from
                       the buyers i, in proportion to up_ji u_i

so the parts of a firm sum to its loss.
"""

import math

import numba as nb

from graph.arrays.dtypes import FloatArray
from graph.spread.production.kernels import esri
from graph.spread.production.kernels.structures import CascadeStructure

AS_MUCH = 1.0 - 1e-9  # Of the largest sum: the same but for rounding.


@nb.njit(cache=True, nogil=True)
def add(
    structure: CascadeStructure,
    down: FloatArray,
    up: FloatArray,
    first: FloatArray,
    amounts: FloatArray,
    own: FloatArray,
    inputs: FloatArray,
    orders: FloatArray,
) -> None:
    """
    Add a scenario's losses to the parts of firms and of trades.

    All by place; `amounts` is what a firm's loss comes to. `own` takes first losses, `inputs` what
    trades carried down, by buyer as in `in_suppliers`, `orders` what they carried up, by supplier
    as in `out_buyers`.
    """
    passed = esri.passed_on(structure, 1.0 - down, dead_unit=False)
    for j in range(len(down)):
        if amounts[j] <= 0.0:
            continue
        loss = max(down[j], up[j])
        rest = amounts[j] * (1.0 - min(1.0, first[j] / loss))
        if rest > 0.0 and down[j] >= up[j]:
            rest -= _missed(structure, passed, j, rest, inputs)
        elif rest > 0.0:
            rest -= _unsold(structure, up, j, rest, orders)
        own[j] += amounts[j] * min(1.0, first[j] / loss) + rest


@nb.njit(cache=True, nogil=True)
def _missed(
    structure: CascadeStructure, passed: FloatArray, j: int, amount: float, inputs: FloatArray
) -> float:
    """Share an amount over the suppliers that were missed most; return what was shared out."""
    start, needed = structure.in_indptr[j], structure.in_needed[j]
    worst = total = 0.0
    e = start
    while e < needed:
        end = _slot_end(structure, j, e)
        worst = max(worst, _sum(structure, passed, e, end))
        e = end
    if worst <= 0.0:
        return 0.0
    e = start
    while e < needed:
        end = _slot_end(structure, j, e)
        missed = _sum(structure, passed, e, end)
        total += missed if missed >= worst * AS_MUCH else 0.0
        e = end
    e = start
    while e < needed:
        end = _slot_end(structure, j, e)
        if _sum(structure, passed, e, end) >= worst * AS_MUCH:
            for q in range(e, end):
                part = passed[structure.in_suppliers[q]] * abs(structure.in_shares[q])
                inputs[q] += amount * (part / total)
        e = end
    return amount


@nb.njit(cache=True, nogil=True)
def _slot_end(structure: CascadeStructure, j: int, start: int) -> int:
    """Return where the slot ends that begins there: an essential sector, or all the rest."""
    essential, needed = int(structure.in_essential[j]), int(structure.in_needed[j])
    if start >= essential:
        return needed
    e = start + 1
    while e < essential and math.copysign(1.0, structure.in_shares[e]) > 0.0:
        e += 1
    return e


@nb.njit(cache=True, nogil=True)
def _sum(structure: CascadeStructure, passed: FloatArray, start: int, end: int) -> float:
    missed = 0.0
    for e in range(start, end):
        missed += passed[structure.in_suppliers[e]] * abs(structure.in_shares[e])
    return missed


@nb.njit(cache=True, nogil=True)
def _unsold(
    structure: CascadeStructure, up: FloatArray, i: int, amount: float, orders: FloatArray
) -> float:
    """Share an amount over the buyers that ordered less; return what was shared out."""
    missed = 0.0
    for e in range(structure.out_indptr[i], structure.out_indptr[i + 1]):
        missed += up[structure.out_buyers[e]] * structure.out_shares[e]
    if missed <= 0.0:
        return 0.0
    for e in range(structure.out_indptr[i], structure.out_indptr[i + 1]):
        part = up[structure.out_buyers[e]] * structure.out_shares[e]
        orders[e] += amount * (part / missed)
    return amount
