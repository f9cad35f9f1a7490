"""
Papers: a firm hands files in, and withdraws them; the bank takes or refuses them.

A paper moves nothing by itself. Its bytes stay as they came, under their SHA-256; who handed them
in, when and on which business day are an event of the book. The same bytes stand once a firm while
they wait, and what waits of one firm is bounded in number and in bytes.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from app.books.errors import RuleBroken, WrongState
from app.books.ledger import BookMovedOn, Moving, Plain, Reads, Reply, ask_prepared, ledger_of
from app.books.ledger.answering import Asker
from app.books.notices.service import notice_of
from app.data.imports.service import is_file_name
from app.lending.applications.tables import applications
from app.lending.papers import repository
from app.lending.papers.contents import form_of
from app.lending.papers.keeping import content_of, drop, keep, left_before, place_of
from app.lending.papers.repository import WantedPapers
from app.lending.papers.tables import paper_sums, papers
from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent, Busy, Unready
from app.platform.web.unfit import UnfitInput

CREATED, DONE = 201, 200
SOURCE = "contract of papers"
NAME_BYTES = 10
LEFT_MAX = dt.timedelta(days=1)
MIB = 2**20
TOLD = ("firm", "kind", "form", "sha256", "size_bytes", "application", "state")
ENDS = {"take": "taken", "refuse": "refused", "withdraw": "withdrawn"}
End = Literal["take", "refuse", "withdraw"]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file as it was handed in, looked at: of what form its bytes are."""

    kind: str
    name: str
    application: str
    content: bytes
    form: str
    sha256: str

    @classmethod
    def of(cls, *, kind: str, name: str, application: str, content: bytes) -> "HandedIn":
        """
        Return a file that can be kept.

        Raises:
            Malformed: Its name is none, it holds nothing, or is broken.
            TooLarge: It has more bytes than are taken.
            Unsupported: It is neither CSV nor XLSX nor PDF.
        """
        if not is_file_name(name):
            raise UnfitInput("body.file", "unfit_paper_name")
        form = form_of(content)
        digest = hashlib.sha256(content).hexdigest()
        return cls(kind, name, application, content, form, digest)

    def asked(self) -> Document:
        """Return what the key of the request stands for."""
        names = ("kind", "name", "application", "sha256")
        return {name: getattr(self, name) for name in names}


def hand_in(resources: Resources, asker: Asker, given: HandedIn) -> Reply:
    """
    Return the paper that is made of a file; the one that stands (200), where its bytes wait.

    Raises:
        Absent: It names an application that is none of the firm's.
        RuleBroken: Too much of the firm waits.
    """
    firm, paper = asker.core or "", resources.new_name(NAME_BYTES)
    place = place_of(resources, given.sha256, paper)
    bounds = (resources.settings.papers_open, resources.settings.papers_mib * MIB)

    def prepare() -> Plain:
        """Return the order, with what stands of the same bytes."""
        moved, same = repository.standing(resources.records, firm, given.sha256)

        def decided(moving: Moving) -> Reply:
            """Return the paper that stands, or the one that is made."""
            sums = _sums(moving, firm)
            if sums["event"] != moved:
                raise BookMovedOn("papers of the firm have moved", again_seconds=1)
            if same:
                return Reply.of(DONE, document(moving.row(papers, same) or {}, is_bank=False))
            _check_application(moving, firm, given.application)
            _check_bounds(sums, len(given.content), bounds)
            row = _made(moving, asker, given, paper)
            sums = _added(sums, 1, len(given.content))
            _record(moving, "hand_in", row, sums)
            return Reply.of(CREATED, document(row, is_bank=False))

        reads = {papers: [same] if same else [], paper_sums: [firm]}
        reads |= {applications: [given.application] if given.application else []}
        return Plain(Reads(rows=reads), decided, asker.key, asker.actor)

    keep(place, given.content)
    stays = False
    try:
        reply = ask_prepared(ledger_of(resources).ask, prepare)
        stays = reply.document["id"] == paper
    except (Busy, Unready):
        stays = True  # It may have been kept after all: `sweep` knows.
        raise
    finally:
        if not stays:
            drop(place)
    return reply


def sweep(resources: Resources) -> int:
    """Remove bytes that no paper of the book stands for, a day old; return of how many."""
    before = resources.now() - LEFT_MAX
    left = left_before(resources, before.timestamp())
    gone = [place for place, paper in left if repository.one(resources.records, paper) is None]
    for place in gone:
        drop(place)
    return len(gone)


