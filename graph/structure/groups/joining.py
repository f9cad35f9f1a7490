"""Groups: firms that control, or reliance on one partner, ties together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from graph.arrays.dtypes import IntArray, RowArray
from graph.errors import InvalidInput
from graph.network.firms import FirmRows, Frame, firm_column, frame, row_of
from graph.structure.groups.holdings import Control
from graph.structure.groups.reliances import Reliances


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """
    Groups of two firms and more; a group is named by its first member.

    Attributes:
        group_rows: The first member of each group, ascending.
        offsets: Where each group's members begin in `firm_rows`, and one end more.
        firm_rows: The members of each group, ascending.
    """

    group_rows: RowArray
    offsets: IntArray
    firm_rows: RowArray
    firms: int
    ids: Sequence[str] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.group_rows)

    @property
    def member_group_rows(self) -> RowArray:
        """Return the group of each entry of `firm_rows`, by its first member."""
        return np.repeat(self.group_rows, np.diff(self.offsets))

    def to_pandas(self) -> Frame:
        """Return a row a member: group, firm."""
        ends = (firm_column(self.ids, each) for each in (self.member_group_rows, self.firm_rows))
        return frame(dict(zip(("group", "firm"), ends, strict=True)))

    def of(self, firm_row: int | str) -> list[int]:
        """
        Return the rows of a firm's group, its own among them; none where it stands alone.

        Args:
            firm_row: The firm, by row or by id.

        Raises:
            InvalidInput: It is neither, or no row of a firm.
            NotFound: No firm has that id.
        """
        row = row_of(firm_row, FirmRows(self.firms, self.ids), "firm_row")
        at = np.flatnonzero(self.firm_rows == row)
        if not at.size:
            return []
        group = int(np.searchsorted(self.offsets, at[0], side="right")) - 1
        found: list[int] = self.firm_rows[self.offsets[group] : self.offsets[group + 1]].tolist()
        return found


def groups(control: Control, reliances: Reliances | None = None) -> Groups:
    """
    Return the groups of firms that control ties together, and reliance on one partner.

    Two firms stand in one group where one controls the other, where somebody controls both, where
    one relies on the other, or where such ties lead from one to the other over further firms.

    Args:
        control: Who is controlled by whom.
        reliances: Who lives on one partner; without, control alone ties.

    Raises:
        InvalidInput: The two are of different networks.

    Example:
        >>> from graph.groups import Holdings, control
        >>> groups(control(4, Holdings([2, 2], [1, 3], [0.6, 0.5]))).to_pandas().values.tolist()
        [[1, 1], [1, 2]]
    """
    firms = len(control)
    ends: list[tuple[IntArray | RowArray, IntArray | RowArray]] = [
        (control.owner_rows[control.joins], control.owned_rows[control.joins])
    ]
    if reliances is not None:
        ends.append((reliances.firm_rows, reliances.partner_rows))
    if max(int(each.max(initial=0)) for each in ends[-1]) >= max(firms, 1):
        raise InvalidInput("reliances name a firm that control does not know")
    one, other = (np.concatenate([each[side] for each in ends]) for side in (0, 1))
    tied = sparse.coo_array((np.ones(len(one), np.bool_), (one, other)), shape=(firms, firms))
    _, label = csgraph.connected_components(tied, directed=False)
    members = np.flatnonzero(np.bincount(label, minlength=1)[label] > 1)
    first = np.empty(firms, np.int64)
    first[label[members[::-1]]] = members[::-1]  # What is written last stays: the smallest row.
    group = first[label[members]]
    order = np.argsort(group, kind="stable")
    begins = np.flatnonzero(np.diff(group[order], prepend=-1))
    return Groups(
        group[order[begins]].astype(np.int32),
        np.append(begins, len(members)).astype(np.int64),
        members[order].astype(np.int32),
        firms,
        control.ids,
    )
