"""What is paid of a claim leaves wherever its face counts, and nowhere else (docs/limits.md)."""

import dataclasses
import random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.app.chain.limits.test_laws import (
    GENEROUS,
    Found,
    claim,
    few,
    figures,
    run,
    seeds,
    someone,
    with_rows,
)
from tests.app.chain.limits.test_papers import ago, found, held, row, sale
from tests.oracles.economies import YUAN, economy, with_payments
from tests.oracles.limits import Economy, Row

WHOLE = 1_000_000 * YUAN
PART = 400_000 * YUAN


def of_pair(result: Found, seller: str = "S", buyer: str = "C") -> dict[str, Any]:
    ids = result.handed.ids
    rows = result.outcome.claims.iter_rows(named=True)
    return next(r for r in rows if (ids[r["seller"]], ids[r["buyer"]]) == (seller, buyer))


def test_an_open_claim_counts_at_what_is_not_paid_of_it() -> None:
    result = of_pair(found(row(paid=PART), row(number="A2", amount=WHOLE)))

    assert (result["rows_fen"], result["paid_fen"], result["contra_fen"]) == (2 * WHOLE, PART, 0)


def test_a_document_is_held_and_occupies_at_what_is_not_paid_of_it() -> None:
    result = found(row(status="confirmed", confirmed_on=ago(20), paid=PART))

    assert held(result) == WHOLE - PART
    assert result.cores["C"]["confirmed_fen"] == WHOLE - PART
    assert result.cores["C"]["confirmed_paid_fen"] == PART


def test_contra_compares_what_is_not_paid() -> None:
    back = row(number="A2", seller="C", buyer="S", amount=WHOLE // 2, paid=WHOLE // 4)

    assert of_pair(found(row(), back))["contra_fen"] == WHOLE // 4


def test_a_buyer_pays_late_by_what_it_has_not_paid() -> None:
    """Of 400,000 overdue beside 600,000 that are not, 300,000 are paid: one seventh is late."""
    late = row(number="A2", amount=PART, due_on=ago(5))
    young = row(number="A3", amount=WHOLE - PART)

    assert found(late, young).outcome.claims.is_empty()
    paid = found(late | {"paid": 3 * PART // 4}, young)
    assert of_pair(paid)["rows_fen"] == WHOLE


def test_what_is_paid_is_not_estimated_anew() -> None:
    """Invoices of 1,000,000 beside a receivable of as much: nothing is estimated, paid or not."""
    recent = [sale(10, amount=WHOLE, total=WHOLE), sale(seller="B", buyer="S", number="I2")]

    for paid in (0, PART, WHOLE - 1):
        assert of_pair(found(row(paid=paid), invoices=recent))["estimated_fen"] == 0


@few
@given(seeds)
def test_what_is_paid_wholly_is_as_one_with_status_paid(seed: int) -> None:
    raw = economy(seed)
    assume(raw.receivables)
    draw = random.Random(seed)
    claims = list(raw.receivables)
    at = draw.randrange(len(claims))
    whole = claims[at]["status"] != "void" and claims[at]["amount"] > 0
    assume(whole)

    by_word = [*claims[:at], {**claims[at], "status": "paid", "paid_on": None}, *claims[at + 1 :]]
    by_sum = [*claims[:at], {**claims[at], "paid": claims[at]["amount"]}, *claims[at + 1 :]]

    assert _figures(raw, by_word) == _figures(raw, by_sum)


@few
@given(seeds)
def test_splitting_a_claim_with_its_payments_changes_nothing(seed: int) -> None:
    raw = with_payments(random.Random(seed), economy(seed))
    raw = dataclasses.replace(raw, registrations=[])
    assume(raw.receivables)
    draw = random.Random(seed)
    claims = list(raw.receivables)
    one = claims.pop(draw.randrange(len(claims)))
    amount, paid = one["amount"], one.get("paid") or 0
    first = draw.randint(0, amount)
    least, most = max(0, paid - (amount - first)), min(first, paid)
    of_first = draw.randint(least, most)
    parts = [
        {**one, "amount": first, "paid": of_first},
        {**one, "number": "rest", "amount": amount - first, "paid": paid - of_first},
    ]

    assert _figures(raw, [*claims, *parts]) == _figures(raw, raw.receivables)


@few
@given(seeds, st.integers(min_value=2, max_value=9_000_000), st.fractions(0, 1))
def test_paying_part_of_a_claim_never_raises_a_limit(seed: int, yuan: int, part: Any) -> None:
    raw = economy(seed)
    firm, core = someone(raw, random.Random(seed))
    status = random.Random(seed).choice(["open", "confirmed"])
    whole = claim(firm, core, yuan * YUAN, status=status)
    paid = whole | {"paid": int(part * whole["amount"])}

    before = run(with_rows(raw, receivables=[whole]), GENEROUS)
    after = run(with_rows(raw, receivables=[paid]), GENEROUS)

    assume(before.factors(core) == after.factors(core))
    # Paid claims may make a buyer punctual, and deliveries cover what is left of a claim.
    assume(_kinds(before) == _kinds(after))
    assert after.limit(firm, core) <= before.limit(firm, core) + 1  # A quotient is cut.


def _kinds(result: Found) -> list[tuple[Any, ...]]:
    claims = result.outcome.claims
    return claims.select("seller", "buyer", "verified", "sold", "troubled").rows()


def _figures(raw: Economy, claims: list[Row]) -> dict[tuple[str, str], list[Any]]:
    result = run(dataclasses.replace(raw, receivables=claims))
    facilities = {("", core): [row["confirmed_fen"]] for core, row in result.cores.items()}
    return figures(result) | facilities


@pytest.mark.parametrize("paid", [0, None])
def test_without_payments_nothing_is_told_of_them(paid: int | None) -> None:
    result = of_pair(found(row(paid=paid)))

    assert (result["paid_fen"], result["pledged_fen"], result["pledged_count"]) == (0, 0, 0)
