"""Groups of firms that losses are summed over: sectors, tiers, chains, or any labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from graph.arrays.dtypes import IntArray
from graph.errors import InvalidInput
from graph.network.firms import FirmRows, Frame, checked_ids, firm_column, frame, rows_of
from graph.spread.production.traded import number
from graph.structure.chains.results import DOWN, Chains

ALL = "all"  # The group of every firm, which stands first.


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """
    Named groups of firms; a firm may be in several.

    Args:
        names: Of the groups; the first is `all`.
        members: Group x firm, 1 where the firm is in the group.
        ids: What the firms are called, by row; None where rows are all there is.
    """

    names: tuple[str, ...]
    members: sparse.csr_array
    ids: Sequence[str] | None = field(default=None, repr=False)

    @classmethod
    def build(
        cls,
        firms: int,
        groups: Mapping[str, npt.ArrayLike] | None = None,
        *,
        ids: Sequence[str] | None = None,
    ) -> Self:
        """
        Return the group of all firms and these.

        Args:
            firms: Number of firms.
            groups: Name -> its firms, each once, by row or by id.
            ids: What the firms are called, in row order.

        Raises:
            InvalidInput: A group is called `all`, names a row of no firm, or one twice; or the ids
                do not fit.
            NotFound: No firm has that id.

        Example:
            >>> found = Groups.build(3, {"mills": [0, 2]})
            >>> found.names, found.sums(np.array([[1, 10, 100]])).tolist()
            (('all', 'mills'), [[111, 101]])
        """
        every = {ALL: np.arange(firms)}
        known = FirmRows(firms, checked_ids(ids, firms))
        for name, given in (groups or {}).items():
            rows = rows_of(given, known, f"group {name!r}")
            if name == ALL:
                raise InvalidInput(f"{ALL!r} is the group of every firm")
            if ((rows < 0) | (rows >= firms)).any():
                raise InvalidInput(f"group {name!r} has a row of no firm")
            if len(np.unique(rows)) < len(rows):
                raise InvalidInput(f"group {name!r} has a firm twice")
            every[name] = np.sort(rows)
        ends = np.concatenate([[0], np.cumsum([len(rows) for rows in every.values()])])
        columns = np.concatenate(list(every.values()))
        ones = np.ones(len(columns), np.int64)
        members = sparse.csr_array((ones, columns, ends), shape=(len(every), firms))
        return cls(tuple(every), members, known.ids)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def firms(self) -> int:
        """Return the number of firms."""
        return int(self.members.shape[1])

    def sums(self, amounts_fen: IntArray) -> IntArray:
        """Return the sum of every group (columns) for each row of amounts by firm."""
        return np.ascontiguousarray((self.members @ amounts_fen.T).T, np.int64)

    def chosen(self, rows: IntArray) -> "Groups":
        """Return the same groups over some firms only, in that order."""
        ids = None if self.ids is None else firm_column(self.ids, rows).to_pylist()
        return Groups(self.names, self.members[:, rows].tocsr(), ids)

    def to_pandas(self) -> Frame:
        """Return a row a group and firm in it, groups in their order: group, firm."""
        members = self.members.sorted_indices()
        groups = np.repeat(np.arange(len(self)), np.diff(members.indptr))
        firms = firm_column(self.ids, members.indices.astype(np.int64))
        return frame({"group": pa.array(self.names, pa.string()).take(groups), "firm": firms})


def by_group(
    names: Sequence[str], count: int, losses: Mapping[str, IntArray | None]
) -> dict[str, Any]:
    """
    Return columns of a row a scenario and group: the group, and losses that were counted.

    Args:
        names: Of the groups.
        count: Of scenarios, or draws.
        losses: Name -> loss by scenario (rows) and group (columns); None: not counted.

    Example:
        >>> found = by_group(["all", "mills"], 1, {"lost_fen": np.array([[7, 2]])})
        >>> {name: column.tolist() for name, column in found.items()}
        {'group': ['all', 'mills'], 'lost_fen': [7, 2]}
    """
    group = pa.array(names, pa.string()).take(np.tile(np.arange(len(names)), count))
    counted = {name: fen.ravel() for name, fen in losses.items() if fen is not None}
    return {"group": group, **counted}


def by_label(values: Sequence[Any] | pa.Array, before: str = "") -> dict[str, IntArray]:
    """
    Return a group for every distinct label, in order of the labels' texts; None is in none.

    Args:
        values: Label of every firm: texts, or numbers.
        before: What stands before each name.

    Example:
        >>> found = by_label(["b", None, "a", "b"], "sector ")
        >>> {name: rows.tolist() for name, rows in found.items()}
        {'sector a': [2], 'sector b': [0, 3]}
    """
    column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    texts = column.cast(pa.string())
    numbers = number(texts)
    order = np.argsort(numbers, kind="stable")
    known, starts = np.unique(numbers[order], return_index=True)
    parts = np.split(order, starts[1:]) if len(known) else []
    found = {
        f"{before}{texts[int(rows[0])].as_py()}": rows
        for group, rows in zip(known.tolist(), parts, strict=True)
        if group >= 0
    }
    return dict(sorted(found.items()))


def by_chain(chains: Chains, ids: Sequence[str], before: str = "chain ") -> dict[str, IntArray]:
    """
    Return a group for every chain, its core and all its members; they overlap.

    Example:
        >>> from graph.chains import find_chains
        >>> from graph.testing.networks import toy
        >>> network = toy({("ore", "mill"): 60, ("mill", "cars"): 90})
        >>> found = by_chain(find_chains(network, [network.row("cars")]), network.ids)
        >>> {name: rows.tolist() for name, rows in found.items()}
        {'chain cars': [0, 1, 2]}
    """
    return {
        f"{before}{ids[chain.core_row]}": np.union1d(
            chain.firm_rows.astype(np.int64), [chain.core_row]
        )
        for chain in chains
    }


def by_tier(chains: Chains, before: str = "tier ") -> dict[str, IntArray]:
    """
    Return a group for every tier: 0 are the cores, then steps up and down from the nearest core.

    A firm of several chains stands where the fewest steps lead, upstream where as many lead there
    both ways; a firm of no chain is in no group.

    Example:
        >>> from graph.chains import find_chains
        >>> from graph.testing.networks import toy
        >>> network = toy({("ore", "mill"): 60, ("mill", "cars"): 90, ("cars", "shop"): 50})
        >>> found = by_tier(find_chains(network, [network.row("cars")]))
        >>> {name: [network.ids[row] for row in rows] for name, rows in found.items()}
        {'tier 0': ['cars'], 'tier 1 up': ['mill'], 'tier 1 down': ['shop'], 'tier 2 up': ['ore']}
    """
    cores = np.unique(chains.core_rows.astype(np.int64))
    rows = np.concatenate([cores, chains.firm_rows.astype(np.int64)])
    places = 2 * chains.tier.astype(np.int64) + (chains.direction == DOWN)
    places = np.concatenate([np.zeros(len(cores), np.int64), places])
    order = np.lexsort((places, rows))
    firms, first = np.unique(rows[order], return_index=True)
    nearest = places[order][first]
    found = {}
    for place in np.unique(nearest).tolist():
        side = ("", " up", " down")[0 if place == 0 else 1 + place % 2]
        found[f"{before}{place // 2}{side}"] = firms[nearest == place]
    return found
