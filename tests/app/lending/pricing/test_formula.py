"""The price of a loan: published figures, laws, and a tree from which it can be recomputed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chain.limits.formulas.algebra import Algebra, Term
from app.chain.limits.formulas.leaves import FirmLeaves
from app.chain.limits.words import document
from app.lending.pricing.capital import capital
from app.lending.pricing.formula import PriceLeaves, bucket, price, rounded
from app.lending.pricing.normal import distribution, quantile
from app.lending.products.book import SHIPPED, read_product
from app.lending.products.forms import ProductFile
from app.policy import shipped
from graph.model import Label
from tests.app.chain.limits.evaluator import check

POLICY = shipped()[0]
CREDIT = read_product(SHIPPED / "data-credit.yml")
PAPERS = read_product(SHIPPED / "document-finance.yml")
WIDE: dict[str, Any] = {"rate_floor": Decimal(0), "rate_cap": Decimal(1)}
NORMAL = NormalDist()
SMALLEST = 3_000_000_000  # Sales at the lower bound: the correlation is lowered most.


@dataclass(frozen=True)
class RulesOfPrice:
    """The shipped policy, but for what a test states."""

    stated: Mapping[str, Decimal] = field(default_factory=dict)
    version: str = "stated"

    def unit(self, name: str) -> str:
        return POLICY.unit(name)

    def decimal(self, name: str) -> Decimal:
        return self.stated.get(name, POLICY.decimal(name))

    def table(self, name: str) -> Mapping[str, Decimal]:
        if name in self.stated:
            return dict.fromkeys(POLICY.table(name), self.stated[name])
        return POLICY.table(name)


def firm(rating: str | None = "R7", sales: int | None = SMALLEST) -> FirmLeaves:
    return FirmLeaves(None, rating, None, sales, None, None, 0)


def leaves(
    payer: FirmLeaves | None, *, tenor_days: int = 360, of: Any = CREDIT, **terms: Any
) -> PriceLeaves:
    stated: ProductFile = of.terms.model_copy(update=WIDE | terms)
    return PriceLeaves(payer, stated, of.version, tenor_days)


def priced(known: PriceLeaves, **stated: Decimal) -> Term:
    return price(Algebra(RulesOfPrice(stated), version=1, run="run"), known)


def rate(known: PriceLeaves, **stated: Decimal) -> Decimal:
    found = priced(known, **stated).figure
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("chance", "percent"),
    [
        ("0.001", "2.67"),
        ("0.005", "3.07"),
        ("0.01", "3.42"),
        ("0.02", "4.01"),
        ("0.03", "4.55"),
        ("0.05", "5.62"),
        ("0.1", "8.49"),
    ],
)
def test_the_smallest_firms_pay_what_is_published(chance: str, percent: str) -> None:
    """FTP 2.1 %, running cost 0.4 %, LGD 40 %, hurdle 12 %, a year; sales at the lower bound."""
    found = rate(leaves(firm()), pd_by_grade=Decimal(chance))

    assert found * 100 == Decimal(percent)


def test_at_the_upper_bound_of_sales_nothing_is_taken_off() -> None:
    by_sales = [
        rate(leaves(firm(sales=sales)), pd_by_grade=Decimal("0.05"))
        for sales in (None, 30_000_000_000, 16_500_000_000, SMALLEST, 0, -5)
    ]

    assert by_sales == [
        Decimal(each) for each in (["0.0592", "0.0592", "0.0577", "0.0562", "0.0562", "0.0562"])
    ]


def by_floats(pd: float, lgd: float, sales: float, years: float) -> float:
    """Return the capital as CRE31 has it, written out in floating point."""
    share = (1 - exp(-50 * pd)) / (1 - exp(-50))
    part = 0.12 * share + 0.24 * (1 - share) - 0.04 * (1 - sales)
    slope = (0.11852 - 0.05478 * log(pd)) ** 2
    stressed = NORMAL.cdf(
        (NORMAL.inv_cdf(pd) + sqrt(part) * NORMAL.inv_cdf(0.999)) / sqrt(1 - part)
    )
    return lgd * (stressed - pd) * (1 + (years - 2.5) * slope) / (1 - 1.5 * slope)


@pytest.mark.parametrize("pd", ["0.0005", "0.002", "0.03", "0.2", "0.6", "0.99"])
@pytest.mark.parametrize(("sales", "years"), [("0", "1"), ("0.5", "2.5"), ("1", "5")])
def test_capital_is_that_of_the_formula(pd: str, sales: str, years: str) -> None:
    given_figures = [Decimal(each) for each in (pd, "0.45", sales, years)]

    assert float(capital(*given_figures)) == pytest.approx(
        by_floats(*map(float, given_figures)), abs=2e-12
    )


def test_capital_is_the_same_whatever_precision_others_work_with() -> None:
    figures = [Decimal(each) for each in ("0.0125", "0.4", "0.3", "1.5")]
    usual = capital(*figures)
    capital.cache_clear()
    with localcontext() as context:
        context.prec = 6
        assert capital(*figures) == usual
    assert usual == Decimal("0.052219927973")


@pytest.mark.parametrize("x", ["-6", "-1.5", "0", "0.25", "3.09", "7"])
def test_quantile_and_distribution_undo_each_other(x: str) -> None:
    value = Decimal(x)

    assert abs(quantile(distribution(value)) - value) < Decimal("1e-24")
    assert float(distribution(value)) == pytest.approx(NORMAL.cdf(float(x)), abs=1e-15)


@pytest.mark.parametrize("chance", ["0", "1", "-0.1", "1.1"])
def test_there_is_no_quantile_of_what_is_no_chance(chance: str) -> None:
    with pytest.raises(ValueError, match="no chance between 0 and 1"):
        quantile(Decimal(chance))


SHARES = st.integers(1, 999).map(lambda n: Decimal(n) / 1000)
PAIRS = st.lists(SHARES, min_size=2, max_size=2, unique=True).map(sorted)


@given(PAIRS, st.sampled_from([30, 360, 1800]))
def test_it_rises_with_the_chance_of_default(pair: list[Decimal], days: int) -> None:
    low, high = (
        rate(leaves(firm(), tenor_days=days, rate_cap=Decimal(10**9)), pd_by_grade=each)
        for each in pair
    )

    assert low < high


@given(PAIRS)
def test_it_rises_with_the_loss_given_default(pair: list[Decimal]) -> None:
    low, high = (rate(leaves(firm("R12")), price_lgd=each) for each in pair)

    assert low <= high
    assert low < high or pair[1] - pair[0] < Decimal("0.002")


@given(PAIRS)
def test_it_rises_with_what_funds_cost(pair: list[Decimal]) -> None:
    low, high = (rate(leaves(firm()), ftp=each / 2) for each in pair)

    assert low < high


@given(SHARES, PAIRS)
def test_it_stands_between_floor_and_cap(chance: Decimal, pair: list[Decimal]) -> None:
    floor, cap = pair
    found = rate(leaves(firm(), rate_floor=floor, rate_cap=cap), pd_by_grade=chance)

    assert floor <= found <= cap
    free = rate(leaves(firm(), rate_cap=Decimal(10**9)), pd_by_grade=chance)
    assert found == min(max(free, floor), cap)


@given(st.lists(st.decimals(0, 2, places=12), min_size=2, max_size=2).map(sorted))
def test_rounding_is_half_up_and_keeps_the_order(pair: list[Decimal]) -> None:
    algebra = Algebra(RulesOfPrice(), version=1, run="run")
    low, high = (
        rounded(algebra, algebra.input("apr", "rate", each, {})).figure or Decimal(0)
        for each in pair
    )

    assert low <= high
    for exact, found in zip(pair, (low, high), strict=True):
        assert found == exact.quantize(Decimal("0.0001"), rounding="ROUND_HALF_UP")


@pytest.mark.parametrize(
    ("exact", "whole"), [("0.04245", "0.0425"), ("0.042449999999", "0.0424"), ("0.0424", "0.0424")]
)
def test_half_a_basis_point_goes_up(exact: str, whole: str) -> None:
    algebra = Algebra(RulesOfPrice(), version=1, run="run")

    assert rounded(algebra, algebra.input("apr", "rate", Decimal(exact), {})).figure == Decimal(
        whole
    )


def nodes(term: Term) -> Iterator[Term]:
    yield term
    for child in term.children:
        yield from nodes(child)


def named(code: str, _: object) -> Label:
    return Label(zh=code, en=code)


@pytest.mark.parametrize("of", [CREDIT, PAPERS])
def test_every_figure_can_be_traced_and_recomputed(of: Any) -> None:
    found = priced(replace(leaves(firm(), of=of), terms=of.terms))
    told = document(found, str, named)
    by_code = {each.code: each for each in nodes(found)}

    assert check(told) == len(list(nodes(found)))
    assert Decimal(told["value"]) == found.figure
    for node in nodes(found):
        assert node.children or node.source
    assert by_code["ftp"].source == {"policy": "stated", "rule": "ftp", "key": "to_360_days"}
    assert by_code["rate_cap"].source == {"document": of.version, "key": "rate_cap"}
    assert by_code["capital"].source == {"document": "CRE31 pd=0.00487 lgd=0.4 sales=0 years=1"}
    assert by_code["cost"].source == {"absent": {"subsidy": "zero", "tech_discount": "zero"}}
    assert ("operations_add" in by_code) == (of is PAPERS)


def test_documents_cost_what_operations_add() -> None:
    plain = rate(leaves(firm("R1"), of=PAPERS), operations_add=Decimal(0))
    more = rate(leaves(firm("R1"), of=PAPERS), operations_add=Decimal("0.0031"))

    assert Decimal("0.0031") <= more - plain <= Decimal("0.0032")


def test_what_product_and_policy_add_is_in_the_price() -> None:
    plain = rate(leaves(firm("R1")))

    for added in (
        rate(leaves(firm("R1"), rate_add=Decimal("0.01"))),
        rate(leaves(firm("R1")), price_add=Decimal("0.01")),
        rate(leaves(firm("R1")), liquidity=Decimal("0.01")),
        rate(leaves(firm("R1")), opex=POLICY.decimal("opex") + Decimal("0.01")),
    ):
        assert added - plain == Decimal("0.01")


def test_fifteen_grades_have_prices_and_none_is_below_the_floor_of_defaults() -> None:
    scale = [grade for grade in POLICY.table("pd_by_grade") if grade != "D"]
    rates = [rate(leaves(firm(grade))) for grade in scale]

    assert len(scale) == 15
    assert rates == sorted(rates)
    assert rates[0] == rates[1] < rates[2]  # 0.030 % and 0.048 % count as 0.05 %.
    assert rate(leaves(firm(None))) == rate(
        leaves(firm()), pd_by_grade=POLICY.decimal("pd_unrated")
    )


@pytest.mark.parametrize(
    ("payer", "reason"),
    [
        (firm("D"), "in default: probability of default 1"),
        (None, "counterparty only"),
    ],
)
def test_what_cannot_be_priced_says_why(payer: FirmLeaves | None, reason: str) -> None:
    found = priced(leaves(payer))

    assert (found.op, found.value, found.source["reason"]) == ("absent", None, reason)


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (1, "to_30_days"),
        (30, "to_30_days"),
        (31, "to_90_days"),
        (180, "to_180_days"),
        (181, "to_360_days"),
        (1080, "to_1080_days"),
        (1081, "longer"),
    ],
)
def test_a_tenor_stands_in_the_bucket_that_it_does_not_outlast(days: int, name: str) -> None:
    assert bucket(days) == name


def test_longer_loans_tie_up_more() -> None:
    flat = {"ftp": Decimal("0.02"), "liquidity": Decimal(0)}
    year, two, six, ten = (
        rate(leaves(firm("R5"), tenor_days=days), **flat) for days in (360, 720, 2160, 3600)
    )

    assert rate(leaves(firm("R5"), tenor_days=1), **flat) == year < two < six == ten


def test_a_year_has_as_many_days_as_the_policy_says() -> None:
    two_years = rate(leaves(firm(), tenor_days=720), pd_by_grade=Decimal("0.05"))
    of_730 = leaves(firm(), tenor_days=730)

    assert rate(of_730, pd_by_grade=Decimal("0.05"), day_base=Decimal(365)) == two_years
    assert rate(of_730, pd_by_grade=Decimal("0.05"), day_base=Decimal(366)) <= two_years
    assert rate(leaves(firm(), tenor_days=1800), day_base=Decimal(720)) != rate(
        leaves(firm(), tenor_days=1800)
    )
