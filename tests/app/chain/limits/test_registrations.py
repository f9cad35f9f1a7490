"""What others have as security is not eligible, still occupies, and is told (docs/limits.md)."""

import dataclasses
import random
from typing import Any

import pytest
from hypothesis import given

from app.policy import Policy
from tests.app.chain.limits.test_laws import POLICY, Found, changed, few, run, seeds
from tests.app.chain.limits.test_papers import ago, found, held, row, sale
from tests.app.chain.limits.test_part_payments import PART, WHOLE, of_pair
from tests.oracles.economies import BANK, economy, with_payments

OURS = changed(POLICY, own_names=["示例银行股份有限公司", "91350100M000100Y43"])
PAPERS = (
    row(number="D", status="confirmed", confirmed_on=ago(20)),
    row(number="O", amount=2 * WHOLE, paid=PART),
    row(number="B", buyer="B", amount=3 * WHOLE, registry_id="ZD-1"),
)
VOUCHER = {
    "number": "V", "issuer": "C", "holder": "S", "amount": WHOLE, "issued_on": ago(10),
    "due_on": ago(-60), "status": "held",
}  # fmt: skip


def registered(**fields: Any) -> dict[str, Any]:
    usual = {"pledgor": "S", "secured_party": "某银行", "registered_on": ago(30), "status": "live"}
    return usual | fields


def counted(*registrations: dict[str, Any], policy: Policy = OURS) -> dict[str, tuple[int, int]]:
    """Return what counts, and how many papers do not: documents, claims on C, claims on B."""
    result = found(*PAPERS, vouchers=[VOUCHER], registrations=list(registrations), policy=policy)
    member = result.members["S", "C"]
    said = {"held": (held(result), member["pledged_count"])}
    for buyer in ("C", "B"):
        pair = of_pair(result, buyer=buyer)
        left = pair["rows_fen"] - pair["paid_fen"] - pair["pledged_fen"]
        said[buyer] = (left, pair["pledged_count"])
    assert result.cores["C"]["confirmed_fen"] + result.cores["C"]["vouchers_fen"] == 2 * WHOLE
    return said


ALL = {"held": (2 * WHOLE, 0), "C": (2 * WHOLE - PART, 0), "B": (3 * WHOLE, 0)}


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        ({"document": "D"}, {"held": (WHOLE, 1)}),
        ({"document": "V"}, {"held": (WHOLE, 1)}),
        ({"document": "O"}, {"C": (0, 1)}),
        ({"document": "ZD-1"}, {"B": (0, 1)}),
        ({"document": "O", "debtor": "B"}, {"C": (0, 1)}),
        ({"document": "unknown"}, {}),
        ({"debtor": "B"}, {"B": (0, 1)}),
        ({"debtor": "C"}, {"held": (0, 2), "C": (0, 1)}),
        ({}, {"held": (0, 2), "C": (0, 1), "B": (0, 1)}),
        ({"secured_party": None}, {"held": (0, 2), "C": (0, 1), "B": (0, 1)}),
        ({"pledgor": "B"}, {}),
    ],
)
def test_a_registration_takes_its_document_else_claims_on_its_debtor_else_all(
    fields: dict[str, Any], changes: dict[str, tuple[int, int]]
) -> None:
    assert counted(registered(**fields)) == ALL | changes


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "cancelled"},
        {"expires_on": ago(1)},
        {"registered_on": ago(-1)},
        {"secured_party": "示例银行股份有限公司"},
        {"secured_party": "示例银行股份公司"},  # The same name, as names are compared.
        {"secured_party": "91350100m000100y43"},
    ],
)
def test_what_is_not_live_or_is_to_the_bank_itself_takes_nothing(fields: dict[str, Any]) -> None:
    assert counted(registered(**fields)) == ALL


def test_a_registration_is_live_on_its_first_and_last_day() -> None:
    for fields in ({"registered_on": ago(0)}, {"expires_on": ago(0)}):
        assert counted(registered(debtor="B", **fields))["B"] == (0, 1)


def test_two_registrations_of_one_paper_take_it_once() -> None:
    twice = registered(document="B"), registered(debtor="B"), registered(document="ZD-1")

    assert counted(*twice) == ALL | {"B": (0, 1)}


def test_claims_on_a_debtor_are_given_with_what_is_estimated_of_them() -> None:
    recent = [sale(10, amount=2 * WHOLE, total=2 * WHOLE), sale(seller="B", buyer="S", number="I")]

    def estimate(**fields: Any) -> tuple[int, int]:
        given = [registered(**fields)]
        pair = of_pair(found(row(), invoices=recent, registrations=given))
        return pair["estimated_fen"], pair["pledged_fen"]

    assert estimate(document="A1") == (WHOLE, WHOLE)  # The document alone.
    assert estimate(debtor="C") == (WHOLE, 2 * WHOLE)


def test_what_is_given_to_others_is_not_set_off() -> None:
    """As a claim that is financed: it is nobody's claim here any more."""
    back = row(number="A2", seller="C", buyer="S", amount=WHOLE // 2)
    result = found(row(), back, registrations=[registered(document="A1")])

    assert of_pair(result, "C", "S")["contra_fen"] == 0


def without(raw: Any) -> Found:
    return run(dataclasses.replace(raw, registrations=[]), OURS)


@few
@given(seeds)
def test_a_registration_occupies_as_before_and_never_adds_papers(seed: int) -> None:
    raw = with_payments(random.Random(seed), economy(seed))
    policy = changed(POLICY, own_names=[BANK])

    given, free = run(raw, policy), without(raw)

    occupied = ("confirmed_fen", "vouchers_fen", "facility")
    for core, figures in given.cores.items():
        assert [figures[name] for name in occupied] == [free.cores[core][name] for name in occupied]
    for pair, member in given.members.items():
        before = free.members[pair]["held_fen"] if pair in free.members else 0
        assert member["held_fen"] == before - member["pledged_fen"]
    for one in given.outcome.claims.iter_rows(named=True):
        assert one["pledged_fen"] <= one["rows_fen"] + one["estimated_fen"] - one["paid_fen"]
