"""People decide: one recommends, others decide, as the table of authority wants it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from app.books.errors import NotAuthorised, RuleBroken, SamePerson, WrongState
from app.books.ledger import Moving, Plain, Reads, Reply, ask_prepared, ledger_of
from app.books.ledger.answering import Asker
from app.books.ledger.tables import uses
from app.books.organisation import Level
from app.chain.receivables.acts import Debt
from app.lending.applications import repository
from app.lending.applications.asking import asked_of, asked_with, assessed, new_id
from app.lending.applications.moves import Row, absent, check_arrow, check_version, found, move
from app.lending.applications.offers import given_back, has_ended, release
from app.lending.applications.shown import document
from app.lending.applications.tables import applications
from app.lending.applications.terms import LendingTerms, terms_of
from app.lending.applications.turns import VOTES, authority, decidable
from app.lending.decisions.forms import Decided
from app.platform.auth.principals import Principal
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources
from app.platform.events import canonical

DONE = 200
Verdict = Literal["approved", "declined"]
Tags = frozenset[str] | None


class OfficersView(NamedTuple):
    """What an officer recommends or decides; amount and rate where it is recommended to lend."""

    outcome: Verdict
    comment: str = ""
    amount_fen: int | None = None
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OfficersAct:
    """An officer's order on an application: who, what is recorded, and what it goes by."""

    debt: Debt
    row: Row
    terms: LendingTerms
    who: Principal
    use: str  # The name of a reservation, where a new one is needed.

    @property
    def moving(self) -> Moving:
        """Return what is recorded."""
        return self.debt.moving

    @property
    def decision(self) -> dict[str, Any]:
        """Return the machine's decision."""
        told: dict[str, Any] = json.loads(self.row["decision"])
        return told

    @property
    def recommended(self) -> dict[str, Any]:
        """Return what is recommended; nothing where nothing is."""
        told: dict[str, Any] = json.loads(self.row["recommended"] or "{}")
        return told


def recommend(
    resources: Resources, asker: Asker, application: str, expected: Tags, view: OfficersView
) -> Reply:
    """
    Return an application that an officer recommends, for others to decide.

    Raises:
        Absent: There is none of this id.
        Stale: It is no longer as the officer has read it.
        WrongState: It is neither referred nor approved, or its offer is over.
        RuleBroken: Amount or rate are outside the product, or more than may be.
    """
    return _acted(resources, asker, application, expected, lambda act: _recommended(act, view))


def decide(
    resources: Resources, asker: Asker, application: str, expected: Tags, view: OfficersView
) -> Reply:
    """
    Return an application that an officer decides, or votes on.

    Raises:
        Absent: There is none of this id.
        Stale: It is no longer as the officer has read it.
        WrongState: It waits for nobody's decision, or has to be recommended first.
        SamePerson: The officer applied for it, recommended it, or has voted.
        NotAuthorised: The officer's unit is below the level that is needed.
        BookRefusal: What would be offered cannot be held.
    """
    return _acted(resources, asker, application, expected, lambda act: _decided(act, view))


def send_back(
    resources: Resources, asker: Asker, application: str, expected: Tags, comment: str
) -> Reply:
    """
    Return an application that goes back to be assessed anew, and is referred again or declined.

    Raises:
        Absent: There is none of this id.
        Stale: It is no longer as the officer has read it.
        WrongState: It is not recommended.
        SamePerson: The officer recommended it.
        NotAuthorised: The officer's unit is below the level that is needed.
    """
    known = _known(resources, application)
    needs = Reads(rows={applications: [application]})

    def work(debt: Debt, terms: LendingTerms, decided: Decided) -> Reply:
        """Return the application, assessed anew."""
        row = found(debt.moving, application)
        check_version(row, expected)
        check_arrow(row, "returned")
        act = OfficersAct(debt, row, terms, asker.who, "")
        _check_other(act, {act.recommended.get("by")})
        _check_level(act, authority(act.terms.organisation, act.row)[1])
        release(debt, row)
        gone = {"use": None, "offered_fen": 0, "rate": "", "offer_until": ""}
        row = move(debt.moving, row, "returned", reason=comment, changes=gone)
        row = move(debt.moving, row, "assessing")
        row = assessed(debt, terms, row, decided, "", by_people=True)
        return Reply.of(DONE, document(row, debt.moving.day_text, EVERYTHING))

    return asked_with(resources, asker, asked_of(known), needs, work, without=known["use"])


