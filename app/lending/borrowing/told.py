"""Decisions and plans as a firm reads them: in its language, with where it can act at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from app.platform.documents import Document
from app.platform.web.money import amount, percent
from app.platform.web.texts import Texts

PLACE, APPLY = "/my/applications", "/my/apply"
CLAIMS, HELD = "/my/receivables", "/my/vouchers"
CONFIRMED = "documents/held"
DISPUTED = "disputed"
RATE_PLACES = 2
SHOWN_MAX = 3  # Receivables to be confirmed that are named one by one.


def plan_rows(schedule: Document | None) -> Sequence[Mapping[str, Any]]:
    """Return the rows of a plan, each with what it asks in all."""
    return [
        {**each, "sum_fen": each["principal_fen"] + each["interest_fen"]}
        for each in (schedule["items"] if schedule else ())
    ]


def path_told(decision: Document, asked: Document, t: Texts) -> Sequence[Mapping[str, Any]]:
    """
    Return the path to yes, each step with what changes, and with links to where it is done.

    Args:
        decision: The decision, or a quote.
        asked: What was asked: core and product.
        t: The reader's words.
    """
    return [
        {
            "words": step[t.language],
            "was": _figure(step["from"], step["unit"], t),
            "to": _figure(step["to"], step["unit"], t),
            "amount_fen": step["amount_fen"],
            "set": step["set"],
            "links": _links(step, asked, t),
        }
        for step in decision["path_to_yes"]
    ]


def _figure(value: Any, unit: str, t: Texts) -> str:
    if value is None:
        return t("path_nothing")
    return str(amount(int(value), t.language)) if unit == "fen" else percent(value)


def _links(step: Document, asked: Document, t: Texts) -> Sequence[Mapping[str, str]]:
    """Return where the firm can do what a step says, or see what its buyer is asked to do."""
    if step["leaf"].endswith(CONFIRMED):
        again = {"address": _again(step, asked), "words": t("path_again")}
        return [*_shown(step["documents"], t), again]
    if step["leaf"].endswith(DISPUTED):
        return [{"address": f"{CLAIMS}?state=disputed#receivables", "words": t("path_disputed")}]
    return []


def _shown(documents: Sequence[Document], t: Texts) -> Sequence[Mapping[str, str]]:
    """Return where the firm sees what is to be confirmed, one by one where they are few."""
    named = [each["number"] for each in documents if each["kind"] == "receivable"]
    if len(named) > SHOWN_MAX:
        return [{"address": f"{CLAIMS}?state=open#receivables", "words": t("path_see_open")}]
    return [
        {"address": f"{CLAIMS}/{quote(each, safe='')}", "words": t("path_see", number=each)}
        for each in named
    ]


def _again(step: Document, asked: Document) -> str:
    """Return the form that asks again on the documents that a step names."""
    named = [("documents", f"{each['kind']}:{each['number']}") for each in step["documents"]]
    told = [("product", "document-finance"), ("core", asked["core"] or "")]
    return f"{APPLY}?{urlencode([*told, *named])}"


def rate_told(rate: str | None) -> str:
    """
    Return a rate of a year in per cent.

    Example:
        >>> rate_told("0.0535"), rate_told(None)
        ('5.35%', '–')
    """
    return percent(rate, RATE_PLACES)
