"""The caps that an exposure is held against: of the rules in force, and of the bank's appetite."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.books.rules import RulesInForce
from app.policy import Policy

By = Literal["core", "firm", "sector", "group", "product"]
BASES = {"net_capital": "bank_capital_fen", "tier1": "tier1_net_fen"}
# Rules by their share of what; `firm`: one borrower.
RULES: Mapping[By, Sequence[tuple[str, str]]] = {
    "core": [("lex.single_nonbank", "tier1")],
    "firm": [("lex.loan_single", "net_capital"), ("lex.single_nonbank", "tier1")],
    "group": [("lex.group_nonbank", "tier1")],
    "sector": [],
    "product": [],
}
APPETITE: Mapping[By, str] = {
    "core": "core_exposure_share",
    "group": "group_share",
    "sector": "sector_exposure_share",
    "product": "product_exposure_share",
}


@dataclass(frozen=True, slots=True)
class ExposureCap:
    """One cap: the rule or policy value that says it, its share of which capital, in money."""

    rule: str
    source: str
    share: str
    base: str
    cap_fen: int


def caps_of(by: By, rules: RulesInForce, policy: Policy) -> Sequence[ExposureCap]:
    """
    Return the caps of one kind of exposure, the tightest first.

    Args:
        by: What exposures are summed by.
        rules: The rules in force; one that is not in force caps nothing.
        policy: The policy in force.
    """
    found = []
    for name, base in RULES[by]:
        share = rules.share(name)
        if share is not None:
            cap = int(share * policy.whole(BASES[base]))
            found.append(ExposureCap(name, rules.held[name].source, str(share), base, cap))
    if by in APPETITE:
        own = policy.rule(APPETITE[by])
        part = policy.decimal(own.id)
        cap = int(part * policy.whole(BASES["tier1"]))
        found.append(ExposureCap(own.id, own.source, str(part), "tier1", cap))
    return sorted(found, key=lambda cap: cap.cap_fen)