def _acted(
    resources: Resources,
    asker: Asker,
    application: str,
    expected: Tags,
    work: Callable[[OfficersAct], Row],
) -> Reply:
    known, use = _known(resources, application), new_id(resources)
    needs = Reads(rows={applications: [application], uses: [use]})

    def prepare() -> Plain:
        """Return the order, by the terms of the business day."""
        terms = terms_of(resources, known["product"], known["firm"])

        def ordered(moving: Moving) -> Reply:
            """Return the application as the bank reads it."""
            terms.check(moving)
            row = found(moving, application)
            check_version(row, expected)
            debt = Debt(moving, terms.files, None)
            after = work(OfficersAct(debt, row, terms, asker.who, use))
            return Reply.of(DONE, document(after, moving.day_text, EVERYTHING))

        return Plain(needs, ordered, asker.key, asker.actor)

    return ask_prepared(ledger_of(resources).ask, prepare)


def _known(resources: Resources, application: str) -> Row:
    """Return what of an application never changes: the firm, and what it asks for."""
    _, row = repository.one(resources.records, application)
    if row is None:
        raise absent(application)
    return row


def _recommended(act: OfficersAct, view: OfficersView) -> Row:
    row = act.row
    if row["state"] not in ("referred", "approved"):
        raise WrongState(
            f"application {row['application']}", row["state"], ["referred", "approved"]
        )
    if row["use"] is not None and has_ended(act.debt, row):
        raise WrongState(f"application {row['application']}", "expired", ["approved"])
    amount, rate = 0, ""
    if view.outcome == "approved":
        amount, rate = _amount(act, view), _rate(act, view)
    told = {"outcome": view.outcome, "amount_fen": amount, "rate": rate, "comment": view.comment}
    changes = {
        "recommended": canonical({"by": act.who.person, **told}),
        "votes": "[]",
    }
    return move(*(act.moving, row, "recommended"), reason=view.comment, changes=changes, told=told)


def _amount(act: OfficersAct, view: OfficersView) -> int:
    """Return the amount that is recommended, which is not more than there may be."""
    row = act.row
    most = row["offered_fen"] or row["amount_fen"]
    amount = view.amount_fen or row["offered_fen"] or act.decision["amount_fen"]
    act.terms.check_offer(amount, _as_rate(act, view), most)
    return int(amount)


def _rate(act: OfficersAct, view: OfficersView) -> str:
    return format(_as_rate(act, view), "f")


def _as_rate(act: OfficersAct, view: OfficersView) -> Decimal:
    """Return the rate that is recommended: as it is told, else that of the offer or decision."""
    told = act.row["rate"] or act.decision["rate"]
    if view.rate is not None:
        return view.rate
    if told is None:
        raise RuleBroken(
            "offer.rate",
            "contract of lending",
            zh="没有可用的定价，意见须写明利率",
            en="nothing could be priced; say a rate",
        )
    return Decimal(told)


def _decided(act: OfficersAct, view: OfficersView) -> Row:
    row = act.row
    hands, level = authority(act.terms.organisation, row)
    allowed = decidable(hands)
    if row["state"] not in allowed:
        raise WrongState(f"application {row['application']}", row["state"], allowed)
    if row["use"] is not None and has_ended(act.debt, row):
        raise WrongState(f"application {row['application']}", "expired", allowed)
    votes: list[dict[str, str]] = json.loads(row["votes"])
    _check_other(act, {act.recommended.get("by"), *(each["by"] for each in votes)})
    _check_level(act, level)
    votes.append({"by": act.who.person, "outcome": view.outcome, "comment": view.comment})
    row |= {"votes": canonical(votes)}
    told = {"outcome": view.outcome, "votes": len(votes), "hands": hands}
    if view.outcome == "declined":
        return given_back(act.debt, row, "declined", reason=view.comment)
    if len(votes) < VOTES[hands]:
        return move(act.moving, row, "recommended", reason=view.comment, told=told)
    amount, rate = _offered(act)
    changes = act.terms.offer(act.debt, row, act.use, (amount, rate))
    told |= {"amount_fen": amount, "rate": rate}
    return move(act.moving, row, "approved", reason=view.comment, changes=changes, told=told)


def _offered(act: OfficersAct) -> tuple[int, str]:
    """Return what is offered: as recommended, else as the machine had found; checked again."""
    said, decision, row = act.recommended, act.decision, act.row
    amount = said.get("amount_fen") or decision["amount_fen"]
    rate = said.get("rate") or decision["rate"]
    if not amount or rate is None:
        raise RuleBroken(
            "offer.amount",
            "contract of lending",
            zh="没有可授信的金额或利率，须先提出意见",
            en="there is no amount or no rate to offer; recommend one first",
        )
    act.terms.check_offer(amount, Decimal(rate), row["offered_fen"] or row["amount_fen"])
    return amount, rate


def _check_other(act: OfficersAct, others: set[str | None]) -> None:
    if act.who.person in {act.row["maker"], *others}:
        raise SamePerson(act.who.person)


def _check_level(act: OfficersAct, level: Level | None) -> None:
    if not act.terms.organisation.may_decide(act.who.unit, level):
        raise NotAuthorised(level or "a unit of the bank")
