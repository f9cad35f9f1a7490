"""What a fen lent for a year earns, may lose and ties up: the terms of its price."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from app.chain.limits.formulas.algebra import Algebra, Term
from app.chain.limits.formulas.exact import cut
from app.chain.limits.formulas.leaves import FirmLeaves
from app.lending.pricing.formula import PriceLeaves, price
from app.lending.products.book import Product
from app.policy import Policy

E12 = 10**12
ROUNDED = Decimal("0.0001")  # A rate is told in whole basis points.
SALES_STEPS = 20  # Between the bounds of sales; in between the next above, which ties up more.
ADDS = ("price_add", "rate_add")  # Of what a price is made of, what is no cost.


@dataclass(frozen=True, slots=True)
class PayerKnown:
    """What is known of whose credit carries a loan, as far as a price reads it."""

    rating: str | None
    sales_fen: int | None


@dataclass(frozen=True, slots=True)
class Gain:
    """
    A fen lent for a year: what it earns, is expected to lose and ties up, in 10^-12 fen.

    `pays`: whether it earns what its capital must earn, but for what a rate is rounded by.
    """

    gain_e12: int
    expected_e12: int
    capital_e12: int
    chance: Decimal
    lgd: Decimal
    pays: bool


class Gains:
    """
    What a fen lent earns, by product and payer; payers of whom the same is known share it.

    A year's rate as far as it survives, less what funds, running, losses, liquidity and operations
    cost. What capital costs is not taken off, for capital is a cap: what earns less than that on
    the capital that it ties up is no candidate (`pays`).
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._algebra = Algebra(policy, version=0, run="")
        self._kept: dict[tuple[str, PayerKnown], Gain | None] = {}

    def of(self, product: Product, payer: PayerKnown) -> Gain | None:
        """Return the figures; None where there is no price."""
        known = PayerKnown(payer.rating, self._stepped(payer.sales_fen))
        key = (product.version, known)
        if key not in self._kept:
            self._kept[key] = self._made(product, known)
        return self._kept[key]

    def _stepped(self, sales_fen: int | None) -> int | None:
        """Return sales, between the bounds those of the step above."""
        low, high = (
            self._policy.whole(name) for name in ("sme_sales_floor_fen", "sme_sales_cap_fen")
        )
        if sales_fen is None:
            return None
        step = max(1, (high - low) // SALES_STEPS)
        return min(high, low + -(-max(0, sales_fen - low) // step) * step)

    def _made(self, product: Product, payer: PayerKnown) -> Gain | None:
        leaves = FirmLeaves(None, payer.rating, None, payer.sales_fen, None, None, 0)
        days = usual_days(product, self._policy)
        tree = price(self._algebra, PriceLeaves(leaves, product.terms, product.version, days))
        if tree.figure is None:
            return None
        read = partial(_figure, tree)
        costs = read("gross") - sum(read(add) for add in ADDS)
        earned = tree.figure * read("survival") - costs
        return Gain(
            in_e12(earned + read("capital_cost")),
            in_e12(read("expected_loss")),
            in_e12(read("capital")),
            read("pd"),
            read("lgd"),
            earned > -ROUNDED,
        )


def given_up(lgd: Decimal) -> Gain:
    """Return the figures of what nobody can price any more: it is lost as far as it is ever."""
    return Gain(0, in_e12(lgd), 0, Decimal(1), lgd, pays=False)


def usual_days(product: Product, policy: Policy) -> int:
    """Return how long a loan usually lasts: of documents as payables do, else a year."""
    terms = product.terms
    days = policy.whole("tenor_days") if terms.path == "documents" else policy.whole("day_base")
    return min(max(days, terms.tenor_floor_days), terms.tenor_cap_days)


def _figure(tree: Term, code: str) -> Decimal:
    """
    Return a term's figure.

    Raises:
        KeyError: No step of the price has this code.
    """
    found = next((each for each in _steps(tree) if each.code == code), None)
    if found is None:
        raise KeyError(code)
    return found.figure or Decimal(0)


def _steps(tree: Term) -> Iterator[Term]:
    yield tree
    for child in tree.children:
        yield from _steps(child)


def in_e12(figure: Decimal) -> int:
    """Return a figure in 10^-12, cut towards zero."""
    return int(cut(figure) * E12)
