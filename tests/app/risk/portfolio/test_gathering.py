"""What a problem is gathered from: gains from prices, losses of scenarios, what is lent already."""

from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.chain.limits.formulas.algebra import Algebra
from app.chain.limits.formulas.leaves import FirmLeaves
from app.chain.limits.results import open_results
from app.data.versions.service import AskedVersion, policy_of, version_and_run
from app.jobs.tasks import task
from app.lending.pricing.formula import PriceLeaves, price
from app.lending.products.book import ProductBook
from app.risk.portfolio.gains import E12, Gains, PayerKnown, given_up
from app.risk.portfolio.gathering import Appetite, GatheredProblem, gathered
from app.risk.portfolio.losses import CarriedRisk
from app.risk.portfolio.standing import BankStanding, Lent
from tests.app.chain.booked import resources_of
from tests.app.conftest import NOW

pytestmark = pytest.mark.xdist_group("groups")
DAY = NOW.date()
SECTOR_CAP_FEN = 10**13


@pytest.fixture
def standing(client: TestClient) -> BankStanding:
    resources = resources_of(client)
    _, run = version_and_run(resources, AskedVersion(None))
    assert run is not None
    return BankStanding(resources, open_results(resources.runs / run.folder))


def found(
    client: TestClient, standing: BankStanding, budget_fen: int | None = None
) -> GatheredProblem:
    resources = resources_of(client)
    policy = policy_of(resources, DAY)
    products = ProductBook(resources.settings.policy).on(DAY)
    return gathered(standing, products, Appetite(policy, SECTOR_CAP_FEN, budget_fen))


def test_a_gain_is_the_price_less_what_it_covers_but_the_return_on_capital(
    client: TestClient,
) -> None:
    policy = policy_of(resources_of(client), DAY)
    product = next(each for each in ProductBook(None).on(DAY) if each.terms.id == "data-credit")
    gain = Gains(policy).of(product, PayerKnown("R8", None))
    leaves = FirmLeaves(None, "R8", None, None, None, None, 0)
    rate = price(
        Algebra(policy, version=1, run=""), PriceLeaves(leaves, product.terms, product.version, 360)
    ).figure
    chance, lgd = policy.table("pd_by_grade")["R8"], policy.table("price_lgd")["relation"]

    assert gain is not None
    assert rate is not None
    costs = policy.table("ftp")["to_360_days"] + policy.decimal("opex") + chance * lgd
    earned = rate * (1 - chance) - costs
    assert gain.gain_e12 == int(earned * E12)
    assert gain.expected_e12 == int(chance * lgd * E12)
    hurdle = policy.decimal("hurdle") * gain.capital_e12 / E12
    assert abs(earned - hurdle) < Decimal("0.0001")
    assert gain.pays


def test_a_product_whose_rate_is_capped_below_its_cost_pays_nobody(client: TestClient) -> None:
    policy = policy_of(resources_of(client), DAY)
    product = next(each for each in ProductBook(None).on(DAY) if each.terms.id == "data-credit")
    capped = product.terms.model_copy(update={"rate_cap": Decimal("0.03")})
    cheap = type(product)(capped, "cheap", product.lines)
    gains = Gains(policy)

    low, high = (gains.of(each, PayerKnown("R12", None)) for each in (cheap, product))

    assert low is not None
    assert high is not None
    assert (low.pays, high.pays) == (False, True)
    assert gains.of(product, PayerKnown("D", None)) is None


