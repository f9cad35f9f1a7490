"""
What a run reads beside the book, made once: a version's rows, and what the analyses found in them.

It depends on version, policy, cores and code alone. What one process used last stays in its memory;
another process takes what the analyses found from a run that was stored, whatever book that read.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from app.chain.limits.book import NO_BOOK, Book
from app.chain.limits.compute import Computation
from app.chain.limits.inputs import LimitInputs
from app.chain.limits.stored import read_facts
from app.chain.runs.analyses import Analyses, analyse
from app.chain.runs.groups import VersionTies, ties_of
from app.chain.runs.sources import RunSources, inputs_of, read_sources
from app.data.versions.networks import network_of_tables
from app.platform.console.progress import Step, quietly
from app.platform.process.kept import Kept
from app.policy import Policy
from graph.errors import Damaged, NotFound
from graph.model import Version
from graph.stores.base import Reader
from ingestion.lake import Lake

FORMAT = 3  # Of the files of a run; another one makes another run.
ANALYSES = ("chains", "belonging", "losses", "partner_losses")


@dataclass(frozen=True, slots=True)
class RunStores:
    """Where a run reads and writes: the version's reader, the lake, the data folder."""

    reader: Reader
    lake: Lake
    home: Path
    threads: int = 1
    progress: Step = quietly


@dataclass(frozen=True, slots=True)
class RunTerms:
    """What a run is computed by: the policy, the cores, the code, and the book."""

    policy: Policy
    cores: Sequence[str]
    code: str
    book: Book = NO_BOOK


class VersionRows:
    """A version's rows, and what the analyses find in them by one policy, for some cores."""

    def __init__(self, sources: RunSources, terms: RunTerms) -> None:
        self.version = sources.version
        self._sources: RunSources | None = sources
        self._policy = terms.policy
        self._cores = sorted(terms.cores)
        self._inputs: LimitInputs | None = None
        self.before: Computation | None = None  # Of the run that was computed last.
        self._ties: VersionTies | None = None
        self.facts: dict[str, Any] = {
            "format": FORMAT,
            "version": self.version.number,
            "as_of": self.version.as_of.isoformat(),
            "rows": sources.fingerprint(),
            "policy": terms.policy.version,
            "code": terms.code,
            "cores": self._cores,
        }

    @cached_property
    def name(self) -> str:
        """Return a hash of everything that the figures of the analyses depend on."""
        written = json.dumps(self.facts, ensure_ascii=False, sort_keys=True).encode()
        return hashlib.sha256(written).hexdigest()[:16]

    def inputs(self, stores: RunStores) -> LimitInputs:
        """
        Return what the limits read, without a book.

        Raises:
            NotFound: A core is no firm of the version.
        """
        if self._inputs is None and self._sources is not None:
            self._inputs = self._made(stores, self._sources)
            self._sources = None  # Its rows stand in the inputs, firms by their places.
        if self._inputs is None:
            raise RuntimeError("a version's rows were given away before they were read")
        return self._inputs

    @property
    def ties(self) -> VersionTies:
        """Return what can tie its firms, known from when the inputs were first asked for."""
        if self._ties is None:
            raise RuntimeError("a version's ties are found with its inputs")
        return self._ties

    def _made(self, stores: RunStores, sources: RunSources) -> LimitInputs:
        stores.progress("network", 0.05)
        network = network_of_tables(
            stores.home / "networks",
            self.version.number,
            sources.tables["firms"],
            sources.tables["trades"],
        )
        cores = network.rows(self._cores)
        stores.progress("analyses", 0.1)
        found = _stored_analyses(stores.home / "runs", self.version, self.name)
        if found is None:
            found = analyse(network, cores, self._policy, threads=stores.threads)
        inputs = inputs_of(sources, found, tuple(int(row) for row in cores))
        self._ties = ties_of(network, inputs.holdings, self.version.as_of, self._policy)
        return inputs


def _stored_analyses(runs: Path, version: Version, name: str) -> Analyses | None:
    """Return what the analyses found as a stored run has it, if there is one that is whole."""
    for folder in sorted(runs.glob(f"{version.number}-*")):
        try:
            if read_facts(folder).get("base") == name:
                frames = {
                    each: pl.read_parquet(folder / f"{each}.parquet", glob=False)
                    for each in ANALYSES
                }
                return Analyses(**frames)
        except (NotFound, Damaged):
            continue
    return None


KEPT: Kept[VersionRows] = Kept(0, lambda _: 1, count_min=1)  # Those used last.


def rows_of(stores: RunStores, terms: RunTerms) -> VersionRows:
    """Return a version's rows; those that were used last stay in memory."""
    version = stores.reader.version
    key = (
        *(stores.home, version.number, version.as_of, version.published_at),
        *(terms.policy.version, terms.code, *sorted(terms.cores)),
    )
    return KEPT.made(
        key, lambda: VersionRows(read_sources(stores.reader, stores.lake, terms.policy), terms)
    )
