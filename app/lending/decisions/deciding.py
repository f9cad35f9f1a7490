"""
The decision, a pure function of its inputs: limit, requirements, price and authority.

What the bank offers is the least that the accounts of the path, the limit and the product allow.
The machine may offer less than is asked for and may decline alone; what is above its authority is
referred to people.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from app.chain.limits.formulas.algebra import Term
from app.chain.limits.formulas.exact import written
from app.chain.limits.words import binding
from app.lending.decisions.case import Case, case_of
from app.lending.decisions.forms import (
    APPROVED,
    DECLINED,
    REASONS_MAX,
    REFERRED,
    LoanDecision,
    LoanReason,
)
from app.lending.decisions.outlook import Outlook, Room, node, outlook
from app.lending.decisions.path import path_to_yes
from app.lending.pricing.formula import PriceLeaves, price

MACHINE = "machine"
COMMITTEE = ("committee", "head")


class DecidedTrees(NamedTuple):
    """What a decision rests on: the limit, the price, and which requirements are not met."""

    outlook: Outlook
    price: Term


class LendingVerdict(NamedTuple):
    """An outcome, how much, and whose decision it is."""

    outcome: str
    amount_fen: int
    authority: str
    level: str | None
    reasons: tuple[LoanReason, ...]


def decided_from(inputs: bytes) -> LoanDecision:
    """Return the decision that its inputs give, to the same bytes wherever it is worked out."""
    case = case_of(inputs)
    trees = trees_of(case)
    verdict = _verdict(case, trees)
    head, rate = case.told["head"], trees.price.figure
    return LoanDecision(
        id=case.told["id"],
        outcome=verdict.outcome,
        amount_fen=verdict.amount_fen,
        rate=None if rate is None else written(rate),
        tenor_days=case.tenor_days,
        reasons=verdict.reasons,
        path_to_yes=() if _is_barred(case, trees) else path_to_yes(case, trees.outlook),
        authority=verdict.authority,
        level=verdict.level,
        version=head["version"],
        run=head["run"],
        book=head["book"],
        policy=head["policy"],
        models=tuple(case.told["models"]),
        inputs_hash=hashlib.sha256(inputs).hexdigest(),
    )


def trees_of(case: Case) -> DecidedTrees:
    """Return what a decision rests on."""
    terms = case.product
    asked = PriceLeaves(case.payer, terms, terms.version, case.tenor_days)
    return DecidedTrees(outlook(case), price(case.prices, asked))


def _verdict(case: Case, trees: DecidedTrees) -> LendingVerdict:
    found, asked = trees.outlook, case.asked.amount_fen
    refused = list(_refusals(case, trees))
    bound = [] if found.narrowest.fen >= asked else [_bound(case, found)]
    if refused or not found.room_fen:
        below = [] if refused else [case.reason("product.floor")]
        told = tuple([*refused, *bound, *below][:REASONS_MAX])
        return LendingVerdict(DECLINED, 0, MACHINE, None, told)
    amount = min(asked, found.room_fen)
    hands, level = _authority(case, amount)
    people = [] if hands == MACHINE else [_of_people(case, amount, hands)]
    told = tuple([*bound, *people] or [case.reason("within")])
    outcome = APPROVED if hands == MACHINE else REFERRED
    return LendingVerdict(outcome, amount, hands, level, told)


def _is_barred(case: Case, trees: DecidedTrees) -> bool:
    """Return whether no change of a limit would help: there is no price, or too much risk."""
    return next(_of_price(case, trees), None) is not None


def _of_price(case: Case, trees: DecidedTrees) -> Iterator[LoanReason]:
    """Yield why there is no rate to lend at."""
    chance = node(trees.price, "pd")
    if trees.price.figure is None:
        yield case.reason("price.absent")
    elif chance is not None and chance.figure is not None and chance.figure > case.product.pd_max:
        yield case.reason("product.pd")


def _refusals(case: Case, trees: DecidedTrees) -> Iterator[LoanReason]:
    """Yield what forbids to lend, whatever the amount."""
    yield from _of_price(case, trees)
    for each in trees.outlook.unmet:
        label, fix = each.label, each.fix
        zh, en = f"未满足：{label['zh']}。{fix['zh']}", f"Not met: {label['en']}. {fix['en']}"
        yield LoanReason(each.rule, zh, en)


def _bound(case: Case, found: Outlook) -> LoanReason:
    """Return why it is no more: the account with the least room, and what its total is of."""
    room, limit = found.narrowest, found.limit
    layer = room.account.partition(":")[0]
    if layer in ("chain", "relation") and limit is None:
        return case.reason("limit.absent")
    if layer not in ("chain", "relation"):
        return case.reason(f"room.{layer}")
    if _is_taken(case, room):
        return case.reason("limit.used")
    if layer == "relation" or limit is None:
        return case.reason("limit.relation")
    return case.reason(f"limit.{binding(limit)}")


def _is_taken(case: Case, room: Room) -> bool:
    figures = case.accounts.get(room.account)
    return figures is not None and figures.total > room.fen


def _authority(case: Case, amount: int) -> tuple[str, str | None]:
    """Return whose decision an amount is; of a product without the machine, that of people."""
    rows = case.told["authority"]
    taking = [row for row in rows if row["to_fen"] is None or amount <= row["to_fen"]]
    if not case.product.straight_through:
        taking = [row for row in taking if row["hands"] != MACHINE]
    if not taking:  # Its table leaves all to the machine, its product does not.
        return COMMITTEE
    return taking[0]["hands"], taking[0]["level"]


def _of_people(case: Case, amount: int, hands: str) -> LoanReason:
    machine = [row for row in case.told["authority"] if row["hands"] == MACHINE]
    alone = any(row["to_fen"] is None or amount <= row["to_fen"] for row in machine)
    return case.reason("product.judgement" if alone else f"authority.{hands}")
