"""Receivables as readers see them, and what their debtors ask of the book."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from sqlalchemy.engine import Connection

from app.books.approvals import ApprovalRequest, desk_of, new_name
from app.books.business_day import business_day
from app.books.ledger import Moving, Plain, Reads, Reply, ask_prepared, check_day, ledger_of
from app.books.ledger.answering import Asker
from app.books.rules import Rulebook, RulesInForce
from app.chain.receivables import acts, repository
from app.chain.receivables.acts import Debt
from app.chain.receivables.confirming import Confirmation
from app.chain.receivables.files import FileReceivables, of_version
from app.chain.receivables.lender import lender_of
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.tables import receivables
from app.data.versions.service import policy_of
from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Malformed
from app.policy import Policy
from graph.model import Version

DONE = 200
CONFIRM_DAYS = "receivable.confirm_days"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReceivableTerms:
    """By what receivables are judged on a day."""

    day: dt.date
    policy: Policy
    rules: RulesInForce

    @property
    def confirm_days(self) -> int:
        """Return the days within which a debtor confirms: by the rule in force, or the policy."""
        return self.rules.days(CONFIRM_DAYS) or self.policy.whole("confirm_days")

    def confirm_by(self, row: Row) -> dt.date:
        """Return the last day on which a receivable is confirmed in time."""
        return dt.date.fromisoformat(row["issued_on"]) + dt.timedelta(days=self.confirm_days)

    def warnings(self, rows: Sequence[Row]) -> list[Document]:
        """Return what is told of receivables that are confirmed past their time."""
        late = [row["receivable"] for row in rows if self.confirm_by(row) < self.day]
        if not late:
            return []
        days, count = self.confirm_days, len(late)
        zh = f"{count} 笔超过 {days} 天的确权期限"
        en = f"{count} past the {days} days within which they are to be confirmed"
        return [{"rule": CONFIRM_DAYS, "numbers": late, "zh": zh, "en": en}]


Work = Callable[[Debt, ReceivableTerms], Document | Reply]


def terms_on(resources: Resources, day: dt.date) -> ReceivableTerms:
    """Return by what receivables are judged on a day."""
    rules = Rulebook(resources.settings.policy).on(day)
    return ReceivableTerms(day, policy_of(resources, day), rules)


def terms_now(resources: Resources) -> ReceivableTerms:
    """Return by what receivables are judged on the business day."""
    return terms_on(resources, business_day(resources))


def listed(
    resources: Resources,
    version: Version,
    wanted: WantedReceivables,
    *,
    after: str | None = None,
    size: int | None = None,
) -> list[Row]:
    """
    Return receivables in order of their ids: the platform's rows, and those of files beside.

    Args:
        resources: What the process has open.
        version: Whose files are read.
        wanted: Which.
        after: The id after which the page begins.
        size: At most so many; all without one.
    """
    files = of_version(resources, version)
    passing = _passing(files.rows, wanted, after)
    with resources.records.reading() as connection:
        ours = _ours(connection, files, wanted, after, size)
        theirs = _unknown(connection, passing, size)
    found = sorted([*ours, *theirs], key=lambda row: str(row["receivable"]))
    return found if size is None else found[:size]


def _ours(
    connection: Connection,
    files: FileReceivables,
    wanted: WantedReceivables,
    after: str | None,
    size: int | None,
) -> list[Row]:
    """Return what the platform knows, with what files may still say: it is passing as merged."""
    found: list[Row] = []
    while size is None or len(found) < size:
        part = repository.page(connection, replace(wanted, state=None), after=after, size=size)
        merged = [acts.merged(row, files.find(row["receivable"])) or row for row in part]
        found += [row for row in merged if wanted.state in (None, row["state"])]
        if size is None or len(part) < size:
            break
        after = part[-1]["receivable"]
    return found


def _passing(rows: pl.DataFrame, wanted: WantedReceivables, after: str | None) -> pl.DataFrame:
    if after is not None:
        rows = rows[int(rows["receivable"].search_sorted(after, side="right")) :]
    for name in ("debtor", "creditor", "state"):
        if (value := getattr(wanted, name)) is not None:
            rows = rows.filter(pl.col(name) == value)
    if wanted.due_before is not None:
        rows = rows.filter(pl.col("due_on") < wanted.due_before.isoformat())
    if (party := wanted.party) is not None:
        rows = rows.filter((pl.col("debtor") == party) | (pl.col("creditor") == party))
    return rows


def _unknown(connection: Connection, rows: pl.DataFrame, size: int | None) -> list[Row]:
    """Return the first rows of files of which the platform knows nothing."""
    found: list[Row] = []
    start, count = 0, rows.height if size is None else size
    while start < rows.height and (size is None or len(found) < size):
        part = rows[start : start + count]
        known = repository.known(connection, part["receivable"])
        found += [row for row in part.iter_rows(named=True) if row["receivable"] not in known]
        start, count = start + count, count * 2
    return found


def find(
    resources: Resources, version: Version, receivable: str, sight: Sight
) -> tuple[Row, list[Document]]:
    """
    Return a receivable as it stands, and where a file says otherwise than the platform.

    Raises:
        Absent: There is none of this id, or it is not the reader's.
    """
    told = of_version(resources, version).find(receivable)
    with resources.records.reading() as connection:
        known = repository.known(connection, [receivable]).get(receivable)
    row = acts.merged(known, told)
    if row is None or not (
        sight.is_whole or sight.is_own(row["debtor"]) or sight.is_own(row["creditor"])
    ):
        raise acts.absent(receivable)
    return row, _differences(known, told)


def _differences(known: Row | None, told: Row | None) -> list[Document]:
    if known is None or told is None:
        return []
    return [
        {"field": name, "file": str(told[name]), "platform": str(known[name])}
        for name in ("amount_fen", "paid_fen", "due_on", "state")
        if told[name] != known[name]
    ]


def document(row: Row, terms: ReceivableTerms) -> Document:
    """Return a receivable as answers show it."""
    waits = row["state"] in ("open", "disputed")
    return {
        "number": row["receivable"],
        "debtor": row["debtor"],
        "creditor": row["creditor"],
        "amount_fen": row["amount_fen"],
        "face_fen": acts.face(row),
        "issued_on": row["issued_on"],
        "due_on": row["due_on"],
        "confirm_by": terms.confirm_by(row).isoformat() if waits else None,
        "state": row["state"],
        "voucher": row["voucher"],
    }


def confirm(resources: Resources, asker: Asker, numbers: Sequence[str], *, several: bool) -> Reply:
    """
    Return receivables that are confirmed, all of them or none.

    Raises:
        Absent: There is none of this number, or it is another's to pay.
        Malformed: A number is given twice.
        BookRefusal: It cannot be confirmed.
    """
    if len(set(numbers)) != len(numbers):
        raise Malformed("a number is given twice")

    name = new_name(resources)

    def prepared() -> Work:
        """Return the work, with the desk that it may need."""
        action = Confirmation(resources).ready()
        desk = desk_of(resources, {})

        def work(debt: Debt, terms: ReceivableTerms) -> Document | Reply:
            """Return what was confirmed, or the approval that waits for the second person."""
            if needs_two(debt, terms, asker, numbers):
                asked = {"numbers": list(numbers), "core": asker.core}
                request = ApprovalRequest(action, asked, asker.who)
                return desk.open(debt.moving, name, request)
            return _confirmed(acts.confirm(debt, numbers), terms, several=several)

        return work

    return _asked(resources, asker, numbers, prepared)


def _confirmed(rows: Sequence[Row], terms: ReceivableTerms, *, several: bool) -> Document:
    told = terms.warnings(rows)
    shown = [document(row, terms) for row in rows]
    if not several:
        return {**shown[0], "warnings": told}
    return {"items": shown, "amount_fen": sum(map(acts.face, rows)), "warnings": told}


def needs_two(debt: Debt, terms: ReceivableTerms, asker: Asker, numbers: Sequence[str]) -> bool:
    """Return whether two people confirm: of the core from an amount on, officers always."""
    if asker.core is None:
        return True
    known = ((debt.moving.row(receivables, each), debt.told(each)) for each in numbers)
    rows = [acts.merged(ours, told) for ours, told in known]
    faces = sum(acts.face(row) for row in rows if row is not None)
    return faces >= terms.policy.whole("confirm_two_from_fen")


def dispute(resources: Resources, asker: Asker, number: str, reason: str) -> Reply:
    """Return a receivable that is disputed (see `acts.dispute`)."""
    return _asked(
        resources,
        asker,
        [number],
        lambda: (
            lambda debt, terms: document(acts.dispute(debt, number, reason, terms.rules), terms)
        ),
    )


def withdraw(resources: Resources, asker: Asker, number: str) -> Reply:
    """Return a receivable whose dispute is withdrawn (see `acts.withdraw`)."""
    return _asked(
        resources,
        asker,
        [number],
        lambda: lambda debt, terms: document(acts.withdraw(debt, number), terms),
    )


def settle(resources: Resources, asker: Asker, number: str) -> Reply:
    """Return a receivable that is settled (see `acts.settle`)."""

    def prepared() -> Work:
        """Return the work, with who has lent."""
        lender = lender_of(resources).ready()
        return lambda debt, terms: document(acts.settle(debt, number, lender), terms)

    return _asked(resources, asker, [number], prepared)


def _asked(
    resources: Resources,
    asker: Asker,
    numbers: Sequence[str],
    prepared: Callable[[], Work],
) -> Reply:
    accounts = [acts.account_of(number) for number in numbers]
    accounts += [f"core:{asker.core}"] if asker.core else []
    needs = Reads(accounts, {receivables: numbers})

    def prepare() -> Plain:
        """Return the order, with the terms of the business day."""
        terms = terms_now(resources)
        files: FileReceivables = of_version(resources, resources.version())
        work = prepared()

        def decided(moving: Moving) -> Reply:
            """Return the answer of the work."""
            check_day(moving, terms.day)
            done = work(Debt(moving, files, asker.core), terms)
            return done if isinstance(done, Reply) else Reply.of(DONE, done)

        return Plain(needs, decided, asker.key, asker.actor)

    return ask_prepared(ledger_of(resources).ask, prepare)
