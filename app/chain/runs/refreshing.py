"""
A version's run, from what this process has open: computed, stored, landed, and from then on served.

One at a time for a version: the book is read once the turn has come, so what changed in between is
taken together, and no run of an older book comes after one of a newer. Where the book moves under a
pass that has just begun, the pass begins anew: so nobody waits for two of them.
"""

import datetime as dt
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.books.ledger import ledger_of
from app.chain.chains.cores import cores_of
from app.chain.groups.moving import regroup
from app.chain.groups.service import groups_in
from app.chain.limits.results import Results, open_results
from app.chain.limits.shown import Shown
from app.chain.receivables.files import of_version
from app.chain.receivables.following import follow, otherwise
from app.chain.receivables.numbering import numbers_of
from app.chain.runs.applying import apply, changes
from app.chain.runs.code import code_name
from app.chain.runs.lent import stated_in
from app.chain.runs.rows import RunStores, RunTerms
from app.chain.runs.service import (
    COMPUTE_SECONDS_MAX,
    Overtaken,
    OvertakenError,
    Run,
    never,
    refresh,
)
from app.chain.runs.snapshot import Snapshot, reader_of
from app.chain.runs.totals import RunFrames, totals_of
from app.data.runs.repository import RunRow, record_run, superseded
from app.data.versions.service import policy_of
from app.platform.auth.sight import EVERYTHING
from app.platform.console.progress import Step
from app.platform.deps import Resources
from app.platform.process.locks import LOCKS, locked
from graph.model import Version

RUNS_KEPT = 20  # Of a version: readers may still be paging through those before the newest.
# How often a pass begins anew, and how long after its first beginning: who changed the book first
# waits for those after him no longer than that.
ANEW_MAX, ANEW_SECONDS_MAX = 2, 1.0


NOTHING_GRANTED = dict.fromkeys(
    ("limit_fen", "occupied_fen", "reserved_fen", "available_fen", "binding", "absent")
)


@dataclass(frozen=True, slots=True)
class Pass:
    """A run that landed, the book that it read, how many accounts differed, how many it left."""

    run: Run
    read: Snapshot
    count: int
    held_back: int


def refresh_version(resources: Resources, version: int | None, *, progress: Step) -> Run:
    """
    Return the run of a version (the current one by default); from now on it is what is read.

    Raises:
        Absent: There is no such version, or none yet.
        InvalidInput: It has no core.
    """
    return pass_over(resources, version, progress=progress).run


def pass_over(resources: Resources, version: int | None, *, progress: Step) -> Pass:
    """
    Return what became of a version (the current one by default) with the book as it stands.

    Raises:
        Absent: There is no such version, or none yet.
        InvalidInput: It has no core.
    """
    found = resources.version(version)
    with locked(_turn(resources, found), seconds=COMPUTE_SECONDS_MAX):
        until = resources.now() + dt.timedelta(seconds=ANEW_SECONDS_MAX)
        for _ in range(ANEW_MAX):
            done = _attempt(resources, found, progress, lambda: resources.now() < until)
            if done is not None:
                return done
        return _carried_out(resources, found, progress, never)


def _attempt(
    resources: Resources, version: Version, progress: Step, may_give_up: Overtaken
) -> Pass | None:
    """Return what became of a version; None where the book moved under it: it begins anew."""
    try:
        return _carried_out(resources, version, progress, may_give_up)
    except OvertakenError:
        return None


def _carried_out(
    resources: Resources, version: Version, progress: Step, may_give_up: Overtaken
) -> Pass:
    if resources.version().number == version.number:
        follow(resources, lambda: of_version(resources, version))
    files = of_version(resources, version)  # Keeps the ids that it gives its documents.
    reader = reader_of(resources)
    reads = (lambda used: otherwise(used, lambda: files), lambda: stated_in(resources, version))
    read = reader.read(*reads)

    def overtaken() -> bool:
        """Return whether what the run reads has changed since, and it may be given up."""
        moved = may_give_up() and reader.head() > read.head
        return moved and reader.last_change(*reads) > read.book.number

    run = _landed(resources, version, read, progress, overtaken)
    count, held_back = 0, 0
    if resources.version().number == version.number:
        if overtaken():  # The next sets all accounts: its own, and those that this one leaves.
            raise OvertakenError
        count, held_back = _set_accounts(resources, run, read)
    return Pass(run, read, count, held_back)


def _turn(resources: Resources, version: Version) -> Path:
    return resources.home / LOCKS / f"limits-{version.number}.lock"


def _landed(
    resources: Resources, version: Version, read: Snapshot, progress: Step, overtaken: Overtaken
) -> Run:
    """Return the run of a version and a book, once it is what is read."""
    began = resources.now()
    policy = policy_of(resources, version.as_of)
    stores = RunStores(
        reader=resources.store.reader(version.number),
        lake=resources.lake,
        home=resources.home,
        threads=resources.settings.threads,
        progress=progress,
    )
    terms = RunTerms(policy, cores_of(resources, version.number), code_name(), read.book)
    run = refresh(stores, terms, overtaken)
    results = open_results(run.folder)
    ended = resources.now()
    row = RunRow(
        run=run.run,
        version=run.version,
        as_of=version.as_of,
        policy=run.policy,
        code=terms.code,
        parameters={"cores": list(terms.cores), **terms.book.facts(version.as_of)},
        folder=run.folder.name,
        cores=run.cores,
        firms=run.members,
        seconds=(ended - began).total_seconds(),
        finished_at=ended,
    )
    record_run(resources.records, row, _all_granted(results))
    resources.forget()
    _forget(resources, version.number)
    return run


def _set_accounts(resources: Resources, run: Run, read: Snapshot) -> tuple[int, int]:
    """Return how many accounts differed, and how many something held back since."""
    results = open_results(run.folder)
    named = numbers_of(resources).ids_of
    changed = changes(totals_of(RunFrames.open(run.folder, results.stored), named), read)
    source: dict[str, object] = {"run": run.run, "version": run.version, "policy": run.policy}
    source["book"] = read.book.number
    found = groups_in(resources, Shown(results, EVERYTHING))
    held_back = apply(
        ledger_of(resources),
        changed,
        source,
        read.head,
        first=lambda moving: regroup(moving, found),
    )
    return changed.height, held_back


def _forget(resources: Resources, version: int) -> None:
    """Remove the runs that a newer book of the version has long followed."""
    for gone in superseded(resources.records, version, keep=RUNS_KEPT):
        shutil.rmtree(resources.runs / gone, ignore_errors=True)


def _all_granted(results: Results) -> Sequence[dict[str, Any]]:
    return [NOTHING_GRANTED | {"core": core} | results.granted(core) for core in results.cores]
