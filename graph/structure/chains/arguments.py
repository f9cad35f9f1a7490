"""Arguments of the analyses of chains, checked and refused in words."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import RowArray
from graph.errors import InvalidInput
from graph.network import Network
from graph.network.firms import rows_of

Rows = Sequence[int] | Sequence[str] | npt.NDArray[Any]

TIERS_BOUND = 100  # Tiers and steps are kept as 8-bit integers.
DENOMINATOR_MAX = 10**9  # Of a share, so that threshold arithmetic stays inside 64 bits.


def core_rows_of(network: Network, core_rows: Rows) -> RowArray:
    """Return the rows of cores, given by row or by id, in the order given."""
    given = np.asarray(core_rows)
    if given.size and given.dtype.kind in "fcb":
        said = f"not {given.dtype}: entry 0 is {given.flat[0]}"
        raise InvalidInput(f"core_rows must be integers or ids, {said}")
    rows = rows_of(core_rows, network, "core_rows")
    outside = np.flatnonzero((rows < 0) | (rows >= len(network)))
    if outside.size:
        at, size = int(outside[0]), len(network)
        raise InvalidInput(
            f"core_rows: entry {at}, core row {rows[at]} is not in a network of {size} firms"
        )
    return rows.astype(np.int32)


def check_steps(steps: int, name: str) -> None:
    """Raise unless the number of steps is one that tiers can hold."""
    if not 1 <= steps <= TIERS_BOUND:
        raise InvalidInput(f"{name} must be 1 to {TIERS_BOUND}, not {steps}")


def exact_share(share_min: Decimal | float) -> Fraction:
    """Return the share as the decimal that is written, not its binary neighbour."""
    try:
        share = Fraction(str(share_min))
    except ValueError:
        share = Fraction(-1)
    if not 0 <= share <= 1 or share.denominator > DENOMINATOR_MAX:
        raise InvalidInput(f"share_min must be a share of at most nine places, not {share_min}")
    return share
