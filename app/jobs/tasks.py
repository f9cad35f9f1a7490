"""The jobs: what each does, and when."""

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.books.ledger import ledger_of
from app.books.ledger.housekeeping import count_passed, forget_keys, give_back
from app.books.notices import mailing
from app.chain.chains.cores import cores_of
from app.chain.runs.refreshing import refresh_version
from app.data.drafts import repository as drafts
from app.data.imports.following import order_refresh, owes_refresh
from app.data.imports.ingesting import ingest_files, source_names
from app.data.imports.repository import unfinished
from app.data.pushes.service import sweep as sweep_pushes
from app.data.runs.repository import RunRow, newest_run
from app.data.versions.service import policy_of
from app.jobs.exposures import is_behind, project
from app.lending.papers import service as papers
from app.lending.products import budgets
from app.platform.auth import sessions
from app.platform.console.progress import Step
from app.platform.deps import Resources
from app.platform.errors import Absent
from app.platform.http.problems import UNWRITABLE
from app.platform.job_runs.repository import TRIES_MAX as BEGUN_MAX
from app.platform.job_runs.repository import last as last_run
from app.platform.text import kept_form
from app.risk.portfolio.service import propose
from graph.errors import Damaged, GraphError, StageRefused, StoreUnavailable
from ingestion.errors import Broken, ImportBusy, ImportRefused, Stopped
from ingestion.sets.errors import nearest

TEMPORARY_MAX = dt.timedelta(days=1)
QUIET_SECONDS = 30  # A file that grew this recently may still be being written.
TAKEN_MAX = 100
MEND_PAUSE = dt.timedelta(minutes=10)  # After one that failed.
MAIL_PAUSE = dt.timedelta(minutes=5)
TRIES_MAX = 3
UNFINISHED = (".part", ".partial", ".filepart", ".crdownload", ".tmp")  # Of files on their way.
ENDED = ("done", "refused")  # Folders of the inbox that are no source's.
NAME_BYTES_MAX = 240  # With `.reason.txt` no longer than file systems take.
LATER = (ImportBusy, Stopped, StageRefused, StoreUnavailable, Damaged)  # No fault of a delivery.


@dataclass(frozen=True, slots=True)
class Task:
    """One job: its name, what it does, when (fields of a crontab), and how."""

    name: str
    says: str
    when: Mapping[str, str]
    work: Callable[[Resources, Step], str]
    due: Callable[[Resources], bool] = lambda _: True  # Asked first where it is run by the clock.
    again: int = 0  # How often one that the clock began is begun again where it fails or dies.


def refresh(resources: Resources, progress: Step) -> str:
    """
    Run the limits of the current version, with the cores and the policy of today.

    Raises:
        Stopped: The process is told to end, and the time it was given is over.
    """

    def told(step: str, share: float | None) -> None:
        """Say how far the work is; end it where the service stops."""
        if resources.stopping.over:
            raise Stopped(f"stopped at the step {step}; it is begun again")
        progress(step, share)

    current = resources.store.current()
    if current is None:
        return "no version yet"
    if not cores_of(resources, current.number):
        return "no core yet: limits are computed once one is chosen"
    run = refresh_version(resources, None, progress=told)
    return f"run {run.run} of version {run.version}: {'computed' if run.fresh else 'as before'}"


def portfolio(resources: Resources, _: Step) -> str:
    """Propose what to lend under all caps at once; it changes no limit."""
    try:
        return propose(resources)
    except Absent as error:
        return str(error)


