"""A stored run in memory: its columns, and where the rows of a firm, a core or a pair stand."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from app.chain.limits.formulas.exact import BASE_PLACES, EXACT
from app.chain.limits.formulas.leaves import FirmLeaves, HeldLeaves, PaperLeaves
from app.chain.limits.formulas.limit import ChainTerms
from app.chain.limits.rows import (
    AMOUNTS,
    NOT_COUNTED,
    IndexedRows,
    Lookup,
    Places,
    chain_leaves,
    core_leaves,
    firm_leaves,
)
from app.platform.documents import Documented
from app.platform.process.locks import LOCKS
from app.policy import Policy, read_policy
from graph.digests import MANIFEST, is_sealed, verify
from graph.errors import Damaged, NotFound

FILES = ("cores", "firms", "members", "claims", "prepaid", "passed", "belonging", "names")
NEWER = ("papers", "aged", "groups", "group_ties")  # Files that runs of older releases do not have.
CELL_BYTES = 16  # Of a saved value: once in a column, and again where it stands in another order.
FIRM_BYTES = 400  # Id, name and row of a firm as Python holds them.


@dataclass(frozen=True, slots=True)
class RunHead(Documented):
    """What every document of a run says first."""

    version: int
    as_of: str
    policy: str
    run: str


class Saved:
    """
    The tables of a run: their bytes, read when it is opened, taken apart when they are used.

    What is used later is what was compared with its digests, whatever becomes of the files.
    """

    def __init__(self, folder: Path) -> None:
        there = [name for name in NEWER if (folder / f"{name}.parquet").is_file()]
        self._bytes = {n: (folder / f"{n}.parquet").read_bytes() for n in (*FILES, *there)}

    def __contains__(self, name: object) -> bool:
        return name in self._bytes

    @property
    def bytes(self) -> int:
        """Return about what the tables take in memory, packed and with all of them taken apart."""
        files = [pq.read_metadata(pa.BufferReader(packed)) for packed in self._bytes.values()]
        cells: int = sum(file.num_rows * file.num_columns for file in files)
        return sum(map(len, self._bytes.values())) + CELL_BYTES * cells

    def frame(self, name: str) -> pa.Table:
        """Return a table, each column in one piece."""
        file = pq.ParquetFile(pa.BufferReader(self._bytes[name]))
        return file.read(use_threads=False).combine_chunks()

    def rows(self, name: str, wanted: Sequence[str] = ()) -> IndexedRows:
        """Return a table of whole numbers and flags; of what it lacks of those wanted, noughts."""
        table = self.frame(name)
        return IndexedRows(
            {each: np.zeros(len(table), np.int64) for each in wanted}
            | {each: _array(table[each]) for each in table.column_names}
        )


def _array(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """Return whole numbers or flags, none missing, as an array; Arrow's own way loads pandas."""
    whole = column.combine_chunks()
    if pa.types.is_boolean(whole.type):
        bits = np.frombuffer(whole.buffers()[1] or b"", np.uint8)
        flags = np.unpackbits(bits, bitorder="little")[whole.offset : whole.offset + len(whole)]
        return flags.astype(np.bool_)
    return np.from_dlpack(whole)


