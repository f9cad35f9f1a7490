"""Forms of pages that move the book: each counts once; what stands against it is told in words."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Form, Request

from app.books.ledger.answering import keyed
from app.books.ledger.orders import Key
from app.platform.auth.gate import check_csrf
from app.platform.auth.principals import Principal
from app.platform.errors import AppError
from app.platform.web.money import amount
from app.platform.web.texts import Texts
from app.platform.web.unfit import UnfitField

STATES = (
    "paper_state",
    "account_use",
    "account_state",
    "application_state",
    "loan_state",
    "handed",
)  # The words of states: of what they are.


@dataclass(frozen=True, slots=True)
class OrderSent:
    """What a form that moves the book is sent with: its session's token, its own key, a reason."""

    csrf: str
    key: str
    reason: str = ""

    @contextlib.contextmanager
    def order(self, request: Request, who: Principal, body: Any = None) -> Iterator[Key]:
        """
        Yield the key under which the order of a form counts once.

        Raises:
            ForgedRequest: The form is of another session.
            KeyRequired: It has no key.
            InProgress: It was sent before, and is still being worked on.
        """
        check_csrf(who, self.csrf)
        with keyed(request, who, self.key, body) as own:
            yield own

    def reason_given(self, length_max: int) -> str:
        """
        Return the reason of what needs one.

        Raises:
            UnfitField: There is none, or it is longer.
        """
        reason = self.reason.strip()
        if not 1 <= len(reason) <= length_max:
            raise UnfitField("reason", most=length_max)
        return reason


async def _sent(
    csrf: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> OrderSent:
    return OrderSent(csrf, key, reason)


OrderSentDep = Annotated[OrderSent, Depends(_sent)]


def refusal_words(refused: AppError, t: Texts) -> str:
    """Return what stands against an order, in words, and what to do."""
    told = refused.further.get(t.language)
    if isinstance(told, str):  # A rule in its own words.
        return t("order_refused", detail=told)
    if refused.code == "limit_exceeded":
        return t("order_refused_limit_exceeded", lacks=_lacks(refused, t))
    if refused.code == "wrong_state":
        state = str(refused.further.get("state", ""))
        kind = next((each for each in STATES if t.has(f"{each}_{state}")), "")
        state = t.coded(kind, state)
        return t("order_refused_wrong_state", state=state)
    key = f"order_refused_{refused.code}"
    return t(key) if t.has(key) else t("order_refused", detail=str(refused))


def _lacks(refused: AppError, t: Texts) -> str:
    """Return the accounts that lack, each with what it has of what was asked."""
    found: Any = refused.further.get("accounts", ())
    told = [
        t(
            "order_lacks",
            account=each["account"],
            has=amount(each["available_fen"], t.language),
            asked=amount(each["asked_fen"], t.language),
        )
        if "available_fen" in each
        else t.coded("layer", each.get("layer", ""))
        for each in found
    ]
    return t("list_comma").join(told)