def end(resources: Resources, asker: Asker, paper: str, act: End, reason: str = "") -> Reply:
    """
    Return a paper that its firm withdraws, or the bank takes or refuses.

    Raises:
        Absent: There is none of this id, or it is another firm's.
        WrongState: It does not wait any more.
    """
    known = repository.one(resources.records, paper)
    firm = known["firm"] if known else ""

    def decided(moving: Moving) -> Reply:
        """Return the paper, ended."""
        row = moving.row(papers, paper)
        if row is None or asker.core not in (None, row["firm"]):
            raise Absent(f"no paper {paper!r}")
        if row["state"] != "open":
            raise WrongState(f"paper {paper}", row["state"], ["open"])
        by = asker.actor if asker.core is None else ""
        ended = {**row, "state": ENDS[act], "decided_by": by, "reason": reason}
        sums = _added(_sums(moving, row["firm"]), -1, -row["size_bytes"])
        _record(moving, act, ended, sums, told=asker.core is None)
        return Reply.of(DONE, document(ended, is_bank=asker.core is None))

    reads = Reads(rows={papers: [paper], paper_sums: [firm] if firm else []})
    order = Plain(reads, decided, asker.key, asker.actor)
    reply = ledger_of(resources).ask(order)
    if act == "withdraw" and known is not None:
        drop(place_of(resources, known["sha256"], paper))
    return reply


def page(
    resources: Resources, sight: Sight, wanted: WantedPapers, *, before: int | None, size: int
) -> list[tuple[int, Document]]:
    """Return papers with the event of each, those touched last first; a firm reads its own."""
    own = None if sight.is_whole else sight.firm
    if own is not None and wanted.firm not in (None, own):
        return []
    wanted = wanted._replace(firm=own or wanted.firm)
    rows = repository.listed(resources.records, wanted, before=before, size=size)
    return [(row["event"], document(row, is_bank=sight.is_whole)) for row in rows]


def shown(resources: Resources, sight: Sight, paper: str) -> Document:
    """
    Return the facts of a paper.

    Raises:
        Absent: There is none of this id, or it is another firm's.
    """
    return document(_own(resources, sight, paper), is_bank=sight.is_whole)


def file_of(resources: Resources, sight: Sight, paper: str) -> tuple[str, str, bytes]:
    """
    Return under which name a paper is saved, its form, and its bytes.

    Raises:
        Absent: There is none of this id, it is another firm's, or it was withdrawn.
    """
    row = _own(resources, sight, paper)
    content = content_of(place_of(resources, row["sha256"], paper), paper)
    ending = f".{row['form']}"
    name = row["name"] if row["name"].lower().endswith(ending) else row["name"] + ending
    return name, row["form"], content


def document(row: Row, *, is_bank: bool) -> Document:
    """Return a paper as answers show it; who of the bank decided is the bank's to know."""
    names = ("kind", "form", "name", "sha256", "size_bytes", "state")
    return {
        "id": row["paper"],
        "firm": row["firm"],
        **{name: row[name] for name in names},
        "application": row["application"] or None,
        "handed_by": row["handed_by"],
        "handed_at": row["handed_at"],
        "handed_on": row["handed_on"],
        "decided_by": (is_bank and row["decided_by"]) or None,
        "reason": row["reason"] or None,
    }


def _own(resources: Resources, sight: Sight, paper: str) -> Row:
    row = repository.one(resources.records, paper)
    if row is None or not (sight.is_whole or sight.is_own(row["firm"])):
        raise Absent(f"no paper {paper!r}")
    return row


def _check_application(moving: Moving, firm: str, application: str) -> None:
    if not application:
        return
    row = moving.row(applications, application)
    if row is None or row["firm"] != firm:
        raise Absent(f"no application {application!r}")


def _check_bounds(sums: Row, size_bytes: int, bounds: tuple[int, int]) -> None:
    count_max, bytes_max = bounds
    if sums["open_count"] >= count_max:
        zh, en = f"待处理的材料最多 {count_max} 份", f"at most {count_max} papers wait"
        raise RuleBroken("papers.count", SOURCE, zh=zh, en=en)
    if sums["open_bytes"] + size_bytes > bytes_max:
        most = bytes_max // MIB
        zh, en = f"待处理的材料合计最多 {most} MiB", f"papers that wait have at most {most} MiB"
        raise RuleBroken("papers.bytes", SOURCE, zh=zh, en=en)


def _sums(moving: Moving, firm: str) -> Row:
    known = moving.row(paper_sums, firm)
    none: Row = {"firm": firm, "open_count": 0, "open_bytes": 0, "event": 0}
    return none if known is None else dict(known)


def _added(sums: Row, count: int, size_bytes: int) -> Row:
    more = {"open_count": sums["open_count"] + count, "open_bytes": sums["open_bytes"] + size_bytes}
    return {**sums, **more}


def _made(moving: Moving, asker: Asker, given: HandedIn, paper: str) -> Row:
    return {
        "paper": paper,
        "firm": asker.core or "",
        "kind": given.kind,
        "form": given.form,
        "name": given.name,
        "sha256": given.sha256,
        "size_bytes": len(given.content),
        "application": given.application,
        "handed_by": asker.who.name,
        "handed_at": moving.moment,
        "handed_on": moving.day_text,
        "state": "open",
        "decided_by": "",
        "reason": "",
    }


def _record(moving: Moving, act: str, row: Row, sums: Row, *, told: bool = False) -> None:
    operation, subject = f"paper.{act}", f"paper:{row['paper']}"
    rows: list[Any] = [(papers, row), (paper_sums, sums)]
    if told:
        rows.append(notice_of(moving, row["firm"], operation, subject))
    detail = {name: row[name] for name in TOLD}
    moving.record(operation, subject, rows=rows, detail=detail, told=(row["reason"], ""))
