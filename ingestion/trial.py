"""A dry run: what an import would do, told whole; nothing is published and nothing kept."""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from graph.errors import GraphError
from ingestion import bounds, changes, deliveries, facts, issues
from ingestion.collect import Collected
from ingestion.descriptions.faults import Faults
from ingestion.descriptions.model import Description
from ingestion.descriptions.reading import read
from ingestion.descriptions.reading.scope import OPEN
from ingestion.descriptions.report import LookedUp, Report
from ingestion.errors import ImportBusy
from ingestion.forms import form
from ingestion.job import ImportJob
from ingestion.judging import ImportState, begin, composed, settled
from ingestion.lake.housekeeping import alone
from ingestion.notes import Note
from ingestion.resolve import Resolution
from ingestion.sets import NotRead

_FIRST = 5
_ROOMS = ".trials"  # Held while a folder of a trial is made, or those left over are removed.
_PREFIX = "trial-"  # Of the folders in which trials work.
_KEPT = ("lake", "resolution")  # What of a data folder an import looks into.


@dataclass(frozen=True, slots=True)
class TrialWishes:
    """What else is wanted of a trial than its document."""

    text: str | None = None  # The description that is tried, in the place of the saved one.
    facts: Path | None = None  # Where every fact is written as a line of JSON.
    issues: Path | None = None  # Where every row set aside is listed, as an import lists it.
    changes: bool = False  # Whether to tell what the version that is served would be changed in.


