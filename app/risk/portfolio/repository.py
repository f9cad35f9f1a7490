"""Proposals in the data folder: a document with two tables, written once under its name."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from app.platform.documents import Document, dumps
from app.platform.errors import Absent
from graph.digests import is_sealed, verify
from graph.folders import sealing

DOCUMENT = "portfolio.json"
ITEMS, CAPS = "items", "caps"
NAME = re.compile(r"portfolio-(all|budget)-\d+-[0-9a-f]{16}")
ALL = "portfolio-all-"  # Under no budget of its own: what is read where none is named.


class ProposalFolder:
    """The proposals in one folder; what stands there is whole and never changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def newest(self) -> str:
        """
        Return the proposal without a budget that was made last.

        Raises:
            Absent: None was made yet.
        """
        there = self._folder.iterdir() if self._folder.is_dir() else ()
        found = [each for each in there if each.name.startswith(ALL) and is_sealed(each)]
        if not found:
            raise Absent("nothing has been proposed yet")
        return max(found, key=lambda each: (each.stat().st_mtime, each.name)).name

    def head(self, name: str) -> Document:
        """
        Return what a proposal says first.

        Raises:
            Absent: There is no such proposal.
            Damaged: It is not as it was saved.
        """
        found: Document = json.loads((self._place(name) / DOCUMENT).read_text(encoding="utf-8"))
        return found

    def rows(self, name: str, table: str) -> Sequence[Document]:
        """
        Return the rows of one of its tables.

        Raises:
            Absent: There is no such proposal.
            Damaged: It is not as it was saved.
        """
        found: list[Document] = pq.read_table(self._place(name) / f"{table}.parquet").to_pylist()
        return found

    def _place(self, name: str) -> Path:
        place = self._folder / name
        if NAME.fullmatch(name) is None or not is_sealed(place):
            raise Absent(f"no proposal {name!r}")
        verify(place)
        return place

    def save(self, head: Document, tables: dict[str, pa.Table]) -> None:
        """Keep a proposal, which is the newest from now on; the same again is kept once."""
        place = self._folder / str(head["id"])
        with sealing(place) as fresh:
            (fresh / DOCUMENT).write_text(dumps(head), encoding="utf-8")
            for name, table in tables.items():
                pq.write_table(table, fresh / f"{name}.parquet")
        place.touch()
