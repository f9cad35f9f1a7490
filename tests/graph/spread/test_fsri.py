"""Banks' losses through firms: the literal equations, laws and what is refused."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.contagion import Economy, Exposures, Rules, Scenarios, close, prepare
from graph.errors import InvalidInput
from graph.fsri import Banks, Books, Lending, Lost, Terms, bank_losses, fsri, summed
from tests.graph.effort import examples

FIRMS, BANKS = 12, 3
TIGHT = Rules(1e-9)


class World:
    """A random economy with books and banks, and the equations read literally."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        trades = 30
        self.economy = Economy(
            FIRMS,
            random.integers(0, FIRMS, trades),
            random.integers(0, FIRMS, trades),
            random.uniform(1, 9, trades),
            random.integers(0, 3, trades),
            random.integers(0, 4, FIRMS),
            revenue=np.full(FIRMS, 60.0) + random.uniform(0, 50, FIRMS),
        )
        self.production = prepare(self.economy)
        self.revenue = np.asarray(self.economy.revenue)
        self.cost = self.revenue * random.uniform(0.4, 0.95, FIRMS)
        self.equity, self.liquidity = random.uniform(0, 30, (2, FIRMS))
        self.own = random.uniform(5, 80, BANKS)
        lent = 15
        self.columns = {
            "banks": random.integers(0, BANKS, lent),
            "firms": random.integers(0, FIRMS, lent),
            "amounts": random.uniform(1, 40, lent),
        }
        self.shocks = Scenarios(
            np.array([0, 1, 3]), np.array([2, 5, 7]), np.array([1, 0.6, 0.3]), np.array([1, 0.2, 1])
        )

    def lending(self, terms: Terms, between: Exposures | None = None) -> Lending:
        books = Books(self.revenue, self.cost, self.equity, self.liquidity)
        return Lending(books, Banks.build(self.own, between=between, **self.columns), terms)

    def literal(self, terms: Terms, scenario: int) -> list[float]:
        """Return what every bank loses."""
        found = close(self.production, self.shocks.some(np.array([scenario])), rules=TIGHT)
        lost = [0.0] * BANKS
        for bank, firm, amount in zip(*self.columns.values(), strict=True):
            left_down, left_up = 1 - found.down[firm], 1 - found.up[firm]
            if terms.profit == "share":
                gone = (1 - min(left_down, left_up)) * (self.revenue[firm] - self.cost[firm])
            else:
                gone = (1 - left_up) * self.revenue[firm] - (1 - left_down) * self.cost[firm]
                gone = max(0.0, gone)
            lost[bank] += terms.lgd * amount * self.failed(terms, int(firm), gone)
        return lost

    def failed(self, terms: Terms, firm: int, gone: float) -> float:
        if terms.default == "gradual":
            return min(1.0, gone / self.equity[firm])
        illiquid = self.liquidity[firm] - gone < 0
        insolvent = self.equity[firm] - gone < 0
        return float(
            {"illiquid": illiquid, "insolvent": insolvent, "either": illiquid or insolvent}[
                terms.default
            ]
        )


@settings(max_examples=examples(25), deadline=None)
@given(
    seed=st.integers(0, 10**6),
    default=st.sampled_from(["illiquid", "insolvent", "either", "gradual"]),
    profit=st.sampled_from(["share", "margin"]),
)
def test_losses_are_those_of_the_equations(seed: int, default: Any, profit: Any) -> None:
    world, terms = World(seed), Terms(0.45, default, profit)
    lending = world.lending(terms)
    wanted = np.array([world.literal(terms, scenario) for scenario in range(2)])

    every = list(bank_losses(world.production, world.shocks, lending, rules=TIGHT))
    index = fsri(world.production, world.shocks, lending, rules=TIGHT, threads=2)

    np.testing.assert_allclose([each.loss for each in every], wanted, rtol=0, atol=1e-9)
    np.testing.assert_allclose(
        index.fsri, np.minimum(wanted, world.own).sum(axis=1) / world.own.sum(), atol=1e-12
    )
    np.testing.assert_allclose(index.loss, wanted.sum(axis=1), atol=1e-9)


@settings(max_examples=examples(20), deadline=None)
@given(seed=st.integers(0, 10**6))
def test_losses_between_banks_only_add_and_stay_below_all_equity(seed: int) -> None:
    world = World(seed)
    between = Exposures.build(world.own, creditors=[0, 1], debtors=[1, 2], amounts=[9.0, 40.0])

    found = fsri(world.production, world.shocks, world.lending(Terms(), between), rules=TIGHT)

    assert found.interbank is not None
    assert (found.interbank >= found.fsri - 1e-12).all()
    assert (found.interbank <= 1 + 1e-12).all()


