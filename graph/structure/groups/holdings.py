"""Who controls whom, by links of control and by more than half of the shares."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from graph.arrays import sorting
from graph.arrays.dtypes import BoolArray, IntArray, RowArray
from graph.errors import InvalidInput, NotConverged
from graph.network.firms import (
    FirmRows,
    Frame,
    KnownFirms,
    doubles,
    firm_column,
    frame,
    refuse,
    refuse_outside,
    row_of,
    rows_of,
)
from graph.structure.groups.kernels import control as kernel
from graph.structure.groups.kernels.control import NOBODY

UNITS = 10**15  # Of a whole share: decimals of up to fifteen places are kept as they are written.
HALF = UNITS // 2
STEPS_MAX = 2**31  # Holdings that are read for all blocks together, some ten seconds.


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """
    Who holds shares of whom, or controls it, as columns; parts of a stake add up.

    Args:
        owners: Row or id of the owner.
        owned: Row or id of the firm that it holds.
        shares: Part of the firm, in [0, 1]; NaN or None where unknown.
        controls: Whether the owner controls the firm whatever the share; nobody does by default.
    """

    owners: npt.ArrayLike
    owned: npt.ArrayLike
    shares: npt.ArrayLike
    controls: npt.ArrayLike | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Control:
    """
    Who is controlled by whom.

    Attributes:
        controller_rows: Of every firm the head of the block that it stands in, itself controlled
            by nobody (in a circle: its first firm); -1 where nobody controls it. Of several heads
            the first whose block is no part of another's.
        held_units: What that block holds of the firm, in units of 1e-15; 0 where nobody does.
        owner_rows: The owner of each holding.
        owned_rows: The firm that it stands in.
        joins: Of each holding whether it joins two firms of a block: it is a part of what
            controls the firm that it stands in.
    """

    controller_rows: RowArray
    held_units: IntArray
    owner_rows: IntArray
    owned_rows: IntArray
    joins: BoolArray
    ids: Sequence[str] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.controller_rows)

    def controller(self, firm_row: int | str) -> int | None:
        """
        Return the row of who controls a firm, given by row or by id; None where nobody does.

        Raises:
            InvalidInput: It is neither, or no row of a firm.
            NotFound: No firm has that id.
        """
        row = row_of(firm_row, FirmRows(len(self), self.ids), "firm_row")
        found = int(self.controller_rows[row])
        return None if found == NOBODY else found

    def to_pandas(self) -> Frame:
        """Return a row a controlled firm: firm, controller, held."""
        rows = np.flatnonzero(self.controller_rows != NOBODY)
        ends = (firm_column(self.ids, each) for each in (rows, self.controller_rows[rows]))
        named = dict(zip(("firm", "controller"), ends, strict=True))
        return frame({**named, "held": self.held_units[rows] / UNITS})


def control(network: KnownFirms | int, holdings: Holdings) -> Control:
    """
    Return who is controlled by whom.

    An owner controls a firm by a link of control, or where what it holds together with all that
    it controls is more than half of the shares; half is not more than half. What a firm holds of
    itself counts for nobody.

    Args:
        network: Who knows the firms, or how many there are.
        holdings: Who holds shares of whom.

    Raises:
        InvalidInput: A column is not what it must be.
        NotFound: An id is none of a firm.
        NotConverged: More holdings had to be read than the bound: very many firms have very
            many controllers each.

    Example:
        The fund holds 60 % of the mill; each of them holds 30 % of the mine.

        >>> from graph.testing.networks import toy
        >>> network = toy({("mine", "mill"): 1, ("mill", "fund"): 1})
        >>> owners, owned = ["fund", "fund", "mill"], ["mill", "mine", "mine"]
        >>> found = control(network, Holdings(owners, owned, [0.6, 0.3, 0.3]))
        >>> found.to_pandas().values.tolist()
        [['mill', 'fund', 0.6], ['mine', 'fund', 0.6]]
    """
    firms = network if isinstance(network, int) else len(network)
    owners = _rows(holdings.owners, network, "owners")
    owned = _rows(holdings.owned, network, "owned")
    units, linked = _units(holdings.shares), _flags(holdings.controls, len(owners))
    if not len(owners) == len(owned) == len(units) == len(linked):
        raise InvalidInput("owners, owned, shares and controls differ in length")
    others = np.flatnonzero(owners != owned)
    order = others[sorting.sorted_by(owners[others], np.arange(len(others)), firms)]
    rows = (
        sorting.offsets(owners[order], firms),
        owned[order].astype(np.int32),
        units[order],
        linked[order],
    )
    heads = _heads(owners[order], owned[order], kernel.direct(*rows, HALF), firms)
    controller, held = np.full(firms, NOBODY, np.int32), np.zeros(firms, np.int64)
    joining = np.zeros(len(order), np.bool_)
    steps = kernel.blocks(*rows, heads, HALF, STEPS_MAX, controller, held, joining)
    if steps == kernel.TOO_MANY:
        raise NotConverged(f"more than {STEPS_MAX} holdings were read to find who controls whom")
    joins = np.zeros(len(owners), np.bool_)
    joins[order] = joining
    ids = None if isinstance(network, int) else network.ids
    return Control(controller, held, owners, owned, joins, ids)


def _rows(given: npt.ArrayLike, network: KnownFirms | int, name: str) -> IntArray:
    rows = rows_of(given, network, name)
    refuse_outside(rows, network if isinstance(network, int) else len(network), name)
    return rows.astype(np.int64)


def _units(shares: npt.ArrayLike) -> IntArray:
    """Return shares in units: exactly as written up to fifteen places, cut where there are more."""
    given = doubles(shares, "shares")
    refuse((given < 0.0) | (given > 1.0), "shares", "is no share of 0 to 1")
    known = np.nan_to_num(given)
    nearest = np.rint(known * UNITS)
    return np.where(nearest / UNITS == known, nearest, np.floor(known * UNITS)).astype(np.int64)


def _flags(given: npt.ArrayLike | None, count: int) -> BoolArray:
    flags = np.zeros(count, np.bool_) if given is None else np.asarray(given)
    if flags.dtype != np.bool_ and flags.size:
        raise InvalidInput(f"controls must be true or false, not {flags.dtype}")
    return flags.astype(np.bool_)


def _heads(owners: IntArray, owned: IntArray, direct: BoolArray, firms: int) -> RowArray:
    """Return the first firm of each circle or single firm that controls others, nobody it."""
    ends = (owners[direct], owned[direct])
    joined = sparse.coo_array((np.ones(len(ends[0]), np.bool_), ends), shape=(firms, firms))
    _, circle = csgraph.connected_components(joined, directed=True, connection="strong")
    above, below = circle[ends[0]], circle[ends[1]]
    leads, led = np.zeros(firms, np.bool_), np.zeros(firms, np.bool_)
    leads[ends[0]] = True
    led[below[above != below]] = True
    rows = np.flatnonzero(leads & ~led[circle])
    first = np.empty(firms, np.int64)
    first[circle[rows[::-1]]] = rows[::-1]  # What is written last stays: the smallest row.
    heads: RowArray = rows[first[circle[rows]] == rows].astype(np.int32)
    return heads
