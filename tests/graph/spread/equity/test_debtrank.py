"""DebtRank: published values, each kind by hand, laws."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from graph.contagion import Exposures, Scenarios, spread_equity
from graph.errors import InvalidInput, NotConverged

REFERENCE = Path(__file__).parents[5] / "shared" / "reference" / "debtrank"


def rows(name: str) -> list[dict[str, str]]:
    path = REFERENCE / name
    if not path.exists():
        pytest.skip(f"no reference values at {name}")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_hundred_simulated_banks_lose_what_is_published() -> None:
    nodes = rows("nodes.csv")
    place = {node["bank"]: row for row, node in enumerate(nodes)}
    claims = rows("exposures.csv")
    exposures = Exposures.build(
        [float(node["buffer"]) for node in nodes],
        creditors=[place[claim["creditor"]] for claim in claims],
        debtors=[place[claim["debtor"]] for claim in claims],
        amounts=[float(claim["exposure"]) for claim in claims],
        weights=[float(node["weights"]) for node in nodes],
    )

    wanted = rows("debtrank_tol1e-12.csv")
    assert len(wanted) == len(nodes)
    for row in wanted:
        found = spread_equity(exposures, Scenarios.together([place[row["scenario"]]]))
        assert found.debtrank == pytest.approx(float(row["additional_stress"]), abs=1e-12)
        own = found.total - found.debtrank
        assert own == pytest.approx(float(row["original_stress"]), abs=1e-12)


# 0 owes 1 half of 1's equity, 1 owes 2 four fifths of 2's, 2 owes 0 and 1.
CIRCLE = Exposures.build(
    [10, 20, 5], creditors=[1, 2, 0, 1], debtors=[0, 1, 2, 2], amounts=[10, 4, 2, 3]
)


def test_linear_losses_are_those_of_the_series() -> None:
    found = spread_equity(CIRCLE, Scenarios.together([0], down=0.1))

    step = np.array([[0, 0, 0.2], [0.5, 0, 0.15], [0, 0.8, 0]])
    wanted = np.linalg.solve(np.eye(3) - step, [0.1, 0, 0])
    np.testing.assert_allclose(found.losses, wanted, atol=1e-11)
    assert found.debtrank == pytest.approx(wanted @ [10, 20, 5] / 35 - 0.1 * 10 / 35, abs=1e-11)


def test_a_single_hit_passes_on_once() -> None:
    found = spread_equity(CIRCLE, Scenarios.together([0], down=0.1), kind="single-hit")

    # 1 loses .05, then 2 loses .04; 0 and 1 are hit again and pass nothing on.
    np.testing.assert_allclose(found.losses, [0.108, 0.056, 0.04], atol=1e-15)


def test_nonlinear_losses_are_smaller_and_linear_at_eta_zero() -> None:
    shock = Scenarios.together([0], down=0.1)

    linear = spread_equity(CIRCLE, shock)
    flat = spread_equity(CIRCLE, shock, kind="nonlinear", eta=0.0)
    steep = spread_equity(CIRCLE, shock, kind="nonlinear")

    np.testing.assert_allclose(flat.losses, linear.losses, atol=1e-11)
    assert steep.losses[1] == pytest.approx(0.5 * 0.1 * np.exp(2 * (0.1 - 1)), rel=0.02)
    assert (steep.losses <= linear.losses).all()


def test_a_firm_without_equity_loses_all_by_any_loss_and_nothing_by_none() -> None:
    exposures = Exposures.build([10, 0, 7], creditors=[1], debtors=[0], amounts=[0.5])

    assert spread_equity(exposures, Scenarios.together([0], down=0.01)).losses[1] == 1
    assert spread_equity(exposures, Scenarios.together([2])).losses.tolist() == [0, 0, 1]


@given(st.integers(0, 2**32 - 1), st.sampled_from(["linear", "single-hit", "nonlinear"]))
def test_losses_are_shares_and_grow_with_the_shock(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    n, size = 7, 15
    creditors = rng.integers(0, n, size)
    exposures = Exposures.build(
        rng.lognormal(1, 1, n),
        creditors=creditors,
        debtors=(creditors + rng.integers(1, n, size)) % n,
        amounts=rng.lognormal(0, 1, size),
    )
    small, large = np.sort(rng.random(2))

    try:
        less, more = (
            spread_equity(exposures, Scenarios.together([0], down=d), kind=kind)  # type: ignore[arg-type]
            for d in (small, large)
        )
    except NotConverged:  # A circle of claims near one may come to rest too slowly to tell.
        reject()

    assert less.losses.min() >= 0
    assert more.losses.max() <= 1
    assert less.debtrank >= -1e-15
    assert (more.losses >= less.losses - 1e-9).all()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"creditors": [0]}, "claim on itself"),
        ({"creditors": [5]}, "no row of a firm"),
        ({"amounts": [-1]}, "amounts: entry 0 is negative"),
        ({"amounts": [1, 2]}, "differ in length"),
        ({"weights": [1]}, "weights has 1 entries"),
    ],
)
def test_exposures_that_do_not_fit_are_refused(changed: dict[str, object], words: str) -> None:
    columns = {"creditors": [1], "debtors": [0], "amounts": [2], **changed}

    with pytest.raises(InvalidInput, match=words):
        Exposures.build([1, 1], **columns)  # type: ignore[arg-type]


def test_options_out_of_range_are_refused() -> None:
    shock = Scenarios.together([0])
    with pytest.raises(InvalidInput, match="kind"):
        spread_equity(CIRCLE, shock, kind="cubic")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="eta"):
        spread_equity(CIRCLE, shock, eta=-1)
    with pytest.raises(InvalidInput, match="2 scenarios"):
        spread_equity(CIRCLE, Scenarios.alone([0, 1]))
