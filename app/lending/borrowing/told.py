"""Decisions and plans as a firm reads them: in its language, with where it can act at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from app.lending.decisions.cards import ShownWay
from app.platform.documents import Document
from app.platform.web.texts import Texts

PLACE, APPLY, LOANS = "/my/applications", "/my/apply", "/my/loans"
CLAIMS, HELD = "/my/receivables", "/my/vouchers"
SHOWN_AT = {
    "receivable": (CLAIMS, "path_see_receivable", "?state=open#receivables", "path_see_open"),
    "voucher": (HELD, "path_see_voucher", "?state=issued#vouchers", "path_see_issued"),
}
SHOWN_MAX = 3  # Documents of a kind that are named one by one.


def plan_rows(schedule: Document | None) -> Sequence[Mapping[str, Any]]:
    """Return the rows of a plan, each with what it asks in all."""
    return [
        {**each, "sum_fen": each["principal_fen"] + each["interest_fen"]}
        for each in (schedule["items"] if schedule else ())
    ]


def links_of(
    way: ShownWay, asked: Document, t: Texts, *, product: str = ""
) -> Sequence[Mapping[str, str]]:
    """
    Return where a firm can do what a way to yes says, or see what its buyer is asked to do.

    Args:
        way: The way.
        asked: What was asked: its core.
        t: The reader's words.
        product: By which product it asks again on documents.
    """
    found: list[Mapping[str, str]] = []
    for step in way.steps:
        if step.act in ("accept", "confirm"):
            found += _shown(step.accounts, t)
            named = [("documents", each) for each in step.accounts]
            told = [("product", product), ("core", asked["core"] or ""), *named]
            again = urlencode([each for each in told if each[1]])
            found.append({"address": f"{APPLY}?{again}", "words": t("path_again")})
        elif step.act == "dispute":
            address = f"{CLAIMS}?state=disputed#receivables"
            found.append({"address": address, "words": t("path_disputed")})
    return found


def _shown(accounts: Sequence[str], t: Texts) -> Sequence[Mapping[str, str]]:
    """Return where the firm sees what is to be confirmed or accepted, one by one where few."""
    split = [each.partition(":") for each in accounts]
    found: list[Mapping[str, str]] = []
    for kind, (place, one, waiting, many) in SHOWN_AT.items():
        named = [number for each, _, number in split if each == kind]
        if len(named) > SHOWN_MAX:
            found.append({"address": place + waiting, "words": t(many)})
            continue
        found += [
            {"address": f"{place}/{quote(each, safe='')}", "words": t(one, number=each)}
            for each in named
        ]
    return found
