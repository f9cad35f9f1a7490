"""What chains and belonging come out as: frozen columns, and one chain's slice of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import IntArray, RowArray
from graph.errors import NotFound
from graph.network.firms import FirmRows, Frame, firm_column, frame, row_of, rows_of, whole_number
from graph.structure.chains.kernels import tiers

Int8Array = npt.NDArray[np.int8]

UP, DOWN = tiers.UP, tiers.DOWN
DIRECTIONS = ("up", "down")  # Names of the codes in a column `direction`.


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """
    Members of chains as equally long columns.

    Attributes:
        firm_rows: The members.
        up_tier: Steps upstream from the core; 0 where the firm does not stand there.
        down_tier: Steps downstream from the core; 0 where the firm does not stand there.
        up_via_rows: The partner one tier nearer on the strongest shortest path up; -1 if none.
        down_via_rows: The same downstream.
    """

    firm_rows: RowArray
    up_tier: Int8Array
    down_tier: Int8Array
    up_via_rows: RowArray
    down_via_rows: RowArray

    def __len__(self) -> int:
        return len(self.firm_rows)

    @property
    def direction(self) -> Int8Array:
        """Return where each member is listed, UP or DOWN: the nearer side, up on a tie."""
        nearer_up = (self.up_tier > 0) & ((self.down_tier == 0) | (self.up_tier <= self.down_tier))
        return np.where(nearer_up, np.int8(UP), np.int8(DOWN))

    @property
    def tier(self) -> Int8Array:
        """Return each member's tier on the side where it is listed."""
        return np.where(self.direction == UP, self.up_tier, self.down_tier)

    @property
    def via_rows(self) -> RowArray:
        """Return each member's partner one tier nearer on the side where it is listed."""
        return np.where(self.direction == UP, self.up_via_rows, self.down_via_rows)


@dataclass(frozen=True, slots=True, eq=False)
class Chain(Members):
    """The chain of one core: its members in row order."""

    core_row: int
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a member: firm, direction, tier, via, up_tier, down_tier."""
        return frame(_told(self, self.ids))

    def place(self, firm_row: int | str) -> int:
        """
        Return where a firm, given by row or by id, stands in the columns.

        Raises:
            InvalidInput: It is neither, or the chain knows no ids.
            NotFound: The firm is no member.
        """
        firm_row = self._row(firm_row)
        at = int(np.searchsorted(self.firm_rows, firm_row))
        if at == len(self) or self.firm_rows[at] != firm_row:
            raise NotFound(f"row {firm_row} is not in the chain of row {self.core_row}")
        return at

    def path(self, firm_row: int | str) -> list[int]:
        """
        Return the rows of the strongest shortest path from a member to the core, both included.

        Args:
            firm_row: The member, by row or by id.

        Raises:
            InvalidInput: It is neither, or the chain knows no ids.
            NotFound: The firm is no member.
        """
        firm_row = self._row(firm_row)
        at = self.place(firm_row)
        up = bool(self.direction[at] == UP)
        via = self.up_via_rows if up else self.down_via_rows
        path = [firm_row]
        for _ in range(int(self.tier[at])):
            path.append(int(via[self.place(path[-1])]))
        return path

    def _row(self, given: int | str) -> int:
        if isinstance(given, str):
            return int(rows_of([given], FirmRows(len(self.ids or ()), self.ids), "firm_row")[0])
        return given if type(given) is int else whole_number("firm_row", given)


@dataclass(frozen=True, slots=True, eq=False)
class Chains(Members):
    """
    The chains of many cores, one after the other in flat columns.

    Attributes:
        core_rows: The cores, in the order asked for.
        offsets: Where each core's members begin, and one end more; inside, in row order.
    """

    core_rows: RowArray
    offsets: IntArray
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a core and member: core, firm, direction, tier, via, up_tier, down_tier."""
        cores = firm_column(self.ids, self.member_core_rows)
        return frame({"core": cores, **_told(self, self.ids)})

    @property
    def member_core_rows(self) -> RowArray:
        """Return the core of each member row, as long as the other columns."""
        return np.repeat(self.core_rows, np.diff(self.offsets))

    def chain(self, place: int) -> Chain:
        """Return the chain of the core at that place in `core_rows`; nothing is copied."""
        if not 0 <= place < len(self.core_rows):
            raise NotFound(f"no chain at place {place} of {len(self.core_rows)}")
        part = slice(int(self.offsets[place]), int(self.offsets[place + 1]))
        columns = {name: getattr(self, name)[part] for name in COLUMNS}
        return Chain(core_row=int(self.core_rows[place]), ids=self.ids, **columns)

    def __iter__(self) -> Iterator[Chain]:
        return (self.chain(place) for place in range(len(self.core_rows)))


@dataclass(frozen=True, slots=True, eq=False)
class Belonging:
    """
    The shares of firms' sales that end at cores, as rows of firms.

    Attributes:
        offsets: Where each firm's entries begin, and one end more.
        core_rows: The core of each entry, ascending for each firm.
        share_e12: The share, cut towards zero at twelve places, in units of 1e-12; positive.
    """

    offsets: IntArray
    core_rows: RowArray
    share_e12: IntArray
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a firm and core: firm, core, share_e12."""
        ends = (firm_column(self.ids, rows) for rows in (self.firm_rows, self.core_rows))
        named = dict(zip(("firm", "core"), ends, strict=True))
        return frame({**named, "share_e12": self.share_e12})

    @property
    def firm_rows(self) -> RowArray:
        """Return the firm of each entry, as long as the other columns."""
        firms = np.arange(len(self.offsets) - 1, dtype=np.int32)
        return np.repeat(firms, np.diff(self.offsets))

    def of(self, firm_row: int | str) -> dict[int, Decimal]:
        """
        Return core row -> share of one firm, given by row or by id, exact to the twelve places.

        Raises:
            InvalidInput: It is neither, or no row of a firm.
            NotFound: No firm has that id.
        """
        firm_row = row_of(firm_row, FirmRows(len(self.offsets) - 1, self.ids), "firm_row")
        part = slice(int(self.offsets[firm_row]), int(self.offsets[firm_row + 1]))
        shares = (Decimal(int(units)).scaleb(-12) for units in self.share_e12[part])
        return dict(zip(self.core_rows[part].tolist(), shares, strict=True))


def _told(members: Members, ids: Sequence[str] | None) -> dict[str, Any]:
    """Return the columns of a table of members; firms are named where ids are known."""
    return {
        "firm": firm_column(ids, members.firm_rows),
        "direction": np.array(DIRECTIONS)[members.direction],
        "tier": members.tier,
        "via": firm_column(ids, members.via_rows),
        "up_tier": members.up_tier,
        "down_tier": members.down_tier,
    }


COLUMNS = tuple(each.name for each in fields(Members))
