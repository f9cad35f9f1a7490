"""Risk on dependence: held to dense solves, to every chain counted out, and to its laws."""

from itertools import pairwise, product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from graph.dependence import (
    NOTCH,
    Dealings,
    Dependence,
    Links,
    Rules,
    chains,
    dependence,
    operator,
)
from graph.errors import InvalidInput, NotConverged
from graph.structure.dependence import rules as parameters
from graph.testing.networks import toy
from tests.graph.effort import examples

FIRMS = 6
seeds = st.integers(0, 10**6)
Floats = npt.NDArray[np.float64]


def drawn(seed: int) -> tuple[Floats, Dealings]:
    """Return equity and dealings, with pairs that stand twice, self-trades and firms alone."""
    random = np.random.default_rng(seed)
    ends = random.integers(0, FIRMS, (2, 12))
    equity = random.integers(-5, 60, FIRMS)
    amount = random.integers(0, 50, 12)
    owed = random.integers(0, 20, 12) * (random.random(12) < 0.6)
    return equity, Dealings(*ends, amount, owed, random.choice([0.0, 0.25, 1.0], 12))


def probabilities(seed: int) -> tuple[Floats, Floats]:
    random = np.random.default_rng(seed + 1)
    return random.uniform(0.001, 0.4, FIRMS), random.uniform(0.001, 0.4, FIRMS)


def dense(equity: Floats, dealings: Dealings) -> tuple[Floats, Floats]:
    """Both matrices as the equations have them, trade by trade."""
    firms = len(equity)
    sold, owed, kept = np.zeros((3, firms, firms))
    shares = np.broadcast_to(dealings.substitutability, np.shape(dealings.amount_fen))
    columns = (dealings.suppliers, dealings.buyers, dealings.amount_fen, dealings.receivable_fen)
    for s, b, amount, claim, share in zip(*columns, shares, strict=True):  # type: ignore[arg-type]
        sold[s, b] += amount
        owed[s, b] += claim
        kept[s, b] += amount * (1 - share)
    up, down = np.zeros((2, firms, firms))
    for i, j in product(range(firms), repeat=2):
        if i != j:
            factor = (
                min(1.0, 2 * owed[i, j] / equity[i]) if equity[i] > 0 else float(owed[i, j] > 0)
            )
            up[i, j] = sold[i, j] / max(sold[i].sum(), 1e-300) * factor
            down[i, j] = kept[j, i] / max(sold[:, i].sum(), 1e-300)
    return up, down


def held(matrix: Floats, most: float) -> Floats:
    sums = matrix.sum(axis=1, keepdims=True)
    return matrix * np.minimum(1.0, most / np.maximum(sums, 1e-300))


def added(matrix: Floats, decay: float, start: Floats) -> Floats:
    return matrix @ np.linalg.solve(np.eye(len(start)) - decay * matrix, start)


@settings(max_examples=examples(60))
@given(seeds)
def test_links_are_the_shares_of_the_equations(seed: int) -> None:
    equity, dealings = drawn(seed)
    links = Links.build(equity, dealings)

    up, down = dense(equity, dealings)

    np.testing.assert_allclose(links.up.toarray(), up, rtol=1e-14)
    np.testing.assert_allclose(links.down.toarray(), down, rtol=1e-14)


