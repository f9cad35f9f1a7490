"""The files, sheets and queries that rows are from, in the order in which they are read."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ingestion.collect import File, sha256
from ingestion.readers.chunk import IntArray
from ingestion.sets import Batch


@dataclass(slots=True)
class Origins:
    """Files by set, path and sheet, with how many rows they hold."""

    files: list[File] = field(default_factory=list)
    sets: list[str] = field(default_factory=list)
    _known: dict[tuple[str, Path | None, str], int] = field(default_factory=dict)
    _hashes: dict[Path, str] = field(default_factory=dict)

    def places(self, name: str, batch: Batch) -> IntArray:
        """Return for each path of a batch which of the files it is; one for a query."""
        paths: tuple[Path | None, ...] = batch.paths or (None,)
        return np.array([self._place(name, path, batch) for path in paths], np.int64)

    def _place(self, name: str, path: Path | None, batch: Batch) -> int:
        key = (name, path, batch.sheet)
        if key not in self._known:
            self._known[key] = len(self.files)
            self.sets.append(name)
            self.files.append(
                File(Path(name), "", 0, query=name)
                if path is None
                else File(path, self._hash(path), 0, batch.sheet, several=bool(batch.sheet))
            )
        return self._known[key]

    def _hash(self, path: Path) -> str:
        if path not in self._hashes:
            self._hashes[path] = sha256(path)
        return self._hashes[path]

    def count(self, places: IntArray, of_rows: IntArray, besides: int) -> None:
        """
        Count rows of a batch.

        Args:
            places: What `places` gave for it.
            of_rows: Of each row of its frame the file.
            besides: Rows that are in no frame: unreadable ones, and headers that come again.
        """
        found, counts = np.unique(of_rows, return_counts=True)
        for at, rows in zip(found.tolist(), counts.tolist(), strict=True):
            self.files[at] = self.files[at].longer(rows)
        if besides and len(places):
            self.files[int(places[0])] = self.files[int(places[0])].longer(besides)
