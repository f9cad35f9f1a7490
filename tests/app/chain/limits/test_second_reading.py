"""Every limit of many small economies, against a second reading of the page in fractions."""

import dataclasses
import datetime as dt
import random
from fractions import Fraction

import pytest

from app.chain.limits.compute import compute
from app.policy import in_force, shipped
from tests.graph.effort import seeds
from tests.oracles.economies import BANK, economy, with_book, with_payments
from tests.oracles.inputs import inputs, through_graph
from tests.oracles.limits import Economy, Oracle, floor

POLICY = in_force(shipped(), dt.date(2026, 6, 30))


def loss(firm: str, closed: str) -> Fraction:
    return Fraction((int(firm[1:]) * 31 + int(closed[1:]) * 57) % 100, 100)


OURS = dataclasses.replace(POLICY.rule("own_names"), value=[BANK])
NAMED = dataclasses.replace(POLICY, rules={**POLICY.rules, "own_names": OURS})


@pytest.mark.parametrize("seed", seeds(range(150), 15))
def test_limits_agree_with_the_second_reading(seed: int) -> None:
    agree(economy(seed))


@pytest.mark.parametrize("seed", seeds(range(150, 190), 6))
def test_part_payments_and_registrations_agree_with_the_second_reading(seed: int) -> None:
    agree(with_payments(random.Random(seed), economy(seed)))


@pytest.mark.parametrize("seed", seeds(range(190, 230), 6))
def test_a_book_agrees_with_the_second_reading(seed: int) -> None:
    draw = random.Random(seed)
    agree(with_book(draw, with_payments(draw, economy(seed))))


def agree(raw: Economy) -> None:
    oracle = Oracle(raw, loss)

    outcome = compute(through_graph(raw, oracle), NAMED)

    ids = sorted({row["firm"] for row in raw.firms})
    for row in outcome.members.iter_rows(named=True):
        firm, core = ids[row["firm"]], ids[row["core"]]
        assert (row["direction"], row["tier"]) == oracle.chains[core][firm]
        assert row["absent"] is None
        assert (row["limit_fen"], row["binding"]) == oracle.limit(firm, core), (firm, core)
        assert row["reachable_fen"] == oracle.reachable(firm, core)
    for row in outcome.cores.iter_rows(named=True):
        names = ("confirmed_fen", "vouchers_fen", "confirmed_here_fen", "issued_here_fen")
        assert sum(row[name] for name in names) == oracle.occupied[row["core"]]
    assert len(outcome.members) == sum(len(chain) for chain in oracle.chains.values())


@pytest.mark.parametrize("seed", seeds(range(150), 15))
def test_facilities_agree_with_the_second_reading(seed: int) -> None:
    raw = economy(seed)
    oracle = Oracle(raw, loss)

    outcome = compute(inputs(raw, oracle), POLICY)

    for row in outcome.cores.iter_rows(named=True):
        expected = oracle.facility[row["core"]]
        if expected is None:
            assert row["facility"] is None
        else:
            assert floor(Fraction(row["facility"])) == floor(expected)
