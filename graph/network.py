"""
The network that every analysis reads: immutable, columnar, compressed rows both ways.

Firms stand in the order of their ids (code points), and a firm's row is its place there. An edge
is a (supplier, buyer) pair whose trades sum to a positive amount; the edges stand twice, by
supplier (`out_`) and by buyer (`in_`), each in ascending row order. Pairs that net to nothing or
less spread nothing and are no edges, but they count in a firm's net sales and purchases.
"""

import json
import shutil
import tempfile
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import InvalidInput, NotFound
from graph.kernels import csr

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

FORM = 1  # Of the saved folder; another number is another layout.
FEW = 1000  # Ids up to which searching the sorted column beats hashing it.
FIRMS_MAX = 2**31 - 1  # Rows are kept as 32-bit integers.


class Ids(Sequence[str]):
    """The ids of all firms in code point order; the text stays in Arrow's memory."""

    __slots__ = ("arrow",)

    def __init__(self, arrow: Any) -> None:
        self.arrow = arrow

    def __len__(self) -> int:
        return len(self.arrow)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> list[str]: ...

    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return list(self.arrow[place].to_pylist())
        return str(self.arrow[int(place)].as_py())

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrow.to_pylist())

    def __contains__(self, firm: object) -> bool:
        return isinstance(firm, str) and self.find(firm) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ids) and bool(self.arrow.equals(other.arrow))

    __hash__ = None  # type: ignore[assignment]

    def find(self, firm: str) -> int | None:
        """Return the row of an id, or None."""
        at = bisect_left(self, firm)
        return at if at < len(self) and self[at] == firm else None


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
    out_indptr: Int64Array
    out_indices: Int32Array
    out_amount_fen: Int64Array
    in_indptr: Int64Array
    in_indices: Int32Array
    in_amount_fen: Int64Array
    sales_fen: Int64Array
    purchases_fen: Int64Array
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
        trades = _counted(trades)
        ids = _text(_column(firms, "firm", "firms"), "firms.firm")
        order = pc.sort_indices(ids)
        known = pc.take(ids, order)
        _refuse_doubles(known)
        ends = (_column(trades, "supplier", "trades"), _column(trades, "buyer", "trades"))
        with ThreadPoolExecutor(max_workers=len(ends)) as threads:
            rows = list(threads.map(_rows_of, ends, (known, known), ("supplier", "buyer")))
        return cls.from_edges(
            known,
            supplier_rows=rows[0],
            buyer_rows=rows[1],
            amount_fen=_amounts(_column(trades, "amount_fen", "trades")),
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
        texts = _text(ids, "ids")
        _refuse_doubles(texts)
        firms = len(texts)
        attributes = pa.table({}) if columns is None else columns.combine_chunks()
        if columns is not None and attributes.num_rows != firms:
            raise InvalidInput(f"columns have {attributes.num_rows} rows for {firms} firms")
        supplier = _row_numbers(supplier_rows, firms, "supplier_rows")
        buyer = _row_numbers(buyer_rows, firms, "buyer_rows")
        amount = _whole(amount_fen)
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

    def rows(self, firms: Sequence[str] | pa.Array) -> Int64Array:
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
        return _numpy(found).astype(np.int64)

    def column(self, name: str) -> pa.Array:
        """
        Return one attribute of all firms, in row order.

        Raises:
            InvalidInput: The network has no such attribute.
        """
        if name not in self.attributes.column_names:
            names = ", ".join(self.attributes.column_names) or "none"
            raise InvalidInput(f"the network has no attribute {name!r}; it has {names}")
        return _one(self.attributes.column(name))

    def amount_fen(self, supplier: int, buyer: int) -> int:
        """Return what a supplier's row sold a buyer's row; 0 where there is no edge."""
        first, last = self.out_indptr[supplier], self.out_indptr[supplier + 1]
        at = first + int(np.searchsorted(self.out_indices[first:last], buyer))
        return int(self.out_amount_fen[at]) if at < last and self.out_indices[at] == buyer else 0

    def save(self, folder: Path) -> None:
        """
        Write the network to a folder, all of it or nothing; what stood there is replaced.

        Readers that have the old one open keep it.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            self._write(fresh)
            fresh.chmod(0o755)
            _swap(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _write(self, folder: Path) -> None:
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)
        table = self.attributes if self.attributes.num_columns else pa.table({})
        _write_arrow(pa.table({"firm": self.ids.arrow}), folder / "ids.arrow")
        _write_arrow(table, folder / "attributes.arrow")
        said = {"form": FORM, "firms": len(self), "edges": self.edges}
        (folder / "network.json").write_text(json.dumps(said) + "\n", encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Self:
        """
        Return a saved network; its columns are read from the files as they are touched.

        Raises:
            NotFound: There is no network in the folder.
            InvalidInput: The folder holds another form, or files that do not fit together.
        """
        said = _header(folder)
        try:
            ids = Ids(_one(_read_arrow(folder / "ids.arrow").column("firm")))
            attributes = _read_arrow(folder / "attributes.arrow")
            arrays = [_load(folder / f"{name}.npy") for name in _ARRAYS]
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise InvalidInput(f"{folder} holds a broken network: {error}") from error
        network = cls(ids, attributes, *arrays)
        network._check(folder, said)
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


def _column(table: pa.Table, name: str, place: str) -> Any:
    if name not in table.column_names:
        raise InvalidInput(f"table {place} has no column {name!r}")
    column = table.column(name)
    if column.null_count:
        at = int(pc.index(pc.is_null(column), value=True).as_py())
        raise InvalidInput(f"table {place}, column {name!r}, row {at}: the value is missing")
    return column


def _one(column: Any) -> Any:
    """Return the column as one piece of memory."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _numpy(column: Any) -> npt.NDArray[Any]:
    values: npt.NDArray[Any] = _one(column).to_numpy(zero_copy_only=False)
    return values


def _text(ids: Any, place: str) -> Any:
    texts = _one(ids if isinstance(ids, pa.Array | pa.ChunkedArray) else pa.array(ids, pa.string()))
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        raise InvalidInput(f"{place} must be text, not {texts.type}")
    if texts.null_count:
        raise InvalidInput(f"{place} has a missing id")
    if len(texts) > FIRMS_MAX:
        raise InvalidInput(f"{place} has {len(texts)} firms, more than {FIRMS_MAX}")
    return texts.cast(pa.string())


def _refuse_doubles(ids: Any) -> None:
    if len(ids) < 2:  # noqa: PLR2004  # One id has no neighbour.
        return
    rising = pc.less(ids[:-1], ids[1:])
    if not pc.all(rising).as_py():
        at = int(pc.index(rising, value=False).as_py())
        said = "stands twice" if ids[at] == ids[at + 1] else "is out of order"
        raise InvalidInput(f"firm id {ids[at + 1].as_py()!r} {said}")


def _counted(trades: pa.Table) -> pa.Table:
    if "count" not in trades.column_names or "amount_fen" not in trades.column_names:
        return trades
    empty = pc.and_(pc.equal(trades["count"], 0), pc.equal(trades["amount_fen"], 0))
    return trades.filter(pc.invert(empty)) if pc.any(empty).as_py() else trades


def _rows_of(texts: Any, known: Any, name: str) -> npt.NDArray[Any]:
    found = pc.index_in(texts.cast(pa.string()), value_set=known)
    if found.null_count:
        at = int(pc.index(pc.is_null(found), value=True).as_py())
        raise InvalidInput(f"trades, column {name!r}: {texts[at].as_py()!r} is not in firms")
    return _numpy(found)


def _amounts(column: Any) -> npt.NDArray[Any]:
    if not pa.types.is_integer(column.type):
        raise InvalidInput(f"trades, column 'amount_fen' must be whole fen, not {column.type}")
    return _numpy(column)


def _whole(amounts: npt.NDArray[Any]) -> Int64Array:
    if not np.issubdtype(amounts.dtype, np.integer):
        raise InvalidInput(f"amounts must be whole fen, not {amounts.dtype}")
    if amounts.dtype == np.uint64 and amounts.size and int(amounts.max()) > csr.LARGEST:
        raise InvalidInput("an amount does not fit into 64 bits")
    whole = np.ascontiguousarray(amounts, dtype=np.int64)
    if not csr.total_fits(whole):
        raise InvalidInput("the amounts' sizes sum past 64 bits")
    return whole


def _row_numbers(rows: npt.NDArray[Any], firms: int, name: str) -> Int32Array:
    if not np.issubdtype(rows.dtype, np.integer):
        raise InvalidInput(f"{name} must be integers, not {rows.dtype}")
    if rows.size and not 0 <= int(rows.min()) <= int(rows.max()) < firms:
        raise InvalidInput(f"{name} must be rows of {firms} firms, from 0")
    return np.ascontiguousarray(rows, dtype=np.int32)


def _write_arrow(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def _read_arrow(path: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _load(path: Path) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array.view(np.ndarray)


def _header(folder: Path) -> dict[str, Any]:
    path = folder / "network.json"
    if not path.is_file():
        raise NotFound(f"no network in {folder}")
    said = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(said, dict) or said.get("form") != FORM:
        raise InvalidInput(f"{path} is not of form {FORM}; build the network again")
    return said


def _swap(fresh: Path, folder: Path) -> None:
    """Put the fresh folder in its place; one that stands there is moved out and removed."""
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
        folder.rename(old)  # An empty folder gives way; readers keep the files they mapped.
        fresh.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    else:
        fresh.rename(folder)