@settings(max_examples=examples(20), deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0.05, 0.95))
def test_larger_buffers_never_cost_banks_more(seed: int, share: float) -> None:
    world = World(seed)
    poor = fsri(world.production, world.shocks, world.lending(Terms()), rules=TIGHT)
    world.equity, world.liquidity = world.equity / share, world.liquidity / share

    rich = fsri(world.production, world.shocks, world.lending(Terms()), rules=TIGHT)

    assert (rich.loss <= poor.loss).all()


def test_a_closed_firm_defaults_by_the_rule_or_always() -> None:
    production = prepare(Economy(2, suppliers=[0], buyers=[1], amounts=[4.0]))
    books = Books([4.0, 9.0], [1.0, 4.0], equity=[50.0, 50.0], liquidity=[50.0, 50.0])
    banks = Banks.build([60.0, 40.0], banks=[0, 1], firms=[0, 1], amounts=[30.0, 8.0])
    scenario = Scenarios.alone([0])

    by_rule = fsri(production, scenario, Lending(books, banks))
    always = fsri(production, scenario, Lending(books, banks, Terms(closed_default=True)))

    assert by_rule.fsri.tolist() == [0.0]
    assert (always.fsri.tolist(), always.defaults.tolist()) == ([0.3], [1])


def test_a_bank_loses_no_more_than_its_equity_and_the_money_is_told_whole() -> None:
    bank = Banks.build([10.0, 30.0], banks=[0], firms=[0], amounts=[25.0])
    found = summed([Lost(np.array([25.0, 0.0]), None, 1)], Lending(Books([], []), bank), Rules())

    assert (found.fsri.tolist(), found.loss.tolist()) == ([0.25], [25.0])


def test_nothing_lent_no_equity_and_no_scenario_cost_nothing() -> None:
    production = prepare(Economy(2, suppliers=[0], buyers=[1], amounts=[4.0]))
    books = Books([4.0, 9.0], [1.0, 4.0], equity=[0.0, 0.0], liquidity=[0.0, 0.0])
    nobody = Banks.build([0.0], banks=[], firms=[], amounts=[])

    assert fsri(production, Scenarios.alone([0]), Lending(books, nobody)).fsri.tolist() == [0.0]
    assert fsri(production, Scenarios.alone([]), Lending(books, nobody)).fsri.tolist() == []


@pytest.mark.parametrize("default", ["either", "gradual"])
def test_no_equity_is_lost_by_any_lost_profit_and_by_no_less(default: Any) -> None:
    production = prepare(Economy(3, suppliers=[0], buyers=[1], amounts=[4.0]))
    books = Books([4.0, 9.0, 5.0], [1.0, 4.0, 1.0], equity=[9.0, 0.0, 0.0], liquidity=[0.0] * 3)
    bank = Banks.build([60.0], banks=[0, 0], firms=[1, 2], amounts=[30.0, 30.0])

    found = fsri(production, Scenarios.alone([0]), Lending(books, bank, Terms(default=default)))

    assert found.fsri.tolist() == [0.5]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lgd": 1.2}, "lgd 1.2"),
        ({"default": "soon"}, "default 'soon' is none of illiquid"),
        ({"profit": "all"}, "profit 'all'"),
        ({"eta": float("nan")}, "eta nan"),
    ],
)
def test_wrong_terms_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Terms(**wrong)


def test_wrong_columns_are_refused() -> None:
    production = prepare(Economy(2, suppliers=[0], buyers=[1], amounts=[4.0]))
    bank = Banks.build([60.0], banks=[0], firms=[1], amounts=[30.0])
    one = Scenarios.alone([0])

    with pytest.raises(InvalidInput, match="amounts: entry 0 is negative"):
        Banks.build([1.0], banks=[0], firms=[0], amounts=[-1.0])
    with pytest.raises(InvalidInput, match="banks: entry 0 is no row"):
        Banks.build([1.0], banks=[1], firms=[0], amounts=[1.0])
    with pytest.raises(InvalidInput, match="differ in length"):
        Banks.build([1.0], banks=[0, 0], firms=[0], amounts=[1.0])
    with pytest.raises(InvalidInput, match="liquidity is needed where default is 'either'"):
        fsri(production, one, Lending(Books([4, 9], [1, 4], [1, 1]), bank))
    with pytest.raises(InvalidInput, match="cost has 1 entries for 2 firms"):
        fsri(production, one, Lending(Books([4, 9], [1], [1, 1], [1, 1]), bank))
    far = Banks.build([60.0], banks=[0], firms=[7], amounts=[30.0])
    with pytest.raises(InvalidInput, match="firms: entry 0 is no row of a firm"):
        fsri(production, one, Lending(Books([4, 9], [1, 4], [1, 1], [1, 1]), far))
