"""
The case that is decided: what was kept of it, as the formulas read it.

`inputs` are canonical JSON; nothing else is looked at, so that whoever has them finds the same.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from app.books.ledger import Element, Figures
from app.chain.limits.formulas.algebra import Algebra
from app.chain.limits.formulas.leaves import ClaimLeaves, FirmLeaves
from app.chain.limits.formulas.limit import LimitLeaves
from app.lending.decisions.forms import Asked, LoanReason
from app.lending.decisions.plain import claim_leaves, firm_leaves, limit_leaves
from app.lending.decisions.words import reason

FORMULA = 2  # Of decisions: another one wherever the same inputs could give another decision.


class KeptRules:
    """Values of a policy as inputs keep them."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told: Mapping[str, Any] = told["rules"]
        self.version: str = told["version"]

    def unit(self, name: str) -> str:
        """Return the unit of a value."""
        return str(self._told[name]["unit"])

    def decimal(self, name: str) -> Decimal:
        """Return a number as an exact decimal."""
        return Decimal(self._told[name]["value"])

    def table(self, name: str) -> Mapping[str, Decimal]:
        """Return a table of numbers by key."""
        return {key: Decimal(value) for key, value in self._told[name]["value"].items()}


class Requirement(NamedTuple):
    """What a firm must have for a product, and what it can do where it has not."""

    rule: str
    leaf: str
    op: str
    value: int
    label: Mapping[str, str]
    fix: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ProductTerms:
    """What of a product a decision reads."""

    id: str
    version: str
    path: str
    amount_floor_fen: int
    amount_cap_fen: int
    rate_floor: Decimal
    rate_cap: Decimal
    rate_add: Decimal
    pd_max: Decimal
    straight_through: bool
    who: tuple[Requirement, ...]
    fees: Sequence[Mapping[str, Any]] = ()  # Kept where there are any; no figure depends on them.

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "ProductTerms":
        """Return what was kept of a product."""
        rates = {name: Decimal(told[name]) for name in RATES}
        return cls(**{**told, **rates, "who": tuple(Requirement(**each) for each in told["who"])})


RATES = ("rate_floor", "rate_cap", "rate_add", "pd_max")


class OpenPaper(NamedTuple):
    """A receivable that the core has not confirmed, or a voucher that the firm does not hold."""

    number: str
    face_fen: int
    due_on: str


class AgedBuyer(NamedTuple):
    """
    A buyer that owes so much past due that claims on it do not count, and the claim of the firm.

    `unpaid_fen` and `overdue_fen` are all that it owes, to anybody; `rows` what it owes the firm
    past due, the smallest first, `counted` where they would count as a claim. `more_fen` is the
    most that others' own credit in the chain would gain if claims on it counted again.
    """

    claim: ClaimLeaves
    unpaid_fen: int
    overdue_fen: int
    more_fen: int
    rows: Sequence[OpenPaper]
    counted: Sequence[str]


class Giver(NamedTuple):
    """A buyer that could pass a voucher on, and the most that it would of what it owes the firm."""

    firm: str
    fen: int


@dataclass(frozen=True, slots=True)
class Case:
    """
    What a decision is made from.

    `open_papers` are what the core could confirm, `waiting` vouchers that the firm could accept,
    `givers` who could pass one on.
    """

    told: Mapping[str, Any]
    asked: Asked
    product: ProductTerms
    leaves: LimitLeaves | None
    payer: FirmLeaves | None
    limits: Algebra
    prices: Algebra
    path: Sequence[Element]
    accounts: Mapping[str, Figures]
    open_papers: Sequence[OpenPaper]
    waiting: Sequence[OpenPaper] = ()
    givers: Sequence[Giver] = ()
    aged: Sequence[AgedBuyer] = ()

    @property
    def day(self) -> str:
        """Return the business day."""
        return str(self.told["day"])

    @property
    def tenor_days(self) -> int:
        """Return for how many days it is."""
        return int(self.told["tenor_days"])

    def reason(self, code: str) -> LoanReason:
        """Return a code with the words of the formula that the inputs are of."""
        return reason(self.formula, code)

    @property
    def formula(self) -> int:
        """Return the formula that the inputs are of."""
        return int(self.told["formula"])

    @property
    def financed(self) -> Sequence[str]:
        """Return the documents that carry a use already: none is offered on them."""
        told: Sequence[str] = self.told.get("financed", ())  # Not kept by the first decisions.
        return told

    @property
    def loss_e12(self) -> int:
        """Return what the firm loses of its production when the core fails."""
        return int(self.told["loss_e12"])

    def elsewhere_e12(self, buyer: str) -> int:
        """Return how far a buyer belongs to other chains of the firm."""
        return int(self.told["elsewhere_e12"].get(buyer, 0))


def case_of(inputs: bytes) -> Case:
    """Return the case that inputs keep."""
    return case_from(json.loads(inputs))


def case_from(told: Mapping[str, Any]) -> Case:
    """Return the case that inputs keep, read already."""
    head, kept = told["head"], told["values"]
    named = {"version": head["version"], "run": head["run"], "book": head["book"]}
    leaves, payer = told["limit"], told["payer"]
    return Case(
        told=told,
        asked=Asked.of(told["asked"]),
        product=ProductTerms.of(told["product"]),
        leaves=None if leaves is None else limit_leaves(leaves),
        payer=None if payer is None else firm_leaves(payer),
        limits=Algebra(KeptRules(kept["limit"]), **named),
        prices=Algebra(KeptRules(kept["price"]), **named),
        path=[Element(*each) for each in told["path"]],
        accounts={name: Figures(*each) for name, each in told["accounts"].items()},
        open_papers=[OpenPaper(**each) for each in told["open"]],
        waiting=[OpenPaper(**each) for each in told.get("waiting", ())],  # Not kept by formula 1.
        givers=[Giver(**each) for each in told.get("givers", ())],
        aged=[_aged(each) for each in told.get("aged", ())],
    )


def _aged(told: Mapping[str, Any]) -> AgedBuyer:
    rows = [OpenPaper(**each) for each in told["rows"]]
    return AgedBuyer(**{**told, "claim": claim_leaves(told["claim"]), "rows": rows})
