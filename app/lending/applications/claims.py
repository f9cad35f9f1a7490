"""
Claims: an officer says that they work on an application, so that others take another one.

A claim holds nobody from recommending or deciding. It is over once the application has moved, or
its officer gives it back; after the hours of the policy somebody else may take it over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.books.business_day import business_day
from app.books.errors import NotAuthorised, SamePerson, WrongState
from app.books.ledger import Moving, Plain, Reads, Reply, ask_prepared, ledger_of
from app.books.ledger.answering import Asker
from app.books.organisation import Organisation, OrganisationBook
from app.lending.applications import repository
from app.lending.applications.listing import WAITING
from app.lending.applications.moves import Row, absent, found
from app.lending.applications.service_hours import ServiceHours, service_hours_on
from app.lending.applications.shown import state_on
from app.lending.applications.tables import application_claims, applications
from app.lending.applications.turns import turn_of
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.events import moment_text

DONE = 200
FREE, CLAIMED = "free", "claimed"


@dataclass(frozen=True, slots=True)
class ClaimTerms:
    """By what claims are judged on a day: whose turn it is, and for how long a claim holds."""

    organisation: Organisation
    hours: ServiceHours


def terms_of(resources: Resources) -> ClaimTerms:
    """
    Return by what claims are judged on the business day.

    Raises:
        Absent: The books are not open.
        Unready: No organisation or no service hours can be used.
    """
    day, policy = business_day(resources), resources.settings.policy
    return ClaimTerms(OrganisationBook(policy).on(day), service_hours_on(policy, day))


def standing(claim: Mapping[str, Any] | None, row: Mapping[str, Any]) -> str:
    """Return whose claim on an application stands; empty where nobody's does."""
    if claim is None or claim["seen"] != row["event"] or row["state"] not in WAITING:
        return ""
    return str(claim["officer"])


def shown(resources: Resources, application: str) -> Document:
    """
    Return who works on an application, since when, and until when nobody else takes it over.

    Raises:
        Absent: There is none of this id.
    """
    _, row = repository.one(resources.records, application)
    if row is None:
        raise absent(application)
    query = sa.select(application_claims).where(application_claims.c.application == application)
    with resources.records.reading() as connection:
        claim = connection.execute(query).mappings().first()
    return document(row, dict(claim) if claim else None, terms_of(resources))


def document(
    row: Mapping[str, Any], claim: Mapping[str, Any] | None, terms: ClaimTerms
) -> Document:
    """Return a claim as answers show it; without an officer nobody's stands."""
    officer = standing(claim, row)
    if claim is None or not officer:
        return {"application": row["application"], "officer": None, "since": None, "until": None}
    until = moment_text(terms.hours.claimed_until(claim["since"]))
    told = {"officer": officer, "since": claim["since"], "until": until}
    return {"application": row["application"], **told}


def claim(resources: Resources, asker: Asker, application: str) -> Reply:
    """
    Return the claim of an officer who takes an application, from somebody else after the hours.

    Raises:
        Absent: There is none of this id.
        WrongState: It waits for no officer, or somebody else works on it.
        SamePerson: The officer applied for it, recommended it, or has voted.
        NotAuthorised: The officer's unit is below the level that is needed.
    """

    def work(moving: Moving, terms: ClaimTerms) -> Row:
        """Return the row of the claim."""
        row = found(moving, application)
        stands = moving.row(application_claims, application)
        _require_turn(terms, row, asker, state_on(row, moving.day_text))
        officer = standing(stands, row)
        if stands is not None and officer == asker.who.person:
            return stands
        if (
            stands is not None
            and officer
            and moving.now < terms.hours.claimed_until(stands["since"])
        ):
            raise WrongState(f"application {application}", CLAIMED, [FREE])
        return _record(moving, "claim", row, (asker.who.person, officer))

    return _asked(resources, asker, application, work)


def release(resources: Resources, asker: Asker, application: str) -> Reply:
    """
    Return the claim that an officer gives back.

    Raises:
        Absent: There is none of this id.
        WrongState: It is not theirs.
    """

    def work(moving: Moving, _: ClaimTerms) -> Row:
        """Return the row of the claim, nobody's by now."""
        row = found(moving, application)
        officer = standing(moving.row(application_claims, application), row)
        if officer != asker.who.person:
            raise WrongState(f"application {application}", CLAIMED if officer else FREE, [CLAIMED])
        return _record(moving, "release", row, ("", officer))

    return _asked(resources, asker, application, work)


def _require_turn(terms: ClaimTerms, row: Row, asker: Asker, state: str) -> None:
    if state not in WAITING:
        raise WrongState(f"application {row['application']}", state, WAITING)
    turn = turn_of(terms.organisation, row, state, asker.who)
    if turn.against == "same_person" or asker.who.person == row["maker"]:
        raise SamePerson(asker.who.person)
    if not (turn.may_recommend or turn.may_decide):
        raise NotAuthorised(turn.level or "a unit of the bank")


def _record(moving: Moving, act: str, row: Row, officers: tuple[str, str]) -> Row:
    officer, before = officers
    made = {
        "application": row["application"],
        "officer": officer,
        "since": moving.moment,
        "seen": row["event"],
    }
    moving.record(
        f"application.{act}",
        f"application:{row['application']}",
        rows=[(application_claims, made)],
        detail={"officer": officer or None, "before": before or None, "state": row["state"]},
    )
    return made


def _asked(
    resources: Resources, asker: Asker, application: str, work: Callable[[Moving, ClaimTerms], Row]
) -> Reply:
    needs = Reads(
        rows={applications: [application], application_claims: [application]},
    )

    def prepare() -> Plain:
        """Return the order, by the terms of the business day."""
        terms = terms_of(resources)

        def ordered(moving: Moving) -> Reply:
            """Return the claim as it stands."""
            made = work(moving, terms)
            return Reply.of(DONE, document(found(moving, application), made, terms))

        return Plain(needs, ordered, asker.key, asker.actor)

    return ask_prepared(ledger_of(resources).ask, prepare)
