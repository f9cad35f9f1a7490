"""
The network that every analysis reads: immutable, columnar, compressed rows both ways.

Firms stand in the order of their ids (code points), and a firm's row is its place there. An edge
is a (supplier, buyer) pair whose trades sum to a positive amount; the edges stand twice, by
supplier (`out_`) and by buyer (`in_`), each in ascending row order. Pairs that net to nothing or
less spread nothing and are no edges, but they count in a firm's net sales and purchases.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph import digests, folders
from graph.arrays import csr
from graph.arrays.dtypes import BoolArray, IntArray, RowArray
from graph.errors import InvalidInput, NotFound
from graph.network import columns as check
from graph.network import files
from graph.network.ids import Ids

FEW = 1000  # Ids up to which searching the sorted column beats hashing it.


class TradeRows(NamedTuple):
    """Trades of a network: who sold to whom, for how much."""

    supplier_rows: IntArray
    buyer_rows: IntArray
    amounts_fen: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """
    Who supplies whom, and what is known of each firm.

    Attributes:
        ids: The firms' ids in code point order; a firm's row is its place here.
        attributes: One row per firm in that order: whatever else the firms table holds.
        out_indptr: Where each supplier's edges begin, and one end more.
        out_indices: The buyers' rows, ascending for each supplier.
        out_amount_fen: What the supplier sold the buyer, net, positive.
        in_indptr: Where each buyer's edges begin, and one end more.
        in_indices: The suppliers' rows, ascending for each buyer.
        in_amount_fen: What the buyer bought of the supplier, net, positive.
        sales_fen: Net sales over all pairs, also those that are no edges; 0 when negative.
        purchases_fen: The same for purchases.
        sales_known: Whether the firm sold anything at all; without, its sales are unknown.
        purchases_known: The same for purchases.

    Example:
        >>> firms = pa.table({"firm": ["b", "a"], "name": ["Buyer", "Alpha"]})
        >>> trades = pa.table({"supplier": ["a", "a"], "buyer": ["b", "b"], "amount_fen": [3, 4]})
        >>> network = Network.build(firms, trades)
        >>> list(network.ids), network.row("b"), network.out_amount_fen.tolist()
        (['a', 'b'], 1, [7])
        >>> network.column("name").to_pylist()
        ['Alpha', 'Buyer']
    """

    ids: Ids
    attributes: pa.Table
    out_indptr: IntArray
    out_indices: RowArray
    out_amount_fen: IntArray
    in_indptr: IntArray
    in_indices: RowArray
    in_amount_fen: IntArray
    sales_fen: IntArray
    purchases_fen: IntArray
    sales_known: BoolArray
    purchases_known: BoolArray

    @classmethod
    def build(cls, firms: pa.Table, trades: pa.Table) -> Self:
        """
        Return the network of a firms table and a trades table; the order of rows is all one.

        Args:
            firms: Column `firm` with the ids; all other columns become attributes.
            trades: Columns `supplier`, `buyer`, `amount_fen`. Where there is a column `count`,
                rows without invoices and amount are passed over: they make no sales known.

        Raises:
            InvalidInput: An id or amount is missing, of the wrong type, twice or not in firms.
        """
        trades = check.with_invoices(trades)
        ids = check.texts(check.required(firms, "firm", "firms"), "firms.firm")
        order = pc.sort_indices(ids)
        known = pc.take(ids, order)
        check.refuse_doubles(known)
        ends = (
            check.required(trades, "supplier", "trades"),
            check.required(trades, "buyer", "trades"),
        )
        with ThreadPoolExecutor(max_workers=len(ends)) as threads:
            rows = list(threads.map(check.rows_of, ends, (known, known), ("supplier", "buyer")))
        return cls.from_edges(
            known,
            supplier_rows=rows[0],
            buyer_rows=rows[1],
            amount_fen=check.whole_fen(check.required(trades, "amount_fen", "trades")),
            columns=firms.drop_columns(["firm"]).take(order),
        )

    @classmethod
    def from_edges(
        cls,
        ids: Any,
        *,
        supplier_rows: npt.NDArray[Any],
        buyer_rows: npt.NDArray[Any],
        amount_fen: npt.NDArray[Any],
        columns: pa.Table | None = None,
    ) -> Self:
        """
        Return the network of edges given as rows; edges of the same pair are summed.

        Args:
            ids: Firm ids, distinct and in code point order; rows are places in them.
            supplier_rows: Supplier of each edge.
            buyer_rows: Buyer of each edge.
            amount_fen: Amount of each edge, of either sign.
            columns: Attributes of the firms, one row per id.

        Raises:
            InvalidInput: The ids are out of order, the columns differ in length, a row is no
                firm, an amount is no integer, or the amounts sum past 64 bits.
        """
        texts = check.texts(ids, "ids")
        check.refuse_doubles(texts)
        firms = len(texts)
        attributes = pa.table({}) if columns is None else columns.combine_chunks()
        if attributes.num_columns and attributes.num_rows != firms:
            raise InvalidInput(f"columns have {attributes.num_rows} rows for {firms} firms")
        supplier = check.row_numbers(supplier_rows, firms, "supplier_rows")
        buyer = check.row_numbers(buyer_rows, firms, "buyer_rows")
        amount = check.amounts(amount_fen)
        if not len(supplier) == len(buyer) == len(amount):
            counts = f"{len(supplier)}, {len(buyer)} and {len(amount)}"
            raise InvalidInput(f"suppliers, buyers and amounts differ in number: {counts}")
        pairs = csr.sum_pairs(supplier, buyer, amount, firms)
        sums = csr.net_sums(*pairs)
        out = pairs if bool(np.all(pairs[2] > 0)) else csr.keep(*pairs, pairs[2] > 0)
        arrays = (*out, *csr.transpose(*out), *sums)
        for array in arrays:
            array.flags.writeable = False
        return cls(Ids(texts), attributes, *arrays)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def edges(self) -> int:
        """Return the number of edges."""
        return len(self.out_indices)

    def row(self, firm: str) -> int:
        """
        Return the row of one firm.

        Raises:
            NotFound: There is no such firm.
        """
        found = self.ids.find(firm)
        if found is None:
            raise NotFound(f"no firm {firm!r} in the network")
        return found

    def rows(self, firms: Sequence[str] | pa.Array) -> IntArray:
        """
        Return the rows of many firms, in the order given.

        Raises:
            NotFound: One of them is not in the network.
        """
        if len(firms) <= FEW:
            return np.array([self.row(str(firm)) for firm in firms], dtype=np.int64)
        asked = firms if isinstance(firms, pa.Array | pa.ChunkedArray) else pa.array(firms)
        found = pc.index_in(asked, value_set=self.ids.arrow)
        if found.null_count:
            unknown = asked.filter(pc.is_null(found))[0].as_py()
            raise NotFound(f"no firm {unknown!r} in the network")
        return check.to_numpy(found).astype(np.int64)

    def column(self, name: str) -> pa.Array:
        """
        Return one attribute of all firms, in row order.

        Raises:
            InvalidInput: The network has no such attribute.
        """
        if name not in self.attributes.column_names:
            names = ", ".join(self.attributes.column_names) or "none"
            raise InvalidInput(f"the network has no attribute {name!r}; it has {names}")
        return check.one_chunk(self.attributes.column(name))

    def amounts_fen(
        self, supplier_rows: npt.NDArray[Any], buyer_rows: npt.NDArray[Any]
    ) -> IntArray:
        """Return what each supplier sold the buyer beside it; 0 where there is no edge."""
        found: IntArray = csr.look_up(
            self.out_indptr, self.out_indices, self.out_amount_fen, supplier_rows, buyer_rows
        )
        return found

    def trades_among(self, firm_rows: npt.NDArray[Any]) -> "TradeRows":
        """
        Return the trades of these firms with each other, in order of supplier and buyer.

        Example:
            >>> from graph.testing.networks import toy
            >>> network = toy({("mill", "cars"): 90, ("mill", "mill"): 7, ("cars", "shop"): 5})
            >>> trades = network.trades_among(network.rows(["cars", "shop"]))
            >>> [network.ids[row] for row in trades.supplier_rows], trades.amounts_fen.tolist()
            (['cars'], [5])
        """
        inside = np.zeros(len(self), np.bool_)
        inside[firm_rows] = True
        suppliers = np.flatnonzero(inside)
        counts = self.out_indptr[suppliers + 1] - self.out_indptr[suppliers]
        before = np.repeat(np.cumsum(counts) - counts, counts)
        edges = np.repeat(self.out_indptr[suppliers], counts) + np.arange(len(before)) - before
        buyers = self.out_indices[edges].astype(np.int64)
        kept = inside[buyers]
        supplier_rows = np.repeat(suppliers, counts)[kept].astype(np.int64)
        return TradeRows(supplier_rows, buyers[kept], self.out_amount_fen[edges][kept])

    def save(self, folder: Path) -> None:
        """
        Write the network to a folder, all of it or nothing; what stood there is replaced.

        Readers that have the old one open keep it.
        """
        with folders.replacing(folder) as fresh:
            for name in _ARRAYS:
                np.save(fresh / f"{name}.npy", getattr(self, name), allow_pickle=False)
            files.write_arrow(pa.table({"firm": self.ids.arrow}), fresh / "ids.arrow")
            files.write_arrow(self.attributes, fresh / "attributes.arrow")
            said = {"form": files.FORM, "firms": len(self), "edges": self.edges}
            (fresh / "network.json").write_text(json.dumps(said) + "\n", encoding="utf-8")
            digests.seal(fresh)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """
        Return a saved network; its columns are read from the files as they are touched.

        All files are compared with their digests first, once a process: kernels index with what
        stands in them.

        Raises:
            NotFound: There is no network in the folder.
            InvalidInput: The folder holds another form, or was replaced while it was read.
            Damaged: A file was changed, is missing, or was not saved with the others.
        """
        before = files.stamp(folder)
        try:
            said = files.header(folder)
            ids = Ids(check.one_chunk(files.read_arrow(folder / "ids.arrow").column("firm")))
            attributes = files.read_arrow(folder / "attributes.arrow")
            arrays = [files.load(folder / f"{name}.npy") for name in _ARRAYS]
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise InvalidInput(f"{folder} holds a broken network: {error}") from error
        network = cls(ids, attributes, *arrays)
        network._check(folder, said)
        if files.stamp(folder) != before:
            raise InvalidInput(f"{folder} was replaced while it was read")
        return network

    def _check(self, folder: Path, said: dict[str, Any]) -> None:
        firms, edges = int(said["firms"]), int(said["edges"])
        lengths = {"indptr": firms + 1, "indices": edges, "fen": edges}
        for name in _ARRAYS:
            length = lengths[name.rsplit("_", 1)[1]] if name.startswith(("out_", "in_")) else firms
            if len(getattr(self, name)) != length:
                raise InvalidInput(f"{folder / name}.npy is not of length {length}")
        if len(self.ids) != firms:
            raise InvalidInput(f"{folder / 'ids.arrow'} has {len(self.ids)} ids, not {firms}")


_ARRAYS = tuple(each.name for each in fields(Network) if each.name not in ("ids", "attributes"))
