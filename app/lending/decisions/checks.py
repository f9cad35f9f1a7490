"""What was looked at for a decision, each with what was found: out of its kept inputs alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.lending.decisions.case import Case, case_of
from app.lending.decisions.deciding import DecidedTrees, trees_of
from app.lending.decisions.outlook import DOCUMENTS, node
from app.lending.decisions.replaying import UNREADABLE
from app.platform.web.money import NONE, amount, percent
from app.platform.web.texts import Texts


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """One thing that was looked at: what it is, what was found, whether it holds, what to do."""

    code: str  # Of an account its id.
    words: str
    found: str
    holds: bool
    fix: str = ""


def checks_of(inputs: str, t: Texts) -> list[ShownCheck]:
    """
    Return what a decision looked at; nothing where its inputs cannot be read any more.

    Args:
        inputs: The inputs that were kept of it.
        t: The words.
    """
    try:
        case = case_of(inputs.encode())
        trees = trees_of(case)
        return [*_of_product(case, trees, t), *_of_accounts(case, trees, t)]
    except UNREADABLE:
        return []


def _of_product(case: Case, trees: DecidedTrees, t: Texts) -> Iterator[ShownCheck]:
    terms, chance = case.product, node(trees.price, "pd")
    known = None if chance is None or chance.figure is None else chance.figure
    bounds = _bounds(terms.amount_floor_fen, terms.amount_cap_fen, t)
    within = terms.amount_floor_fen <= case.asked.amount_fen <= terms.amount_cap_fen
    yield ShownCheck("amount", t("check_amount"), bounds, within)
    told = t("check_pd_found", found=NONE if known is None else percent(known, 2),
             most=percent(terms.pd_max, 2))  # fmt: skip
    yield ShownCheck("pd", t("check_pd"), told, known is not None and known <= terms.pd_max)
    unmet = {each.rule for each in trees.outlook.unmet}
    for each in terms.who:
        holds = each.rule not in unmet
        fix = "" if holds else each.fix[t.language]
        found = t("check_is_there" if holds else "check_is_absent")
        yield ShownCheck(each.rule, each.label[t.language], found, holds, fix)


def _bounds(least: int, most: int, t: Texts) -> str:
    told: Mapping[str, str] = {
        name: str(amount(fen, t.language)) for name, fen in (("least", least), ("most", most))
    }
    return t("check_between", **told)


def _of_accounts(case: Case, trees: DecidedTrees, t: Texts) -> Iterator[ShownCheck]:
    for room in trees.outlook.rooms:
        left = t("check_room", amount=amount(max(0, room.fen), t.language))
        holds = room.fen >= case.asked.amount_fen
        words = t("check_documents") if room.account == DOCUMENTS else ""
        yield ShownCheck(room.account, words, left, holds)
