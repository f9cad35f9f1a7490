"""A run of a version: computed once, stored, and the same bytes when it is run again."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.chain.limits.compute import evaluate
from app.chain.limits.gather import gather
from app.chain.limits.storage import save
from app.chain.limits.stored import is_damaged, lock_of, read_facts
from app.chain.runs.groups import connected
from app.chain.runs.rows import RunStores, RunTerms, VersionRows, rows_of
from app.chain.runs.sources import with_book
from app.platform.process.locks import DAMAGED, locked
from graph.digests import set_apart
from graph.errors import InvalidInput

COMPUTE_SECONDS_MAX = 3600.0  # How long to wait for another process that computes the same run.
Overtaken = Callable[[], bool]  # Whether nobody needs a run any more: its book is an older one.


class OvertakenError(Exception):
    """Nothing is stored: while a run was computed the book that it read became an older one."""


def never() -> bool:
    """Return that no run is ever overtaken."""
    return False


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


def run_name(rows: VersionRows, terms: RunTerms) -> str:
    """Return the name of a run: a hash of everything its figures depend on."""
    book = terms.book.facts(rows.version.as_of)
    written = json.dumps(rows.facts | book, ensure_ascii=False, sort_keys=True).encode()
    return f"{rows.version.number}-{hashlib.sha256(written).hexdigest()[:16]}"


def refresh(stores: RunStores, terms: RunTerms, overtaken: Overtaken = never) -> Run:
    """
    Return the run of a version; it is computed where it is not there yet.

    Of several processes that ask for the same run one computes it, the others wait. A run that is
    not as it was saved is set apart and computed again: the same inputs give the same bytes.

    Raises:
        InvalidInput: There is no core.
        NotFound: A core is no firm of the version.
        OvertakenError: `overtaken` said so before there was anything to store.
    """
    if not terms.cores:
        raise InvalidInput("no core enterprise; choose one with `deeptier core add FIRM`")
    stores.progress("read", 0.0)
    rows = rows_of(stores, terms)
    name = run_name(rows, terms)
    folder = stores.home / "runs" / name
    with locked(lock_of(folder), seconds=COMPUTE_SECONDS_MAX):
        if is_damaged(folder):
            set_apart(folder, stores.home / DAMAGED, f"run {name} was not as it was saved")
        fresh = not folder.is_dir()
        if fresh:
            _compute(stores, terms, rows, folder, overtaken)
    said = read_facts(folder)
    stores.progress("done", 1.0)
    return Run(
        run=name,
        folder=folder,
        version=rows.version.number,
        policy=terms.policy.version,
        cores=said["cores"],
        members=said["members"],
        fresh=fresh,
    )


def _compute(
    stores: RunStores, terms: RunTerms, rows: VersionRows, folder: Path, overtaken: Overtaken
) -> None:
    inputs = with_book(rows.inputs(stores), terms.book, run=folder.name)
    stores.progress("limits", 0.4)
    leaves = gather(inputs, terms.policy, None if rows.before is None else rows.before.leaves)
    _go_on(overtaken)
    outcome = evaluate(inputs, terms.policy, leaves, rows.before)
    rows.before = outcome.work
    _go_on(overtaken)
    groups = connected(rows.ties, inputs, outcome, terms.policy)
    stores.progress("store", 0.9)
    facts: dict[str, Any] = {
        "code": terms.code,
        "base": rows.name,
        "cores": len(inputs.cores),
        "members": len(outcome.members),
    }
    if not outcome.differences.is_empty():
        facts["differences"] = len(outcome.differences)
    save(outcome, inputs, terms.policy, folder, facts, beside=groups)


def _go_on(overtaken: Overtaken) -> None:
    if overtaken():
        raise OvertakenError