def inbox(resources: Resources, progress: Step) -> str:
    """
    Ingest what lies in the inbox: a folder for each source, each delivery a folder or file in it.

    A delivery that was read moves to `inbox/done`, one that was refused to `inbox/refused` with
    the reason beside it. A refresh is ordered before that of what was published.
    """
    taken, refused = [], []
    for delivery in _deliveries(resources)[:TAKEN_MAX]:
        if resources.stopping.begun:
            break
        source = delivery.parent.name
        try:
            _check(resources, delivery)
            with _begun(resources, delivery):
                outcome = ingest_files(
                    resources,
                    source,
                    [delivery],
                    progress=partial(_tell, progress, delivery.name),
                    alive=lambda: not resources.stopping.over,
                )
        except LATER:
            break  # It stays where it is, and is taken once that is over.
        except (GraphError, OSError) as error:
            if isinstance(error, OSError) and error.errno in UNWRITABLE:
                raise  # The disk's fault, not the delivery's.
            refused.append(delivery.name)
            _move(resources, delivery, "refused", str(error))
            continue
        taken.append(f"{delivery.name}: version {outcome.version.number}")
        _follow(resources)
        _move(resources, delivery, "done", None)
    said = [*taken, *(f"{name}: refused" for name in refused), *_nobodys(resources)]
    return "; ".join(said) or "nothing new"


def _tell(progress: Step, delivery: str, step: str, done: int) -> None:
    progress(f"{delivery}: {step}", done / 100)


def _follow(resources: Resources) -> None:
    if owes_refresh(resources):
        with resources.records.writing(patient=True) as connection:
            order_refresh(connection, by="inbox", at=resources.now())


def sweep(resources: Resources, _: Step) -> str:
    """Forget sessions, drafts and keys that are over, and uploads of no import, left by crashes."""
    now = resources.now()
    over = sessions.sweep(resources.records, now=now)
    wanted = unfinished(resources.records)
    left = 0
    for place in (resources.home / "uploads").glob("*"):
        if (
            place.name not in wanted
            and now.timestamp() - place.stat().st_mtime > TEMPORARY_MAX.total_seconds()
        ):
            shutil.rmtree(place, ignore_errors=True)
            left += 1
    keeps = dt.timedelta(days=policy_of(resources, resources.today()).whole("idempotency_days"))
    answers = forget_keys(resources.records, before=now - keeps)
    swept = f"{sweep_pushes(resources)} pushes, {drafts.sweep(resources)} drafts"
    swept += f", {papers.sweep(resources)} files of no paper"
    further = f"{swept}, {answers} first answers"
    return f"{over} sessions, {left} uploads, {further}"


def expire(resources: Resources, _: Step) -> str:
    """Give back reservations past their time, which nobody's order has ended yet."""
    count = count_passed(resources.records, resources.now())
    give_back(ledger_of(resources), resources.now)
    return f"{count} reservations"


def mend(resources: Resources, progress: Step) -> str:
    """Compute again the run that is read, where it is gone or was set apart as damaged."""
    run = _gone(resources)
    if run is None:
        return "nothing to mend"
    fresh = refresh_version(resources, run.version, progress=progress)
    return f"run {fresh.run} of version {fresh.version}: computed again"


def _gone(resources: Resources) -> RunRow | None:
    """Return the run that is read, if its folder is gone; None where it is there."""
    run = newest_run(resources.records)
    return run if run is not None and not (resources.runs / run.folder).is_dir() else None


def _failed_lately(resources: Resources, name: str, pause: dt.timedelta) -> bool:
    """Return whether a job failed a moment ago: it is not tried again every minute."""
    last = last_run(resources.records, name, now=resources.now())
    if last is None or last["state"] != "failed":
        return False
    return bool(resources.now() - (last["finished_at"] or last["started_at"]) < pause)


def _may_mend(resources: Resources) -> bool:
    return _gone(resources) is not None and not _failed_lately(resources, "mend", MEND_PAUSE)


def _may_mail(resources: Resources) -> bool:
    return mailing.has_news(resources) and not _failed_lately(resources, "mail", MAIL_PAUSE)


TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Task(
            "refresh",
            "limits of the current version",
            {"hour": "2", "minute": "0"},
            refresh,
            again=BEGUN_MAX - 1,
        ),
        Task("inbox", "files that were put into the inbox", {"minute": "*/5"}, inbox),
        Task("sweep", "what is over and left behind", {"hour": "4", "minute": "30"}, sweep),
        Task(
            "portfolio",
            "what to lend under all caps, proposed",
            {"hour": "3", "minute": "0"},
            portfolio,
        ),
        Task(
            "project",
            "exposures beside the trade graph, from the book",
            {"minute": "*"},
            project,
            due=is_behind,
        ),
        Task(
            "expire",
            "reservations past their time",
            {"minute": "*"},
            expire,
            due=lambda resources: count_passed(resources.records, resources.now()) > 0,
        ),
        Task(
            "budgets",
            "budgets of products, as their files say",
            {"minute": "*"},
            lambda resources, _: f"{budgets.set_today(resources)} budgets",
            due=budgets.are_behind,
        ),
        Task(
            "mend",
            "the run that is read, where it is gone",
            {"minute": "*"},
            mend,
            due=_may_mend,
        ),
        Task(
            "mail",
            "what firms are told, by mail",
            {"minute": "*"},
            mailing.send_notices,
            due=_may_mail,
        ),
    )
}


def task(name: str) -> Task:
    """
    Return a job by its name.

    Raises:
        Absent: There is none.
    """
    if name not in TASKS:
        raise Absent(f"no job {name!r}; there are {', '.join(TASKS)}")
    return TASKS[name]


def _deliveries(resources: Resources) -> list[Path]:
    """Return what lies in the inbox and has been quiet for a while, oldest name first."""
    latest = resources.now().timestamp() - QUIET_SECONDS
    found = []
    for source in source_names(resources):
        if source in ENDED:
            continue
        for place in sorted((resources.home / "inbox" / source).glob("*")):
            inside = [place, *(() if place.is_symlink() else place.rglob("*"))]
            if not place.name.startswith(".") and all(_is_whole(p, latest) for p in inside):
                found.append(place)
    return found


def _is_whole(place: Path, latest: float) -> bool:
    """Return whether nobody writes a file any more, by its name and by how long it is quiet."""
    return not place.name.lower().endswith(UNFINISHED) and place.lstat().st_mtime < latest


def _check(resources: Resources, delivery: Path) -> None:
    """Raise `ImportRefused` where a delivery is no file here, or its source reads none."""
    if delivery.is_symlink():
        raise ImportRefused(f"{delivery.name}: it is a link, which is not followed")
    if resources.sources.load(delivery.parent.name).asks_databases:
        raise ImportRefused(f"source {delivery.parent.name} reads databases; it takes no files")


def _nobodys(resources: Resources) -> list[str]:
    """Return a word on every folder of the inbox that belongs to no source."""
    known = {*source_names(resources)} - {*ENDED}
    places = sorted((resources.home / "inbox").glob("[!.]*"))
    other = [each.name for each in places if each.name not in {*known, *ENDED}]
    return [f"{name}: no source of that name{nearest(name, known)}" for name in other[:TAKEN_MAX]]


@contextmanager
def _begun(resources: Resources, delivery: Path) -> Iterator[None]:
    """
    Keep that a delivery was begun until it has come to an end, good or bad.

    Raises:
        Broken: It was begun before and never came to an end: it takes its reader with it.
    """
    key = hashlib.sha256(f"{delivery.parent.name}/{delivery.name}".encode()).hexdigest()[:16]
    mark = resources.home / "inbox" / ".begun" / key
    tries = len(mark.read_bytes()) if mark.is_file() else 0
    try:
        if tries >= TRIES_MAX:
            said = f"{tries} times the process that imported it ended before the import did"
            raise Broken(f"{delivery.name}: {said}")
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_bytes(b"." * (tries + 1))
        yield
    finally:
        mark.unlink(missing_ok=True)


def _move(resources: Resources, delivery: Path, where: str, reason: str | None) -> None:
    folder = resources.home / "inbox" / where
    folder.mkdir(parents=True, exist_ok=True)
    stamp = f"{resources.now().astimezone(resources.settings.zone):%Y%m%dT%H%M%S%f}"
    name = os.fsencode(f"{stamp}-{delivery.parent.name}-{delivery.name}")
    target = folder / os.fsdecode(name[:NAME_BYTES_MAX])
    shutil.move(delivery, target)
    if reason is not None:
        (folder / f"{target.name}.reason.txt").write_text(
            kept_form(reason) + "\n", encoding="utf-8"
        )
