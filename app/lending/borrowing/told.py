"""Decisions and plans as a firm reads them: in its language, with where it can act at once."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from app.lending.decisions.cards import ShownStep, ShownWay
from app.platform.documents import Document
from app.platform.web.texts import Texts

PLACE, APPLY, LOANS = "/my/applications", "/my/apply", "/my/loans"
CLAIMS, HELD = "/my/receivables", "/my/vouchers"
SHOWN_AT = {
    "receivable": (CLAIMS, "path_see_receivable", "?state=open#receivables", "path_see_open"),
    "voucher": (HELD, "path_see_voucher", "?state=issued#vouchers", "path_see_issued"),
}
REQUESTS, FIRMS = "/my/requests", "/firms"
PLACES = {  # Where a firm sees what the bank knows of what is to change.
    "claim": (CLAIMS, "nav_claims"),
    "order": (f"{CLAIMS}?state=open#receivables", "nav_claims"),
    "dispute": (f"{CLAIMS}?state=disputed#receivables", "path_disputed"),
    "overdue": (f"{CLAIMS}?due=late#receivables", "path_overdue"),
    "statement": (FIRMS, "nav_own_firm"),
    "sales": (FIRMS, "nav_own_firm"),
}
HANDED = "/my/papers"
KINDS = {"claim": "invoices", "order": "orders", "statement": "statement", "sales": "invoices"}
BROUGHT = {  # What the firm hands in, and the bank's people take.
    "claim": "path_bring_claim",
    "order": "path_bring_order",
    "statement": "path_bring_statement",
    "sales": "path_bring_sales",
}
ASKED_MAX = 20  # Documents of a way for which there is a button each.
SHOWN_MAX = 3  # Documents of a kind that are named one by one.


def offer_rows(schedule: Document | None) -> Sequence[Mapping[str, Any]]:
    """Return the rows of what is offered, each with what it asks in all, its fees among it."""
    return [{**each, "sum_fen": each["sum_fen"] + each["fees_fen"]} for each in plan_rows(schedule)]


def plan_rows(schedule: Document | None) -> Sequence[Mapping[str, Any]]:
    """Return the rows of a loan's plan, each with its principal and interest together."""
    return [
        {**each, "sum_fen": each["principal_fen"] + each["interest_fen"]}
        for each in (schedule["items"] if schedule else ())
    ]


def links_of(
    way: ShownWay, asked: Document, t: Texts, *, product: str, standing: Sequence[Document]
) -> Sequence[Mapping[str, Any]]:
    """
    Return what a firm can do about a way to yes: a form that acts, a link, or words on who acts.

    Args:
        way: The way.
        asked: What was asked: its core and documents.
        t: The reader's words.
        product: By which product it asks again on documents.
        standing: What the firm has asked of others already.
    """
    core = asked["core"] or ""
    named = {f"{each['kind']}:{each['number']}" for each in asked["documents"]}
    found: list[Mapping[str, Any]] = []
    for step in way.steps:
        if step.act in ("accept", "confirm"):
            more = [each for each in step.accounts if each not in named]
            acts = _accepted if step.act == "accept" else _confirmed
            found += acts(more, standing, t)
            found += _shown(more, t)
            told = [("product", product), ("core", core)]
            told += [("documents", each) for each in step.accounts]
            again = urlencode([each for each in told if each[1]])
            address = f"{APPLY}?{again}"
            found.append({"act": "ask-again", "address": address, "words": t("path_again")})
        elif step.act == "pass":
            found += _passed(step, core, standing, t)
        elif step.act in PLACES:
            address, words = PLACES[step.act]
            if step.act in BROUGHT:
                found.append(_told(f"show-{step.act}", t(BROUGHT[step.act])))
                place = f"{HANDED}?kind={KINDS[step.act]}"
                found.append({"act": "hand-in", "address": place, "words": t("path_hand_in")})
            if address == FIRMS:
                address = f"{FIRMS}/{quote(asked['firm'], safe='')}"
            found.append({"act": "see", "address": address, "words": t(words)})
    return found


def _confirmed(
    accounts: Sequence[str], standing: Sequence[Document], t: Texts
) -> Iterator[Mapping[str, Any]]:
    """Yield a form for each receivable that its core is not asked to confirm yet."""
    asked_on = {row["receivable"]: row["made_on"] for row in standing if row["receivable"]}
    for account in accounts[:ASKED_MAX]:
        number = account.partition(":")[2]
        if number in asked_on:
            yield _told("asked-confirm", t("path_asked", number=number, day=asked_on[number]))
            continue
        yield {
            "act": "ask-confirm",
            "action": REQUESTS,
            "form": {"kind": "confirm", "receivable": number},
            "words": t("path_ask_confirm", number=number),
        }


def _accepted(
    accounts: Sequence[str], _: Sequence[Document], t: Texts
) -> Iterator[Mapping[str, Any]]:
    """Yield a form for each voucher that waits."""
    for account in accounts[:ASKED_MAX]:
        number = account.partition(":")[2]
        yield {
            "act": "accept",
            "action": f"{HELD}/{quote(number, safe='')}/accept",
            "form": {},
            "words": t("path_accept", number=number),
        }


def _passed(
    step: ShownStep, core: str, standing: Sequence[Document], t: Texts
) -> Iterator[Mapping[str, Any]]:
    """Yield the form that asks a buyer to pass a voucher on, where it is not asked yet."""
    stands = [
        row
        for row in standing
        if (row["kind"], row["asked"], row["core"]) == ("pass", step.firm, core)
    ]
    for row in stands:
        yield _told("asked-pass", t("path_asked_pass", day=row["made_on"]))
    if not stands:
        yuan = Decimal(int(step.to_figure or 0)).scaleb(-2)
        yield {
            "act": "ask-pass",
            "action": REQUESTS,
            "form": {"kind": "pass", "of": step.firm, "core": core, "amount": f"{yuan:.2f}"},
            "words": t("path_ask_pass", firm=step.named),
        }
    else:
        yield {"act": "see", "address": REQUESTS, "words": t("nav_requests")}


def _told(act: str, words: str) -> Mapping[str, Any]:
    return {"act": act, "words": words}


def _shown(accounts: Sequence[str], t: Texts) -> Sequence[Mapping[str, str]]:
    """Return where the firm sees what is to be confirmed or accepted, one by one where few."""
    split = [each.partition(":") for each in accounts]
    found: list[Mapping[str, str]] = []
    for kind, (place, one, waiting, many) in SHOWN_AT.items():
        named = [number for each, _, number in split if each == kind]
        if len(named) > SHOWN_MAX:
            found.append({"act": "see", "address": place + waiting, "words": t(many)})
            continue
        found += [
            {
                "act": "see",
                "address": f"{place}/{quote(each, safe='')}",
                "words": t(one, number=each),
            }
            for each in named
        ]
    return found