@dataclass(slots=True)
class _Tried:
    """How far a trial came."""

    given: Collected | None = None
    state: ImportState | None = None
    notes: list[Note] = field(default_factory=list)
    refused: str | None = None
    changes: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What an import would do."""

    document: Mapping[str, Any]

    @property
    def refused(self) -> str | None:
        """Return why it would be refused; None where it would not."""
        return self.document["refused"]  # type: ignore[no-any-return]


def check(
    source: str, paths: Sequence[Path], *, job: ImportJob, wishes: TrialWishes | None = None
) -> Trial:
    """
    Return what an import of some files would do.

    Args:
        source: Name of the source.
        paths: Files, or folders of files; none for databases.
        job: Where it would publish, and when.
        wishes: What else is wanted.

    Raises:
        ImportRefused: There is no such source, and no text of one was given.
    """
    wanted = wishes or TrialWishes()
    description, faults = _description(source, wanted.text, job)
    if description is None or faults.told:
        _write(wanted, _Tried())
        return _unreadable(source, faults)
    tried = _Tried()
    with _aside(job) as dry:
        try:
            to_be = _try(description, paths, dry, tried)
            if wanted.changes and tried.state is not None:
                tried.changes = changes.told(tried.state, composed(tried.state, *to_be))
        except (GraphError, OSError) as error:
            tried.refused = str(error)
        _write(wanted, tried)
        if faults.questions:
            tried.refused, tried.changes = "\n".join(faults.messages()), None
        told = {"changes": tried.changes} if wanted.changes else {}
        return Trial({**_document(source, description, faults, tried), **told})


def unreadable(source: str, text: str | None, job: ImportJob) -> Trial | None:
    """
    Return the trial of a description that breaks the language, for which no file is opened.

    Raises:
        ImportRefused: There is no such source, and no text of one was given.
    """
    description, faults = _description(source, text, job)
    return _unreadable(source, faults) if description is None or faults.told else None


def _unreadable(source: str, faults: Faults) -> Trial:
    tried = _Tried(refused="\n".join(faults.messages()))
    return Trial(_document(source, None, faults, tried))


def _description(
    source: str, text: str | None, job: ImportJob
) -> tuple[Description | None, Faults]:
    if text is None:
        return job.folders.read(source)
    faults = Faults(source)
    return read(source, text, faults), faults


def _write(wanted: TrialWishes, tried: _Tried) -> None:
    """Write what is wanted beside the document, of as many rows as were judged."""
    verdicts = {} if tried.state is None else tried.state.verdicts
    files = () if tried.given is None else tried.given.files
    if wanted.facts is not None:
        facts.write(wanted.facts, verdicts, files)
    if wanted.issues is not None:
        told = [judged.tally.issues for judged in verdicts.values()]
        issues.write(wanted.issues, files, told)


def _try(
    description: Description, paths: Sequence[Path], job: ImportJob, tried: _Tried
) -> tuple[Resolution, pl.DataFrame]:
    tried.state = state = begin(job, description)
    before = dict(state.manifest.since.get(description.name, {}))
    tried.given, tried.notes = deliveries.read(description, paths, job, before)
    nowhere = Path("the issues of the import")
    found = settled(state, tried.given, nowhere)
    if not deliveries.nothing_new(tried.given, before):
        bounds.check(description, state.verdicts, tried.given.empty, nowhere)
    return found


@contextmanager
def _aside(job: ImportJob) -> Iterator[ImportJob]:
    """Yield the same job in a data folder of its own, with what the real one knows."""
    with workroom(job.home) as home:
        with alone(job.lake):
            for name in _KEPT:
                if (job.home / name).is_dir():
                    shutil.copytree(job.home / name, home / name, copy_function=_linked)
        with suppress(FileExistsError):
            (home / "sources").symlink_to((job.home / "sources").resolve())
        yield replace(job, home=home)


@contextmanager
def workroom(home: Path) -> Iterator[Path]:
    """
    Yield a new folder in a data folder, which goes in the end.

    Of those who were killed, the next who asks for one removes it.
    """
    with ExitStack() as ends:
        sweep(home)
        with alone(home / "lake", lock=_ROOMS, patient=True):
            room = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=home))
            ends.enter_context(alone(room))
        ends.callback(shutil.rmtree, room, ignore_errors=True)  # While it is still held.
        yield room


def sweep(home: Path) -> None:
    """Remove what trials that were killed have left in a data folder."""
    with alone(home / "lake", lock=_ROOMS, patient=True):
        for left in home.glob(f"{_PREFIX}*"):
            with suppress(ImportBusy), alone(left):  # Busy: one that runs.
                shutil.rmtree(left, ignore_errors=True)


def _linked(origin: str, target: str) -> None:
    """Let a file that never changes stand in a second place, as a copy where it must."""
    if Path(origin).name.startswith("."):
        return
    try:
        os.link(origin, target)
    except OSError:
        shutil.copy2(origin, target)


def _document(
    source: str, description: Description | None, faults: Faults, tried: _Tried
) -> dict[str, Any]:
    given, state = tried.given, tried.state
    report = given.report if given is not None and given.report is not None else Report()
    verdicts = {} if state is None else state.verdicts
    aside, currencies = Counter[str](), Counter[str]()
    for judged in verdicts.values():
        aside.update(judged.tally.reasons)
        currencies.update(judged.tally.currencies)
    files = _files(tried)
    notes = [*(given.notes if given is not None else ()), *tried.notes]
    notes += [] if state is None else state.notes
    return {
        "source": source,
        "version": None if description is None else description.version,
        "as_of": state.manifest.as_of if state is not None and verdicts else None,
        "files": files,
        "rows": sum(file["rows"] for file in files),
        "used": sum(file["used"] for file in files),
        "set_aside": dict(sorted(aside.items())),
        "currencies": dict(sorted(currencies.items())),
        "lookups": [_looked_into(each) for each in report.lookups],
        "not_read": [_not_read(each) for each in report.not_read],
        "tables": _tables(tried),
        "words": [asdict(each) for each in report.words],
        "stub": _stub(report),
        "questions": faults.messages() if not faults.told else [],
        "refused": tried.refused,
        "notes": list(map(str, notes)),
        "remarks": [each.document() for each in notes],
    }


def _looked_into(each: LookedUp) -> dict[str, Any]:
    rows = each.file.rows
    counts = {"rows": rows, "matched": each.matched, "unmatched": rows - each.matched}
    return {"set": each.set, **facts.where(each.file, "path"), **counts}


def _not_read(each: NotRead) -> dict[str, str]:
    sheet = {"sheet": each.sheet} if each.sheet else {}
    return {"path": str(each.path), **sheet, "why": str(each.why)}


def _files(tried: _Tried) -> list[dict[str, Any]]:
    if tried.given is None:
        return []
    verdicts = {} if tried.state is None else tried.state.verdicts
    aside: dict[int, Counter[str]] = {}
    for judged in verdicts.values():
        for (at, reason), count in judged.tally.by_file.items():
            aside.setdefault(at, Counter()).update({reason: count})
    found = []
    for at, file in enumerate(tried.given.files):
        of_file = aside.get(at, Counter())
        said = {
            **facts.where(file, "path"),
            "rows": file.rows,
            "used": file.rows - of_file.total() if verdicts else 0,
            "set_aside": dict(sorted(of_file.items())),
        }
        found.append(said)
    return found


def _tables(tried: _Tried) -> dict[str, Any]:
    if tried.state is None:
        return {}
    return {
        name: {
            "facts": judged.used,
            "first": [fact for fact, _, _ in islice(facts.facts(judged), _FIRST)],
        }
        for name, judged in tried.state.verdicts.items()
    }


def _stub(report: Report) -> str:
    """Return what is to be filled in for words without meaning, as YAML; blank for none."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for each in report.words:
        column = form(each.table).columns.get(each.column)
        known = dict.fromkeys((column.words or {}).values()) if column is not None else {}
        question = f"{OPEN}: {', '.join(known)}" if known else OPEN
        words = found.setdefault(each.table, {}).setdefault(each.column, {})
        words[each.word] = question
    return yaml.safe_dump(found, allow_unicode=True, sort_keys=False) if found else ""
