"""A run of a version: computed once, stored, and the same bytes when it is run again."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.chain.limits.book import NO_BOOK, Book
from app.chain.limits.compute import compute
from app.chain.limits.storage import save
from app.chain.limits.stored import is_damaged, lock_of, read_facts
from app.chain.runs.analyses import analyse
from app.chain.runs.sources import RunSources, inputs_of, read_sources
from app.data.versions.networks import network_of_tables
from app.platform.console.progress import Step, quietly
from app.platform.process.locks import DAMAGED, locked
from app.policy import Policy
from graph.digests import set_apart
from graph.errors import InvalidInput
from graph.stores.base import Reader
from ingestion.lake import Lake

FORMAT = 2  # Of the files of a run; another one makes another run.
COMPUTE_SECONDS_MAX = 3600.0  # How long to wait for another process that computes the same run.


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


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its name, where it is, and how many chains and limits it holds."""

    run: str
    folder: Path
    version: int
    policy: str
    cores: int
    members: int
    fresh: bool

    def document(self) -> dict[str, Any]:
        """Return the run as a document."""
        return {
            "run": self.run,
            "version": self.version,
            "policy": self.policy,
            "cores": self.cores,
            "limits": self.members,
            "computed": self.fresh,
        }


def run_name(sources: RunSources, terms: RunTerms) -> str:
    """Return the name of a run: a hash of everything its figures depend on."""
    version = sources.version
    facts = {
        "format": FORMAT,
        "version": version.number,
        "as_of": version.as_of.isoformat(),
        "rows": sources.fingerprint(),
        "policy": terms.policy.version,
        "code": terms.code,
        "cores": sorted(terms.cores),
        **terms.book.facts(version.as_of),
    }
    written = json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()
    return f"{version.number}-{hashlib.sha256(written).hexdigest()[:16]}"


def refresh(stores: RunStores, terms: RunTerms) -> Run:
    """
    Return the run of a version; it is computed where it is not there yet.

    Of several processes that ask for the same run one computes it, the others wait. A run that is
    not as it was saved is set apart and computed again: the same inputs give the same bytes.

    Raises:
        InvalidInput: There is no core.
        NotFound: A core is no firm of the version.
    """
    if not terms.cores:
        raise InvalidInput("no core enterprise; choose one with `deeptier core add FIRM`")
    stores.progress("read", 0.0)
    sources = read_sources(stores.reader, stores.lake, terms.policy)
    name = run_name(sources, terms)
    folder = stores.home / "runs" / name
    with locked(lock_of(folder), seconds=COMPUTE_SECONDS_MAX):
        if is_damaged(folder):
            set_apart(folder, stores.home / DAMAGED, f"run {name} was not as it was saved")
        fresh = not folder.is_dir()
        if fresh:
            _compute(stores, terms, sources, folder)
    said = read_facts(folder)
    stores.progress("done", 1.0)
    return Run(
        run=name,
        folder=folder,
        version=sources.version.number,
        policy=terms.policy.version,
        cores=said["cores"],
        members=said["members"],
        fresh=fresh,
    )


def _compute(stores: RunStores, terms: RunTerms, sources: RunSources, folder: Path) -> None:
    stores.progress("network", 0.05)
    network = network_of_tables(
        stores.home / "networks",
        sources.version.number,
        sources.tables["firms"],
        sources.tables["trades"],
    )
    cores = network.rows(sorted(terms.cores))
    stores.progress("analyses", 0.1)
    analyses = analyse(network, cores, terms.policy, threads=stores.threads)
    stores.progress("limits", 0.4)
    rows = tuple(int(row) for row in cores)
    inputs = inputs_of(sources, analyses, rows, run=folder.name, book=terms.book)
    outcome = compute(inputs, terms.policy)
    stores.progress("store", 0.9)
    facts = {"code": terms.code, "cores": len(rows), "members": len(outcome.members)}
    if not outcome.differences.is_empty():
        facts["differences"] = len(outcome.differences)
    save(outcome, inputs, terms.policy, folder, facts)
