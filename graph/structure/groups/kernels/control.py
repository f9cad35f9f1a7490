"""
Who is controlled by whom: the block of a head, grown until nothing more joins it.

Of a head h the block B is the smallest set with

    h in B
    z in B   where a link of control leads from a member of B to z,
             or the shares that members of B hold in z add up to more than half

What a controlled firm holds counts as held by its head, so a firm may join by parts that no owner
holds alone. Each holding of a member is read once when the member joins, so a block costs its
holdings. A head that stands in a larger block found before has nothing to add (its block is part
of that one) and is passed over; where every firm is controlled by one, all heads together cost
the holdings. Firms that many heads control are read once for each: the steps are counted and
bounded by the caller.

Shares are whole units; a sum stops growing far above half, so that it never overflows.
"""

import numba as nb
import numpy as np

from graph.arrays.dtypes import BoolArray, IntArray, RowArray

PLENTY = 2**62
NOBODY = -1
TOO_MANY = -1


@nb.njit(cache=True, nogil=True)
def direct(
    indptr: IntArray, owned: RowArray, units: IntArray, linked: BoolArray, half: int
) -> BoolArray:
    """Return which holdings stand in a firm that their owner controls by what it holds itself."""
    firms = len(indptr) - 1
    held = np.zeros(firms, np.int64)
    tied = np.zeros(firms, np.bool_)
    found = np.zeros(len(owned), np.bool_)
    for owner in range(firms):
        first, last = indptr[owner], indptr[owner + 1]
        for at in range(first, last):
            firm = owned[at]
            tied[firm] |= linked[at]
            if held[firm] < PLENTY:
                held[firm] += units[at]
        for at in range(first, last):
            found[at] = tied[owned[at]] or held[owned[at]] > half
        for at in range(first, last):
            held[owned[at]] = 0
            tied[owned[at]] = False
    return found


@nb.njit(cache=True, nogil=True)
def _grow(
    indptr: IntArray,
    owned: RowArray,
    units: IntArray,
    linked: BoolArray,
    half: int,
    turn: int,
    mark: RowArray,
    held: IntArray,
    tied: BoolArray,
    block: RowArray,
) -> int:
    mark[block[0]] = turn
    size, place = 1, 0
    while place < size:
        for at in range(indptr[block[place]], indptr[block[place] + 1]):
            firm = owned[at]
            tied[firm] |= linked[at]
            if held[firm] < PLENTY:
                held[firm] += units[at]
            if mark[firm] != turn and (tied[firm] or held[firm] > half):
                mark[firm] = turn
                block[size] = firm
                size += 1
        place += 1
    return size


@nb.njit(cache=True, nogil=True)
def blocks(
    indptr: IntArray,
    owned: RowArray,
    units: IntArray,
    linked: BoolArray,
    heads: RowArray,
    half: int,
    steps_max: int,
    controller: RowArray,
    controlled_units: IntArray,
    joins: BoolArray,
) -> int:
    """
    Fill in each firm's controller, what its block holds of it, and the holdings that join it.

    Returns the holdings read, or TOO_MANY where they were more than the bound.
    """
    firms = len(indptr) - 1
    held, tied = np.zeros(firms, np.int64), np.zeros(firms, np.bool_)
    mark, block = np.full(firms, NOBODY, np.int32), np.empty(firms, np.int32)
    steps = 0
    for turn in range(len(heads)):
        if controller[heads[turn]] != NOBODY:
            continue
        block[0] = heads[turn]
        size = _grow(indptr, owned, units, linked, half, turn, mark, held, tied, block)
        for place in range(size):
            firm = block[place]
            steps += indptr[firm + 1] - indptr[firm]
            for at in range(indptr[firm], indptr[firm + 1]):
                other = owned[at]
                if mark[other] == turn and (tied[other] or held[other] > half):
                    joins[at] = True
            known = controller[firm]
            if place > 0 and (known == NOBODY or mark[known] == turn):
                controller[firm] = heads[turn]
                controlled_units[firm] = held[firm]
        for place in range(size):
            for at in range(indptr[block[place]], indptr[block[place] + 1]):
                held[owned[at]] = 0
                tied[owned[at]] = False
        if steps > steps_max:
            return TOO_MANY
    return steps
