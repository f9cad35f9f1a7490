"""Whose turn an application is: how many hands it takes, who has acted, who may act now."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.books.organisation import Level, Organisation
from app.platform.auth.principals import Principal

Row = Mapping[str, Any]
HANDS = ("machine", "one", "two", "committee")
VOTES = {"machine": 1, "one": 1, "two": 1, "committee": 2}
LEVELS: tuple[Level | None, ...] = (  # From the bottom up.
    *(None, "outlet", "technology", "specialised", "branch", "head"),
)
RECOMMENDED_FROM = ("referred", "approved")


@dataclass(frozen=True, slots=True)
class OfficersTurn:
    """
    Who decides on an application, who has acted, and what somebody may do now.

    `against` says why the reader may not decide: `same_person`, `not_authorised`, or nothing.
    """

    hands: str
    level: Level | None
    votes: Sequence[Mapping[str, str]]
    needed: int
    may_recommend: bool
    may_decide: bool
    may_return: bool
    against: str


def authority(organisation: Organisation, row: Row) -> tuple[str, Level | None]:
    """Return who decides: as the decision said, or as the table says now where that is stricter."""
    said = json.loads(row["recommended"] or "{}")
    amount = said.get("amount_fen") or row["offered_fen"] or row["amount_fen"]
    now = organisation.authority(amount, product=row["product"])
    hands = max(row["hands"], now.hands, key=HANDS.index)
    return hands, max(row["level"], now.level, key=LEVELS.index)


def decidable(hands: str) -> list[str]:
    """Return the states in which it is decided: where more than one is needed, recommended only."""
    return ["recommended"] if hands in ("two", "committee") else ["recommended", "referred"]


def turn_of(organisation: Organisation, row: Row, state: str, who: Principal) -> OfficersTurn:
    """
    Return whose turn an application is, and what somebody may do with it; orders check again.

    Args:
        organisation: In force on the business day.
        row: The application.
        state: As it is shown on the day.
        who: Who reads.
    """
    hands, level = authority(organisation, row)
    votes: list[dict[str, str]] = json.loads(row["votes"])
    by = json.loads(row["recommended"] or "{}").get("by")
    officer, decides = who.role == "officer", state in decidable(hands)
    against = ""
    if who.person in {row["maker"], by, *(each["by"] for each in votes)}:
        against = "same_person"
    elif not organisation.may_decide(who.unit, level):
        against = "not_authorised"
    free = officer and not against
    return OfficersTurn(
        *(hands, level, votes, VOTES[hands]),
        may_recommend=officer and state in RECOMMENDED_FROM,
        may_decide=free and decides,
        may_return=free and state == "recommended",
        against=against if officer and decides else "",
    )
