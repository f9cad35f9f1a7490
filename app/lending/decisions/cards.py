"""A decision as pages show it: outcome, reasons, path to yes, price, whose decision it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from app.chain.accounts.service import Named
from app.lending.decisions.forms import Figure, act_of
from app.platform.web.derivations import value_of
from app.platform.web.money import NONE, percent
from app.platform.web.texts import Texts

TONES: Mapping[str, str] = {"approved": "done", "referred": "now", "declined": "bad"}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """
    One change of a path to yes, in words.

    `accounts` are its documents; `act` is what has to be done, `firm` the buyer that it is about.
    """

    words: str
    was: str
    to: str
    documents: Sequence[str]
    accounts: Sequence[str]
    act: str
    firm: str
    named: str
    to_figure: Figure


@dataclass(frozen=True, slots=True)
class ShownWay:
    """Changes that lead to yes together, and what could be lent then."""

    steps: Sequence[ShownStep]
    amount_fen: int
    number: int


@dataclass(frozen=True, slots=True)
class DecisionCard:
    """What a page says of a decision or a quote; a quote has no id."""

    id: str | None
    outcome: str
    tone: str
    amount_fen: int
    rate: str
    tenor_days: int
    hands: str
    reasons: Sequence[tuple[str, str]]
    ways: Sequence[ShownWay]


def card_of(decision: Mapping[str, Any], t: Texts, named: Named) -> DecisionCard:
    """
    Return a decision as pages show it.

    Args:
        decision: As the interface tells it, or as an application keeps it.
        t: The words.
        named: Names of firms.
    """
    path = sorted(decision["path_to_yes"], key=itemgetter("set"))
    ways = [[*steps] for _, steps in groupby(path, key=itemgetter("set"))]
    return DecisionCard(
        id=decision["id"],
        outcome=decision["outcome"],
        tone=TONES[decision["outcome"]],
        amount_fen=decision["amount_fen"],
        rate=rate_words(decision["rate"]),
        tenor_days=decision["tenor_days"],
        hands=hands_words(decision["authority"], decision["level"], t),
        reasons=[(each["code"], each[t.language]) for each in decision["reasons"]],
        ways=[
            ShownWay([_step(each, t, named) for each in way], way[0]["amount_fen"], way[0]["set"])
            for way in ways
        ],
    )


def rate_words(rate: str | None) -> str:
    """
    Return a rate of a year in per cent, to the basis point.

    Example:
        >>> rate_words("0.025"), rate_words(None), rate_words("")
        ('2.50%', '–', '–')
    """
    return percent(rate, 2) if rate else NONE


def hands_words(hands: str, level: str | None, t: Texts) -> str:
    """Return who decides: how many people, in a unit of which level or above."""
    told = t.coded("hands", hands)
    return t("hands_at", hands=told, level=t(f"level_{level}")) if level else told


def _step(told: Mapping[str, Any], t: Texts, named: Named) -> ShownStep:
    was, to = (value_of({"value": told[name], "unit": told["unit"]}, t) for name in ("from", "to"))
    numbers = [each["number"] for each in told["documents"]]
    accounts = [f"{each['kind']}:{each['number']}" for each in told["documents"]]
    act, firm = act_of(told["leaf"])
    whose = named(firm) if firm else ""
    return ShownStep(told[t.language], was, to, numbers, accounts, act, firm, whose, told["to"])