def read_facts(folder: Path) -> Mapping[str, Any]:
    """
    Return what a run says of itself, once its files are found to be as they were saved.

    A run of a release that did not seal its runs is read as it is.

    Raises:
        NotFound: There is no finished run in the folder.
        Damaged: A file was changed, is missing, or was not saved with the others.
    """
    sealed = is_sealed(folder)
    if sealed:
        verify(folder)
    try:
        facts: Mapping[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFound(f"no finished run {folder.name}") from error
    except ValueError as error:
        raise Damaged(f"{folder.name}: run.json was changed") from error
    if not sealed and facts.get("sealed"):
        raise Damaged(f"{folder.name}: {MANIFEST} is missing")
    return facts


def lock_of(folder: Path) -> Path:
    """Return the file whose lock is held by who computes a run or sets it apart."""
    return folder.parent.parent / LOCKS / f"run-{folder.name}.lock"


def is_damaged(folder: Path) -> bool:
    """Return whether a run is there, and not as it was saved."""
    try:
        read_facts(folder)
    except NotFound:
        return folder.is_dir()
    except Damaged:
        return True
    return False


class Stored:
    """The columns of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts = read_facts(folder)
        self.head = RunHead(**{name: self.facts[name] for name in RunHead.__slots__})
        self.book: int = self.facts.get("book", 0)
        self.policy = _policy(folder, self.head.policy)
        self._saved = Saved(folder)
        if not is_sealed(folder):  # Nothing was compared: what cannot be read is told at once.
            for name in FILES:
                self._saved.frame(name)
        named = self._saved.frame("names")
        self.ids: list[str] = named["firm"].to_pylist()
        self.names: list[str] = named["name"].to_pylist()
        self.rows = {firm: row for row, firm in enumerate(self.ids)}
        self.cores = {row["row"]: row for row in self._saved.frame("cores").to_pylist()}
        self.members = self._saved.frame("members")
        self._core: Places = _array(self.members["core"])
        self.member_firms: Places = _array(self.members["firm"])
        self._held: Places = _array(self.members["held_fen"])
        self._bases = self.members["base_e24"]
        self.bytes = self._saved.bytes + FIRM_BYTES * len(self.ids)

    @cached_property
    def claims(self) -> IndexedRows:
        """Return what firms have to claim: a row a seller and buyer."""
        return self._saved.rows("claims", AMOUNTS)

    @cached_property
    def aged(self) -> IndexedRows | None:
        """Return claims that a buyer's overdue rows keep from counting; None where none are."""
        return self._saved.rows("aged", AMOUNTS) if "aged" in self._saved else None

    @cached_property
    def prepaid(self) -> IndexedRows:
        """Return what distributors buy: a row a core, buyer and seller."""
        return self._saved.rows("prepaid")

    @cached_property
    def passed(self) -> IndexedRows:
        """Return what was passed on: a row an amount that moved."""
        return self._saved.rows("passed")

    def beside(self, name: str) -> pa.Table | None:
        """Return a table of another analysis of the run; None where the run is older than it."""
        return self._saved.frame(name) if name in self._saved else None

    @cached_property
    def _belonging(self) -> IndexedRows:
        return self._saved.rows("belonging")

    @cached_property
    def _firms(self) -> pa.Table:
        return self._saved.frame("firms")

    @cached_property
    def _firm_at(self) -> dict[int, int]:
        return {row: at for at, row in enumerate(self._firms["row"].to_pylist())}

    @cached_property
    def _holds(self) -> npt.NDArray[np.bool_]:
        """Return who holds documents of the core; older runs know eligible documents only."""
        if "holds" in self.members.column_names:
            return _array(self.members["holds"])
        return self._held > 0

    @cached_property
    def _of_firm(self) -> Lookup:
        return Lookup(self.member_firms)

    def row(self, firm: str) -> int:
        """
        Return the row of a firm.

        Raises:
            NotFound: There is no such firm.
        """
        if firm not in self.rows:
            raise NotFound(f"no firm {firm!r} in version {self.head.version}")
        return self.rows[firm]

    def core_row(self, core: str) -> int:
        """
        Return the row of a core.

        Raises:
            NotFound: There is no such firm, or it is no core.
        """
        row = self.row(core)
        if row not in self.cores:
            raise NotFound(f"{core!r} is no core in version {self.head.version}")
        return row

    def places(self, core_row: int) -> range:
        """Return the places of a chain's members, in the order of their ids."""
        first = np.searchsorted(self._core, core_row, side="left")
        return range(int(first), int(np.searchsorted(self._core, core_row, side="right")))

    def place(self, core_row: int, firm_row: int) -> int:
        """
        Return the place of a firm among the members of a chain.

        Raises:
            NotFound: The firm does not stand in the chain.
        """
        inside = self.places(core_row)
        firms = self.member_firms[inside.start : inside.stop]
        at = int(np.searchsorted(firms, firm_row))
        if at == len(firms) or firms[at] != firm_row:
            raise NotFound(f"{self.ids[firm_row]!r} is not in the chain of {self.ids[core_row]!r}")
        return inside.start + at

    def places_of_firm(self, firm_row: int) -> list[int]:
        """Return the places of a firm in all its chains."""
        return [int(place) for place in self._of_firm.of(firm_row)]

    def core_of(self, place: int) -> int:
        """Return the core of the chain that a place belongs to."""
        return int(self._core[place])

    def named(self, core_row: int) -> Places:
        """Return in order the places of members in tiers a core knows or with its documents."""
        inside = self.places(core_row)
        rows = slice(inside.start, inside.stop)
        near = _array(self.members["tier"])[rows] <= self.policy.whole("core_names_tiers")
        return np.flatnonzero(near | self._holds[rows]) + inside.start

    def held(self, place: int) -> HeldLeaves:
        """Return the documents that a member holds, and what of them does not count."""
        there = self.members.column_names
        paid, pledged, count = (
            self.members[name][place].as_py() if name in there else 0 for name in NOT_COUNTED
        )
        papers = self._papers_of.get((self.core_of(place), int(self.member_firms[place])), ())
        return HeldLeaves(int(self._held[place]) + paid + pledged, paid, pledged, count, papers)

    @cached_property
    def _papers_of(self) -> Mapping[tuple[int, int], Sequence[PaperLeaves]]:
        """Return the documents that the book knows, by core and firm."""
        found: dict[tuple[int, int], list[PaperLeaves]] = defaultdict(list)
        for row in self._saved.frame("papers").to_pylist() if self.book else ():
            if row["event"]:
                paper = PaperLeaves(row["kind"], row["number"], row["amount_fen"], row["event"])
                found[row["core"], row["firm"]].append(paper)
        return found

    def bases_fen(self, places: Sequence[int]) -> Decimal:
        """Return what the bases of these members come to, exactly."""
        total = sum(int(self._bases[place].as_py()) for place in places)
        return Decimal(total).scaleb(-BASE_PLACES, EXACT)

    def terms(self, core_row: int) -> ChainTerms:
        """Return what all members of a chain share."""
        stored = self.cores[core_row]
        facility = None if stored["facility"] is None else Decimal(stored["facility"])
        return ChainTerms(core_leaves(stored), facility, chain_leaves(stored))

    def firm(self, firm_row: int) -> FirmLeaves:
        """
        Return what is known of a firm.

        Raises:
            NotFound: It is known as a counterparty only.
        """
        at = self._firm_at.get(firm_row)
        if at is None:
            raise NotFound(f"{self.ids[firm_row]!r} is known as a counterparty only")
        return firm_leaves(self._firms.slice(at, 1).to_pylist()[0])

    def shares(self, firm_rows: Places, core_row: int) -> Places:
        """Return the share of each firm's sales that ends at the core, at 12 places."""
        if not len(self._share_keys):
            return np.zeros(len(firm_rows), np.int64)
        keys = firm_rows * len(self.ids) + core_row
        at = np.searchsorted(self._share_keys, keys)
        at[at == len(self._share_keys)] = 0
        return np.where(self._share_keys[at] == keys, self._belonging["share_e12"][at], 0)

    @cached_property
    def _share_keys(self) -> Places:
        keys: Places = self._belonging["firm"] * len(self.ids) + self._belonging["core"]
        return keys


def _policy(folder: Path, version: str) -> Policy:
    for path in sorted((folder / "policy").glob("*.yml")):
        policy = read_policy(path, stored=True)
        if policy.version == version:
            return policy
    raise NotFound(f"the run keeps no policy {version}")
