"""
What a firm asks of whoever owes it: its core to confirm a receivable, a buyer to pass a voucher on.

One request stands for a receivable, or for two firms and a core; asking again finds it. Nobody is
bound by one: it is told to who is asked, and what was asked for is done as it always is.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.engine import Connection

from app.books.errors import RuleBroken, WrongState
from app.books.ledger import MACHINE, Moving, Plain, Reads, Reply, ask_prepared, ledger_of
from app.books.ledger.answering import Asker
from app.books.notices.service import notice_of
from app.chain.limits.documents import results_of
from app.chain.receivables import acts
from app.chain.receivables import repository as papers
from app.chain.receivables import service as receivables
from app.chain.receivables.files import of_version
from app.chain.requests import repository
from app.chain.requests.repository import WantedRequests
from app.chain.requests.tables import requests
from app.chain.vouchers.service import related_as_creditor
from app.data.versions.service import AskedVersion
from app.platform.auth.sight import EVERYTHING, Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent
from graph.errors import NotFound

CREATED, DONE = 201, 200
CONFIRM, PASS = "confirm", "pass"
ENDS = {"withdraw": ("firm", "asked", "withdrawn"), "decline": ("asked", "firm", "declined")}
ENDED = {"met": ("meet", ("firm",)), "lapsed": ("lapse", ("firm", "asked"))}
NAME_LETTERS = 20
SOURCE = "contract of requests"
LISTED_MAX = 200
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RequestDraft:
    """What is asked of whom; the id of the request follows from it."""

    kind: str
    firm: str
    asked: str
    core: str
    receivable: str
    amount_fen: int

    @property
    def name(self) -> str:
        """Return its id: the same for whatever may stand once only."""
        about = (self.kind, self.firm, self.asked, self.core, self.receivable)
        return hashlib.sha256("\0".join(about).encode()).hexdigest()[:NAME_LETTERS]


def ask_confirmation(resources: Resources, asker: Asker, number: str) -> Reply:
    """
    Return the request that a core confirm a receivable of the firm that asks.

    Raises:
        Absent: There is no such receivable, or it is somebody else's.
        WrongState: It is not open.
        RuleBroken: Its debtor is no core, or it was declined or withdrawn today.
    """
    firm = asker.core or ""
    row, _ = receivables.find(resources, resources.version(), number, Sight("firm", firm))
    if row["creditor"] != firm:
        raise acts.absent(number)
    if row["state"] != "open":
        raise WrongState(f"receivable {number}", row["state"], ["open"])
    if not is_confirmable(resources, row):
        zh, en = "债务人不是核心企业，不能在平台确权", "its debtor is no core, which alone confirms"
        raise RuleBroken("request.core", SOURCE, zh=zh, en=en)
    draft = RequestDraft(CONFIRM, firm, row["debtor"], row["debtor"], number, acts.face(row))
    return _asked(resources, asker, draft)


def is_confirmable(resources: Resources, row: Row) -> bool:
    """Return whether a receivable is open, on a core that could confirm it."""
    cores = results_of(resources, AskedVersion(), EVERYTHING).cores
    return row["state"] == "open" and row["debtor"] in cores


def ask_passing(
    resources: Resources, asker: Asker, *, of: str, core: str, amount_fen: int
) -> Reply:
    """
    Return the request that a buyer pass on a voucher of a core to the firm that asks.

    Raises:
        Absent: The firm does not stand in the core's chain, or neither sells to the buyer nor has
            a claim on it.
        WrongState: A request for another amount stands.
        RuleBroken: It was declined or withdrawn today.
    """
    firm = asker.core or ""
    results = results_of(resources, AskedVersion(), EVERYTHING)
    if not results.knows(firm) or core not in results.chains_of(firm):
        raise Absent(f"no core {core!r}")
    if of in (firm, core) or not related_as_creditor(resources, of, firm):
        raise Absent(f"no firm {of!r}")
    return _asked(resources, asker, RequestDraft(PASS, firm, of, core, "", amount_fen))


def _asked(resources: Resources, asker: Asker, draft: RequestDraft) -> Reply:
    name = draft.name

    def prepare() -> Plain:
        """Return the order, with what has become of what stands."""
        with resources.records.reading() as connection:
            became = _became(resources, connection, repository.one(connection, name))
            count = _received(connection, draft)

        def decided(moving: Moving) -> Reply:
            """Return the request that stands, or the one that is made."""
            row = moving.row(requests, name)
            if row is not None and row["state"] == "open" == became:
                if row["amount_fen"] != draft.amount_fen:
                    raise WrongState(f"request {name}", "open", ["withdrawn", "declined"])
                return Reply.of(DONE, document(dict(row), "open"))
            ended = row is not None and row["state"] in ("withdrawn", "declined")
            if row is not None and ended and row["made_on"] == moving.day_text:
                zh, en = "今日已撤回或被婉拒，下一营业日方可再次请求", "withdrawn or declined today"
                raise RuleBroken("request.again", SOURCE, zh=zh, en=en)
            made = asdict(draft) | {"request": name, "received": count, "state": "open"}
            made |= {"made_on": moving.day_text}
            _record(moving, "ask", made, told=[draft.asked])
            return Reply.of(CREATED, document(made, "open"))

        return Plain(Reads(rows={requests: [name]}), decided, asker.key, asker.actor)

    return ask_prepared(ledger_of(resources).ask, prepare)


def end(resources: Resources, asker: Asker, name: str, act: str) -> Reply:
    """
    Return a request that who asked withdraws, or who is asked declines.

    Raises:
        Absent: There is none of this id, or it is not theirs to end.
        WrongState: It is not open any more.
    """
    whose, told, state = ENDS[act]

    def prepare() -> Plain:
        """Return the order, with what has become of it."""
        with resources.records.reading() as connection:
            became = _became(resources, connection, repository.one(connection, name))

        def decided(moving: Moving) -> Reply:
            """Return the request, ended."""
            row = moving.row(requests, name)
            if row is None or row[whose] != asker.core:
                raise Absent(f"no request {name!r}")
            state_now = became if row["state"] == "open" else row["state"]
            if state_now != "open":
                raise WrongState(f"request {name}", str(state_now), ["open"])
            ended = {**row, "state": state, "made_on": moving.day_text}
            _record(moving, act, ended, told=[row[told]])
            return Reply.of(DONE, document(ended, state))

        return Plain(Reads(rows={requests: [name]}), decided, asker.key, asker.actor)

    return ask_prepared(ledger_of(resources).ask, prepare)


def close(resources: Resources, _: dt.date) -> int:
    """
    Write down what open requests have become at the close of a day; return how many.

    Who asked is told that it was met. One whose party or receivable is not there any more lapses,
    and both are told. Done again after it was cut short, it goes on where it stood.
    """
    with resources.records.reading() as connection:
        rows = repository.every_open(connection)
        states = _states(resources, connection, rows)
    over = [row for row in rows if states[row["request"]] != "open"]
    for row in over:

        def decided(moving: Moving, seen: Row = row) -> Reply:
            """Return nothing but that it is done, where nobody has touched it meanwhile."""
            now = moving.row(requests, seen["request"])
            if now is not None and (now["state"], now["event"]) == ("open", seen["event"]):
                state = states[seen["request"]]
                act, told = ENDED[state]
                ended = {**now, "state": state, "made_on": moving.day_text}
                _record(moving, act, ended, told=[seen[each] for each in told])
            return Reply.of(DONE, None)

        order = Plain(Reads(rows={requests: [row["request"]]}), decided, None, MACHINE)
        ledger_of(resources).ask(order)
    return len(over)


def _record(moving: Moving, act: str, row: Row, *, told: Sequence[str]) -> None:
    operation, subject = f"request.{act}", f"request:{row['request']}"
    names = ("kind", "firm", "asked", "core", "receivable", "amount_fen", "state")
    rows = [(requests, row), *(notice_of(moving, each, operation, subject) for each in told)]
    moving.record(operation, subject, rows=rows, detail={name: row[name] for name in names})


def page(
    resources: Resources,
    wanted: WantedRequests,
    *,
    before: int | None = None,
    size: int = LISTED_MAX,
) -> list[tuple[Row, str]]:
    """Return requests with the state in which each is, those that were touched last first."""
    with resources.records.reading() as connection:
        rows = repository.listed(connection, wanted, before=before, size=size)
        states = _states(resources, connection, rows)
    return [(row, states[row["request"]]) for row in rows]


def standing(resources: Resources, wanted: WantedRequests) -> Sequence[Row]:
    """Return the requests that are open, those that were touched last first, bounded."""
    found = page(resources, wanted._replace(state="open"))
    return [row for row, state in found if state == "open"]


def document(row: Row, state: str) -> Document:
    """Return a request as answers show it."""
    return {
        "id": row["request"],
        "kind": row["kind"],
        "firm": row["firm"],
        "of": row["asked"],
        "core": row["core"],
        "receivable": row["receivable"] or None,
        "amount_fen": row["amount_fen"],
        "made_on": row["made_on"],
        "state": state,
    }


def _states(resources: Resources, connection: Connection, rows: Sequence[Row]) -> Mapping[str, str]:
    """Return in which state requests are: what they ask for tells of those that are open."""
    standing = [row for row in rows if row["state"] == "open"]
    papers_now = _papers(resources, connection, standing)
    knows = _knows(resources) if standing else bool
    found = {row["request"]: str(row["state"]) for row in rows}
    for row in standing:
        paper = papers_now.get(row["receivable"]) if row["kind"] == CONFIRM else "open"
        if row["now"] > row["received"] or paper not in (None, "open"):
            found[row["request"]] = "met"
        elif paper is None or not all(knows(row[each]) for each in ("firm", "asked", "core")):
            found[row["request"]] = "lapsed"
    return found


def _became(resources: Resources, connection: Connection, row: Row | None) -> str | None:
    return None if row is None else _states(resources, connection, [row])[row["request"]]


def _knows(resources: Resources) -> Callable[[str], bool]:
    """Return what tells whether a firm is there; before the first run each is."""
    try:
        return results_of(resources, AskedVersion(), EVERYTHING).knows
    except (Absent, NotFound):
        return bool


def _papers(resources: Resources, connection: Connection, rows: Sequence[Row]) -> Mapping[str, str]:
    """Return in which states receivables are that are to be confirmed, of those that are there."""
    numbers = [row["receivable"] for row in rows if row["kind"] == CONFIRM]
    if not numbers:
        return {}
    files, known = of_version(resources, resources.version()), papers.known(connection, numbers)
    found = {each: acts.merged(known.get(each), files.find(each)) for each in numbers}
    return {each: str(row["state"]) for each, row in found.items() if row is not None}


def _received(connection: Connection, draft: RequestDraft) -> int:
    if draft.kind == CONFIRM:
        return 0
    return repository.received(connection, core=draft.core, giver=draft.asked, holder=draft.firm)
