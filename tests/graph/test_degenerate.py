"""Networks at the edge of what is one: every analysis is right there, or refuses in words."""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import credit
from graph.clearing import AssetLosses, Debts, clear, clear_many, stop_paying
from graph.clearing import prepare as prepare_debts
from graph.contagion import (
    Economy,
    Exposures,
    Observers,
    Rules,
    Scenarios,
    bracket,
    bracket_equity,
    esri,
    losses_of,
    observe,
    prepare,
    spread_equity,
)
from graph.diffusion import Ties, spread
from graph.errors import InvalidInput
from graph.fsri import Banks, Books, Lending, fsri
from tests.graph.effort import examples

FLAT = Rules(tolerance=1e-13)


@dataclass(frozen=True)
class Trades:
    """Firms in sectors, and what they sell each other."""

    sectors: list[int]
    suppliers: Any
    buyers: Any
    amounts: Any

    @property
    def firms(self) -> int:
        return len(self.sectors)

    def economy(self, **more: Any) -> Economy:
        columns = (self.suppliers, self.buyers, self.amounts)
        return Economy(self.firms, *columns, sectors=self.sectors, **{"leakage": 0.25, **more})

    def apart(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Trades between two different firms."""
        suppliers, buyers = np.array(self.suppliers, np.int64), np.array(self.buyers, np.int64)
        kept = suppliers != buyers
        return suppliers[kept], buyers[kept], np.array(self.amounts, np.float64)[kept]

    def exposures(self) -> Exposures:
        creditors, debtors, amounts = self.apart()
        return Exposures.build(
            self.means() / 2, creditors=creditors, debtors=debtors, amounts=amounts
        )

    def debts(self) -> Debts:
        means = self.means()
        return Debts(self.firms, *self.apart(), means, means / 3)

    def means(self) -> np.ndarray:
        """What each firm has; one that trades with nobody has nothing."""
        ends = [np.array(each, np.int64) for each in (self.suppliers, self.buyers)]
        sold, bought = (np.bincount(each, self.amounts, self.firms) for each in ends)
        return 0.9 * bought + (np.arange(self.firms) % 2) * (sold + bought > 0)

    def lending(self) -> Lending:
        some = 1.0 + np.arange(self.firms)
        loans = {"banks": np.zeros(self.firms, int), "firms": np.arange(self.firms)}
        return Lending(
            Books(3 * some, some, some / 2, some / 3), Banks.build([99.0], **loans, amounts=some)
        )


NETWORKS = {
    "no firm": Trades([], [], [], []),
    "one firm": Trades([0], [], [], []),
    "one firm that supplies itself": Trades([0], [0], [0], [3.0]),
    "isolated firms": Trades([0, 1, 1, 2], [0], [1], [3.0]),
    "self-loops": Trades([0, 1, 2], [0, 1, 2, 0, 1], [0, 1, 2, 1, 2], [3.0, 1, 2, 4, 5]),
    "one sector": Trades([0] * 4, [0, 1, 2, 3], [1, 2, 3, 0], [3.0, 1, 2, 4]),
    "nothing sold": Trades([0, 1, 1], [0, 1], [1, 2], [0.0, 0.0]),
    "amounts far apart": Trades(
        [0, 0, 1, 1, 2], [0, 1, 2, 3, 0], [1, 2, 3, 4, 4], [1e-9, 1e15, 1.0, 1e3, 1e-9]
    ),
    "the least amounts": Trades([0, 1, 1], [0, 1], [1, 2], [1e-150, 3e-150]),
}
Analysis = Callable[[Trades, Scenarios], Any]


def observed(trades: Trades, scenarios: Scenarios) -> Any:
    firms, count = trades.firms, len(scenarios)
    everybody = Observers(np.arange(count + 1) * firms, np.tile(np.arange(firms), count))
    return observe(prepare(trades.economy()), scenarios, everybody)


def fallen(trades: Trades, scenarios: Scenarios) -> Any:
    base = prepare_debts(trades.debts(), recovery_external=0.5, seniority="senior")
    lost = np.maximum(0.0, base.columns.assets)[scenarios.rows]
    return clear_many(base, AssetLosses(scenarios.offsets, scenarios.rows, lost), changes=True)


ANALYSES: dict[str, Analysis] = {
    "esri": lambda t, s: esri(prepare(t.economy()), s),
    "esri without leakage": lambda t, s: esri(prepare(t.economy(leakage=0.0)), s),
    "esri, all essential": lambda t, s: esri(prepare(t.economy(classes=[2] * len(t.amounts))), s),
    "esri, single": lambda t, s: esri(prepare(t.economy()), s, precision="single"),
    "bracket": lambda t, s: bracket(prepare(t.economy()), s),
    "bracket, refined": lambda t, s: bracket(prepare(t.economy()), s, width=1e-6),
    "observe": observed,
    "fsri": lambda t, s: fsri(prepare(t.economy()), s, t.lending()),
    "bracket_equity": lambda t, s: bracket_equity(t.exposures(), s, width=0.1),
    "spread_equity": lambda t, s: [
        spread_equity(t.exposures(), s.some(np.array([k]))) for k in range(len(s))
    ],
    "clear": lambda t, _: clear(t.debts(), recovery_internal=0.5),
    "clear_many": fallen,
    "stop_paying": lambda t, s: stop_paying(t.debts(), s.rows.tolist()),
    "diffusion": lambda t, _: spread(
        Ties.build(t.firms, suppliers=t.suppliers, buyers=t.buyers, amounts=t.amounts),
        1.0 + np.arange(t.firms),
        dangling="sources",
    ),
}


def figures(found: Any) -> list[np.ndarray]:
    """Return every array of numbers in a result."""
    if is_dataclass(found):
        return [each for part in fields(found) for each in figures(getattr(found, part.name))]
    if isinstance(found, list | tuple):
        return [each for part in found for each in figures(part)]
    if isinstance(found, float | np.ndarray):
        return [np.asarray(found, np.float64)]
    return []


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("analysis", ANALYSES)
def test_a_figure_is_a_number_or_refused(network: str, analysis: str) -> None:
    trades = NETWORKS[network]
    for scenarios in (
        Scenarios.alone(np.arange(trades.firms)),
        Scenarios.together(range(trades.firms)),
    ):
        if network == "no firm" and analysis == "diffusion":
            with pytest.raises(InvalidInput, match="weighs nothing"):
                ANALYSES[analysis](trades, scenarios)
            continue
        found = figures(ANALYSES[analysis](trades, scenarios))

        assert len(found) >= min(1, len(scenarios))
        assert all(np.isfinite(each).all() for each in found)
        assert all((each >= 0).all() for each in found)


def test_who_trades_with_nobody_costs_nobody_anything() -> None:
    for network in ("one firm", "isolated firms", "nothing sold"):
        trades = NETWORKS[network]
        alone = Scenarios.alone([trades.firms - 1])
        for analysis in ("esri", "bracket", "esri, single"):
            assert ANALYSES[analysis](trades, alone).total.tolist() == [0.0]


def test_a_firm_that_supplies_itself_alone_loses_itself_alone() -> None:
    found = esri(prepare(NETWORKS["one firm that supplies itself"].economy()), Scenarios.alone([0]))

    assert found.total.tolist() == [1.0]


def test_all_firms_closed_are_all_there_is() -> None:
    for network in ("self-loops", "one sector", "amounts far apart", "the least amounts"):
        trades = NETWORKS[network]
        everybody = Scenarios.together(range(trades.firms))
        for analysis in ("esri", "esri, single", "bracket"):
            np.testing.assert_allclose(ANALYSES[analysis](trades, everybody).total, 1.0, rtol=1e-6)


@pytest.mark.parametrize("kind", [1, 2])
def test_a_sector_wiped_out_takes_all_that_is_made_of_it(kind: int) -> None:
    # 0 and 1 are the sector; 2 makes all it makes of what they sell, and sells to 3.
    trades = Trades([0, 0, 1, 2], [0, 1, 2], [2, 2, 3], [1.0, 3.0, 5.0])
    production = prepare(trades.economy(leakage=0.0, classes=[kind] * 3))
    scenario = Scenarios.together([0, 1])

    found = next(losses_of(production, scenario, np.arange(4), rules=FLAT))

    np.testing.assert_allclose(found.down[0], [1, 1, 1, 1], atol=1e-12)
    assert np.isfinite(esri(production, scenario, rules=Rules(dead_sector="unit")).total).all()


@pytest.mark.parametrize("network", ["self-loops", "one sector"])
def test_a_closed_circle_has_no_fixed_point_and_says_how_far_it_is(network: str) -> None:
    production = prepare(NETWORKS[network].economy(leakage=0.0))

    with pytest.raises(
        InvalidInput, match="spectral radius of the upstream shares is 1, not below"
    ):
        bracket(production, Scenarios.alone([0]))


def test_a_million_trades_of_one_pair_are_one_trade() -> None:
    size, amount = 10_000 if numba.config.DISABLE_JIT else 1_000_000, 0.1
    many = Trades([0, 1], np.zeros(size, int), np.ones(size, int), np.full(size, amount))
    once = Trades([0, 1], [0], [1], [size * amount])
    alone = Scenarios.alone([0, 1])

    assert len(prepare(many.economy()).structure.out_buyers) == 1
    assert len(many.exposures().debtors) == 1
    for analysis in ("esri", "bracket_equity", "clear", "clear_many", "diffusion"):
        few, all_of_them = (figures(ANALYSES[analysis](each, alone)) for each in (once, many))
        for one, other in zip(few, all_of_them, strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-9)


BROKEN = {"missing": np.nan, "endless": np.inf, "negative": -1.0}
HUGE = [1.7e308, 1.7e308]


@pytest.mark.parametrize("wrong", BROKEN)
@pytest.mark.parametrize("analysis", ["esri", "bracket_equity", "clear", "diffusion"])
def test_amounts_that_are_none_are_refused_in_words(analysis: str, wrong: str) -> None:
    trades = Trades([0, 1, 1], [0, 1], [1, 2], [1.0, BROKEN[wrong]])

    with pytest.raises(InvalidInput, match=r"amounts?.* negative or missing"):
        _built(analysis, trades)


@pytest.mark.parametrize("analysis", ["esri", "bracket_equity", "clear", "diffusion"])
def test_amounts_whose_sum_is_no_number_are_refused_in_words(analysis: str) -> None:
    with pytest.raises(InvalidInput, match="amounts sum to more than"):
        _built(analysis, Trades([0, 1, 1], [0, 1], [1, 2], HUGE))


def _built(analysis: str, trades: Trades) -> object:
    """Return what the analysis reads, made of the trades and means of one each."""
    ends, ones = (trades.suppliers, trades.buyers), np.ones(trades.firms)
    if analysis == "esri":
        return prepare(trades.economy())
    if analysis == "clear":
        return clear(Debts(trades.firms, *ends, trades.amounts, ones, ones))
    if analysis == "diffusion":
        return Ties.build(trades.firms, suppliers=ends[0], buyers=ends[1], amounts=trades.amounts)
    return Exposures.build(ones, creditors=ends[0], debtors=ends[1], amounts=trades.amounts)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: prepare(Economy(2, [0], [1], [1.0], weights=HUGE)), "weights sum to more"),
        (lambda: prepare(Economy(2, [0], [1], [1.0], revenue=[np.inf, 1])), "revenue: entry 0"),
        (lambda: prepare(Economy(2, [0], [1], [1.0], leakage=np.nan)), "leakage nan"),
        (lambda: prepare(Economy(2, [0], [1], [1e-320])), "amounts: entry 0 is above 0 and below"),
        (lambda: prepare(Economy(2, [0], [1], [1.0], cost=[0, 1e-320])), "cost: entry 1 is above"),
        (
            lambda: Exposures.build(HUGE, creditors=[], debtors=[], amounts=[]),
            "equity sum to more",
        ),
        (lambda: clear(Debts(2, [], [], [], HUGE, [0, 0])), "external_assets sum to more"),
        (lambda: Debts(2, [], [], [], [1, 1], [0, 0]).with_losses([2], [1]), "rows: entry 0 is no"),
        (lambda: Debts(2, [], [], [], [1, 1], [0, 0]).with_losses([-1], [1]), "rows: entry 0"),
        (lambda: Debts(2, [], [], [], [1, 1], [0, 0]).with_losses([0], [np.nan]), "losses: entry"),
        (lambda: Debts(2, [], [], [], [1, 1], [0, 0]).with_losses([0], []), "differ in length"),
        (lambda: Banks.build(HUGE, banks=[], firms=[], amounts=[]), "equity sum to more"),
        (lambda: Banks.build([1], banks=[0], firms=[0], amounts=[np.nan]), "amounts: entry 0"),
        (
            lambda: spread(Ties.build(2, suppliers=[], buyers=[], amounts=[]), HUGE),
            "weights sum to more",
        ),
    ],
)
def test_figures_of_firms_that_are_none_are_refused_in_words(
    wrong: Callable[[], object], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        wrong()


TERMS = credit.Rules(Fraction(4, 5), steps_max=3, cut_off_fen=0)
NOTHING = credit.Claims.of({})


def test_without_documents_or_claims_no_credit_passes() -> None:
    held = credit.Held.of({(1, 0): 100})

    assert len(credit.pass_on(held, NOTHING, TERMS)) == 0
    assert len(credit.pass_on(credit.Held.of({}), credit.Claims.of({(2, 1): 5}), TERMS)) == 0


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        (np.array([2**62, 2**62]), "sum to 2.62 fen or more"),
        (np.array([1.5, np.nan]), "whole numbers"),
        (np.array([1]), "differ in length"),
        (np.array([1, -1]), "negative"),
    ],
)
def test_documents_that_are_no_amounts_are_refused_in_words(
    amounts: np.ndarray, words: str
) -> None:
    held = credit.Held(np.array([1, 1]), np.array([0, 0]), amounts)

    with pytest.raises(InvalidInput, match=words):
        credit.pass_on(held, NOTHING, TERMS)


@st.composite
def drawn(draw: st.DrawFn) -> Trades:
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    n = draw(st.integers(2, 8))
    size = draw(st.integers(1, 3 * n))
    ends = random.integers(0, n, (2, size))
    sectors = random.integers(0, 3, n).tolist()
    return Trades(sectors, ends[0], ends[1], random.lognormal(0, 1, size))


def difference(trades: Trades, other: Trades) -> float:
    """Return how far the analyses of firms in both are apart, relative to 1 or to the figure."""
    rows, apart = np.arange(trades.firms), [0.0]
    alone = Scenarios.alone(rows)
    for name in ("esri", "fsri", "observe", "clear", "spread_equity", "clear_many"):
        found, wanted = (FIGURES[name](each, alone)[rows] for each in (other, trades))
        apart.append(float(np.max(np.abs(found - wanted) / np.maximum(1.0, np.abs(wanted)))))
    return max(apart)


def seen_by_the_first(trades: Trades, scenarios: Scenarios) -> np.ndarray:
    first = Observers(np.arange(len(scenarios) + 1), np.zeros(len(scenarios), int))
    return observe(prepare(trades.economy()), scenarios, first, rules=FLAT).loss


FIGURES: dict[str, Callable[[Trades, Scenarios], np.ndarray]] = {
    "esri": lambda t, s: esri(prepare(t.economy()), s, rules=FLAT).total,
    "fsri": lambda t, s: fsri(prepare(t.economy()), s, t.lending(), rules=FLAT).loss,
    "observe": seen_by_the_first,
    "clear": lambda t, _: clear(t.debts()).payment,
    "clear_many": lambda t, s: fallen(t, s).payments,
    "spread_equity": lambda t, s: np.array(
        [each.total for each in ANALYSES["spread_equity"](t, s)]
    ),
    "bracket_equity": lambda t, s: bracket_equity(t.exposures(), s, width=1e-9).upper,
}


@settings(max_examples=examples(8))
@given(drawn(), st.integers(0, 99))
def test_trades_split_into_parallel_ones_change_nothing(trades: Trades, seed: int) -> None:
    random = np.random.default_rng(seed)
    part = np.array(trades.amounts) * random.uniform(0, 1, len(trades.amounts))
    split = replace(
        trades,
        suppliers=np.tile(trades.suppliers, 2),
        buyers=np.tile(trades.buyers, 2),
        amounts=np.concatenate([part, trades.amounts - part]),
    )

    assert difference(trades, split) <= 1e-12


@settings(max_examples=examples(8))
@given(drawn(), st.integers(0, 99))
def test_the_order_of_the_trades_changes_nothing(trades: Trades, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(trades.amounts))
    mixed = replace(
        trades,
        suppliers=np.array(trades.suppliers)[order],
        buyers=np.array(trades.buyers)[order],
        amounts=np.array(trades.amounts)[order],
    )

    assert difference(trades, mixed) <= 1e-12


@settings(max_examples=examples(8))
@given(drawn())
def test_a_firm_that_trades_with_nobody_changes_no_other_figure(trades: Trades) -> None:
    more = replace(trades, sectors=[*trades.sectors, 0])

    assert difference(trades, more) <= 1e-12


@settings(max_examples=examples(8))
@given(drawn(), st.integers(0, 99))
def test_the_order_of_scenarios_changes_no_bit(trades: Trades, seed: int) -> None:
    alone = Scenarios.alone(np.arange(trades.firms))
    order = np.random.default_rng(seed).permutation(trades.firms)
    for name in ("esri", "fsri", "observe", "bracket_equity", "clear_many"):
        found = FIGURES[name](trades, alone)
        mixed = FIGURES[name](trades, alone.some(order))
        assert found[order].tolist() == mixed.tolist(), name