@settings(max_examples=examples(60))
@given(seeds, st.sampled_from([(0.5, 0.2), (0.9, 0.8), (4.0, 3.0)]))
def test_what_is_added_solves_the_linear_system(seed: int, thetas: tuple[float, float]) -> None:
    equity, dealings = drawn(seed)
    rules = Rules(theta_up=thetas[0], theta_down=thetas[1], tolerance=1e-13)
    now, ref = probabilities(seed)
    found = dependence(Links.build(equity, dealings), now, ref, rules=rules)

    up, down = dense(equity, dealings)
    whole = thetas[0] * up + thetas[1] * down
    start = logit(now) - logit(ref)
    adverse = added(held(whole, 0.8), 0.7, start.clip(min=0))
    favourable = added(held(0.3 * whole, 0.8), 0.4, (-start).clip(min=0))
    np.testing.assert_allclose(found.adverse, adverse, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(found.favourable, favourable, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(found.residual, start)
    np.testing.assert_allclose(found.risk, start + adverse - favourable, atol=1e-11)
    wanted = expit(logit(now) + adverse - favourable)
    most = now * NOTCH**3
    np.testing.assert_allclose(
        found.pd_network, np.maximum(np.minimum(wanted, most), 0.0003), rtol=1e-10
    )
    assert found.capped.tolist() == (wanted > most).tolist()
    np.testing.assert_allclose(found.notches, np.log(found.pd_network / now) / np.log(NOTCH))
    assert (found.notches <= 3 + 1e-12).all()


@settings(max_examples=examples(30))
@given(seeds)
def test_without_decay_it_is_the_inverse_of_the_design(seed: int) -> None:
    equity, dealings = drawn(seed)
    rules = Rules(decay=1.0, favourable_share=1.0, favourable_decay=1.0, tolerance=1e-13)
    now, ref = probabilities(seed)
    found = dependence(Links.build(equity, dealings), now, ref, rules=rules)

    up, down = dense(equity, dealings)
    start = logit(now) - logit(ref)
    wanted = np.linalg.solve(np.eye(FIRMS) - 0.5 * up - 0.2 * down, start)
    np.testing.assert_allclose(found.risk, wanted, atol=1e-11)


@settings(max_examples=examples(40))
@given(seeds, st.floats(0.1, 9), st.floats(0.05, 0.95))
def test_no_spectral_radius_is_above_the_bound(seed: int, theta: float, most: float) -> None:
    equity, dealings = drawn(seed)
    links = Links.build(equity, dealings)
    found = operator(links, Rules(theta_up=theta, radius_max=most))

    up, down = dense(equity, dealings)
    whole = theta * up + 0.2 * down
    for side, matrix in enumerate((whole, 0.3 * whole)):
        own = held(matrix, most)
        radius = max(abs(np.linalg.eigvals(own)), default=0.0)
        assert radius <= found.radius_bounds[side] + 1e-9 <= most + 2e-9
        assert found.row_sum_max[side] == pytest.approx(matrix.sum(axis=1).max())
        assert found.scaled[side] == (matrix.sum(axis=1) > most).sum()


def all_chains(matrix: Floats, decay: float, start: Floats, trades_max: int) -> list[list[float]]:
    """What every chain carries, counted out; a list for each firm, falling."""
    parts: list[list[float]] = [[] for _ in start]
    for trades in range(1, trades_max + 1):
        for firms in product(range(len(start)), repeat=trades + 1):
            carried = start[firms[0]] * decay ** (trades - 1)
            for before, after in pairwise(firms):
                carried *= matrix[after, before]
            if carried > 0:
                parts[firms[-1]].append(carried)
    return [sorted(own, reverse=True) for own in parts]


@settings(max_examples=examples(12))
@given(seeds, st.sampled_from(["adverse", "favourable"]))
def test_the_best_chains_are_the_best_of_all(seed: int, channel: str) -> None:
    equity, dealings = drawn(seed)
    now, ref = probabilities(seed)
    links = Links.build(equity, dealings)
    risk = dependence(links, now, ref)
    found = chains(risk, channel=channel, trades_max=3)  # type: ignore[arg-type]

    up, down = dense(equity, dealings)
    adverse = channel == "adverse"
    share, decay = (1.0, 0.7) if adverse else (0.3, 0.4)
    matrix = share * (0.5 * up + 0.2 * down)
    start = (risk.residual if adverse else -risk.residual).clip(min=0)
    wanted = all_chains(matrix, decay, start, 3)
    for firm in range(FIRMS):
        best = [*wanted[firm], 0.0, 0.0, 0.0][:3]
        np.testing.assert_allclose(found.carried[firm], best, rtol=1e-12)
        for rows, carried in found.of(firm):
            assert rows[-1] == firm
            along = start[rows[0]] * decay ** (len(rows) - 2)
            for before, after in pairwise(rows):
                along *= matrix[after, before]
            assert carried == pytest.approx(along, rel=1e-12)
        named = [tuple(rows) for rows, _ in found.of(firm)]
        assert len(set(named)) == len(named) == min(3, len(wanted[firm]))
    assert (found.shares.sum(axis=1) <= 1 + 1e-9).all()


@settings(max_examples=examples(8))
@given(seeds)
def test_all_chains_sum_to_what_is_added(seed: int) -> None:
    equity, dealings = drawn(seed)
    risk = dependence(Links.build(equity, dealings), *probabilities(seed))

    found = chains(risk, trades_max=12, top=40)

    # Some firms have more than forty chains: those found are never more than all.
    assert (found.carried.sum(axis=1) <= risk.adverse + 1e-9).all()
    few = found.carried[:, -1] == 0.0
    np.testing.assert_allclose(found.carried.sum(axis=1)[few], risk.adverse[few], atol=1e-3)


@settings(max_examples=examples(30))
@given(seeds, st.permutations(range(FIRMS)), st.integers(2, 1000))
def test_names_order_and_the_unit_of_money_do_not_matter(
    seed: int, names: list[int], unit: int
) -> None:
    equity, dealings = drawn(seed)
    now, ref = probabilities(seed)
    name = np.array(names)
    turned = [np.asarray(x)[::-1] for x in (dealings.amount_fen, dealings.receivable_fen)]
    renamed = Dealings(
        name[np.asarray(dealings.suppliers)][::-1],
        name[np.asarray(dealings.buyers)][::-1],
        turned[0] * unit,
        turned[1] * unit,
        np.asarray(dealings.substitutability)[::-1],
    )
    back = np.argsort(name)
    first = dependence(Links.build(equity, dealings), now, ref)
    second = dependence(Links.build(equity[back] * unit, renamed), now[back], ref[back])

    np.testing.assert_allclose(second.pd_network[name], first.pd_network, rtol=1e-12)


@settings(max_examples=examples(30))
@given(seeds, st.integers(0, FIRMS - 1))
def test_a_worse_firm_makes_nobody_better(seed: int, firm: int) -> None:
    links = Links.build(*drawn(seed))
    now, ref = probabilities(seed)
    worse = now.copy()
    worse[firm] = 0.5

    before, after = dependence(links, now, ref), dependence(links, worse, ref)

    assert (after.risk >= before.risk - 1e-8).all()
    assert (after.pd_network >= before.pd_network - 1e-9).all()


def pair() -> Links:
    return Links.build([500, 100], Dealings([1], [0], amount_fen=[90], receivable_fen=[25]))


def test_nothing_changed_adds_nothing() -> None:
    found = dependence(pair(), [0.02, 0.3], [0.02, 0.3])

    assert found.risk.tolist() == [0.0, 0.0]
    np.testing.assert_allclose(found.pd_network, [0.02, 0.3])
    assert chains(found).of(1) == []


def test_risk_goes_to_the_supplier_over_claims_and_to_the_customer_over_purchases() -> None:
    customer = dependence(pair(), [0.08, 0.02], [0.01, 0.02], rules=Rules(decay=0.0))
    supplier = dependence(pair(), [0.01, 0.08], [0.01, 0.01], rules=Rules(decay=0.0))

    # The supplier is owed a quarter of its equity, half of what counts in full.
    assert customer.adverse[1] == pytest.approx(0.5 * 0.5 * customer.residual[0])
    assert supplier.adverse[0] == pytest.approx(0.2 * supplier.residual[1])


def test_good_news_is_passed_on_by_less_and_fades_sooner() -> None:
    bad = dependence(pair(), [0.08, 0.02], [0.01, 0.02], rules=Rules(decay=0.0))
    good = dependence(pair(), [0.01, 0.02], [0.08, 0.02], rules=Rules(favourable_decay=0.0))

    assert good.favourable[1] == pytest.approx(0.3 * bad.adverse[1])
    assert good.notches[1] < 0


def test_a_firm_in_default_keeps_its_pd_and_worsens_others_by_three_notches_at_most() -> None:
    found: Dependence = dependence(pair(), [1.0, 0.02], [0.01, 0.02])

    assert found.pd_network.tolist() == [1.0, pytest.approx(0.02 * NOTCH**3)]
    assert found.capped.tolist() == [False, True]
    assert found.pd_own.tolist() == [1.0, 0.02]


def test_a_pd_of_nothing_counts_as_the_least_of_the_scale() -> None:
    found = dependence(pair(), [0.0, 0.0], [0.0, 0.0])

    np.testing.assert_allclose(found.pd_network, [0.0003, 0.0003])
    np.testing.assert_allclose(found.notches, [0.0, 0.0], atol=1e-12)


def test_stated_totals_count_where_they_are_larger() -> None:
    dealings = Dealings([1], [0], amount_fen=[90], receivable_fen=[50])
    links = Links.build([500, 100], dealings, sales_fen=[0, 360], purchases_fen=[45, 0])

    assert links.up.toarray()[1, 0] == 0.25
    assert links.down.toarray()[0, 1] == 1.0


def test_a_network_s_trades_meet_receivables() -> None:
    network = toy({("mill", "cars"): 90, ("mill", "shop"): 30})
    rows = {firm: network.row(firm) for firm in network.ids}
    dealings = Dealings.of(
        network,
        creditors=[rows["mill"]],
        debtors=[rows["cars"]],
        receivable_fen=[10],
        substitutability=0.5,
    )
    links = Links.build([100, 100, 100], dealings)

    assert links.up.toarray()[rows["mill"], rows["cars"]] == pytest.approx(0.75 * 0.2)
    assert links.down.toarray()[rows["shop"], rows["mill"]] == 0.5


def test_nobody_has_no_risk() -> None:
    links = Links.build([], Dealings([], [], [], []))
    found = dependence(links, [], [])

    assert (len(links), len(found.risk), len(chains(found).carried)) == (0, 0, 0)


def test_wrong_dealings_are_refused() -> None:
    for columns, said in [
        (([0], [1], [5.5], [0]), "amount_fen: amounts must be whole fen, not float64"),
        (([0], [1], [5], [-1]), "receivable_fen: entry 0 is negative"),
        (([0], [1], [5], [1], [1.5]), r"substitutability must be shares in \[0, 1\]"),
        (([0], [1], [5], [1], [0.5, 0.5]), "substitutability has 2 entries for 1 dealings"),
        (([0], [2], [5], [1]), "buyers must be rows of 2 firms"),
        (([0, 1], [1], [5], [1]), "differ in length"),
    ]:
        with pytest.raises(InvalidInput, match=said):
            Links.build([10, 10], Dealings(*columns))
    with pytest.raises(InvalidInput, match="equity_fen: amounts must be whole fen"):
        Links.build([10.5, 10], Dealings([0], [1], [5], [1]))
    with pytest.raises(InvalidInput, match="sales_fen has 1 entries for 2 firms"):
        Links.build([10, 10], Dealings([0], [1], [5], [1]), sales_fen=[4])


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"theta_up": -0.1}, "theta_up -0.1 is negative"),
        ({"decay": 1.1}, "decay 1.1 is not in"),
        ({"radius_max": 1.0}, "radius_max 1.0 is not in .* without end"),
        ({"pd_min": 0.5, "pd_max": 0.4}, "do not rise"),
        ({"tolerance": 0.0}, "tolerance 0.0 is not positive"),
    ],
)
def test_wrong_rules_are_refused(rules: dict[str, float], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Rules(**rules)


def test_wrong_probabilities_and_chains_are_refused() -> None:
    found = dependence(pair(), [0.1, 0.1], [0.1, 0.1])

    with pytest.raises(InvalidInput, match="pd_now: entry 1, nan, is no probability"):
        dependence(pair(), [0.1, np.nan], [0.1, 0.1])
    with pytest.raises(InvalidInput, match="pd_ref has 3 entries for 2 firms"):
        dependence(pair(), [0.1, 0.1], [0.1, 0.1, 0.1])
    with pytest.raises(InvalidInput, match="channel 'both' is none of adverse, favourable"):
        chains(found, channel="both")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="top must be 1 to 100, not 0"):
        chains(found, top=0)
    with pytest.raises(InvalidInput, match="trades_max must be 1 to 100, not 101"):
        chains(found, trades_max=101)


def test_a_tolerance_that_no_layer_reaches_is_an_error() -> None:
    both = Dealings([0, 1], [1, 0], amount_fen=[9, 9], receivable_fen=[9, 9])
    hard = Rules(theta_up=1.0, radius_max=0.9999, decay=1.0, tolerance=1e-12)

    with pytest.raises(NotConverged, match=f"after {parameters.LAYERS_MAX} layers"):
        dependence(Links.build([1, 1], both), [0.4, 0.1], [0.1, 0.1], rules=hard)


def test_the_same_input_gives_the_same_bits() -> None:
    links = Links.build(*drawn(5))
    first, second = (dependence(links, *probabilities(5)) for _ in range(2))

    assert first.pd_network.tobytes() == second.pd_network.tobytes()