def test_sales_between_the_bounds_are_those_of_the_step_above(client: TestClient) -> None:
    gains = Gains(policy_of(resources_of(client), DAY))
    product = ProductBook(None).on(DAY)[0]
    low, high = 3_000_000_000, 30_000_000_000

    near, step = (gains.of(product, PayerKnown("R5", low + fen)) for fen in (1, (high - low) // 20))
    small, large = (gains.of(product, PayerKnown("R5", fen)) for fen in (low // 2, high * 2))

    assert near == step
    assert small is not None
    assert large is not None
    assert near is not None
    assert small.capital_e12 < near.capital_e12 < large.capital_e12


def test_every_candidate_counts_in_the_accounts_of_its_path(
    client: TestClient, standing: BankStanding
) -> None:
    whole = found(client, standing, 5)
    entries = whole.problem.caps.entries
    counted: dict[int, dict[str, int]] = {}
    for row, at, weight in zip(entries.row, entries.candidate, entries.weight_e12, strict=True):
        counted.setdefault(int(at), {})[whole.lines[row].name] = int(weight)
    own = [line.name for line in whole.lines if line.kind == "budget" and line.room_fen == 5]

    assert own == ["budget"]
    assert whole.left_out == ["order-finance"]
    assert len(whole.candidates) > 1
    for at, each in enumerate(whole.candidates):
        named = dict.fromkeys(("bank", "budget", f"firm:{each.firm}"), E12)
        assert named.items() <= counted[at].items()
        assert counted[at].get(f"core:{each.core}", 0) == (0 if each.by_document else E12 // 2)
        assert (f"documents:{each.core}:{each.firm}" in counted[at]) == each.by_document
        assert counted[at]["expected_loss"] == each.gain.expected_e12


def test_where_a_core_fails_its_documents_lose_and_its_firms_fail_more_likely(
    client: TestClient, standing: BankStanding
) -> None:
    whole = found(client, standing)
    alone = whole.problem.tail.alone
    lost = {
        (whole.scenarios[row], int(at)): int(weight)
        for row, at, weight in zip(alone.row, alone.candidate, alone.weight_e12, strict=True)
    }
    for at, each in enumerate(whole.candidates):
        here = lost.get((f"core_fails:{each.core}", at), 0)
        if each.by_document:
            assert here == int(each.gain.lgd * E12)
        elif standing.members[each.core, each.firm].loss_e12:
            assert here > each.gain.expected_e12

    assert (
        len(whole.scenarios) == len(standing.results.cores) + len({*standing.sectors.values()}) + 1
    )
    assert whole.problem.tail.load_e6.diagonal().tolist() == [4_000_000] * len(
        whole.problem.tail.load_e6
    )


def test_what_is_lent_already_takes_room_of_losses_and_of_its_sector(
    client: TestClient, standing: BankStanding
) -> None:
    before = found(client, standing)
    standing.__dict__["lent"] = [Lent("CORE1", "MILL", "gone", by_document=False, amount_fen=10**8)]

    after = found(client, standing)

    rooms = [
        {line.name: line.room_fen for line in each.lines if line.kind in ("sector", "capital")}
        for each in (before, after)
    ]
    sector = f"sector:{standing.sectors['MILL']}"
    assert rooms[0].get(sector, SECTOR_CAP_FEN) == SECTOR_CAP_FEN
    assert rooms[1].get(sector, SECTOR_CAP_FEN - 10**8) == SECTOR_CAP_FEN - 10**8
    assert rooms[1]["capital"] < rooms[0]["capital"]
    assert (before.problem.tail.base_fen == 0).all()
    assert (after.problem.tail.base_fen > 0).any()


def test_what_nobody_can_price_is_lost_as_far_as_it_is_ever() -> None:
    gain = given_up(Decimal("0.4"))

    assert (gain.expected_e12, gain.pays) == (400_000_000_000, False)
    assert CarriedRisk("A", "B", gain, 5).amount_fen == 5


def test_the_job_of_the_night_keeps_a_proposal(client: TestClient) -> None:
    resources = resources_of(client)

    said = task("portfolio").work(resources, lambda *_: None)

    assert said.startswith("portfolio-all-1-")
    assert (resources.runs / "portfolios" / said).is_dir()


def test_before_a_version_is_published_the_job_says_so(empty: Any) -> None:
    assert "no version" in task("portfolio").work(empty, lambda *_: None)


@pytest.fixture
def empty(kept_records: Any, tmp_path: Any) -> Any:
    from app.platform.config import Settings  # noqa: PLC0415
    from app.platform.deps import open_resources  # noqa: PLC0415

    with open_resources(Settings(home=tmp_path / "empty"), now=lambda: NOW) as resources:
        yield resources
