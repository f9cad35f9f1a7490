"""
What must hold for every economy (docs/limits.md), on small random ones.

That a claim leaves when it is paid, disputed or financed is held row by row in `test_papers.py`.
"""

import dataclasses
import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.chain.limits.compute import RunOutcome, compute
from app.chain.limits.inputs import LimitInputs
from app.policy import Policy, in_force, shipped
from tests.app.chain.limits.test_second_reading import loss
from tests.graph.effort import dear
from tests.oracles.economies import AS_OF, YUAN, economy
from tests.oracles.inputs import through_graph
from tests.oracles.limits import Economy, Oracle, Row

POLICY = in_force(shipped(), dt.date(2026, 6, 30))
MONEY = ("bank_capital_fen", "product_cap_fen", "cut_off_fen")


def changed(policy: Policy, **values: Any) -> Policy:
    """Return the policy with other values."""
    rules = {
        name: dataclasses.replace(policy.rule(name), value=value) for name, value in values.items()
    }
    return dataclasses.replace(policy, rules={**policy.rules, **rules})


# Facilities so large that documents stay whole and chain factors are 1.
GENEROUS = changed(
    POLICY,
    theta_up=Decimal(10**6),
    theta_down=Decimal(10**6),
    cash_multiple=Decimal(10**6),
    stress_budget_share=Decimal(10**6),
    k_by_grade=dict.fromkeys(POLICY.table("k_by_grade"), Decimal(10**6)),
    bank_capital_fen=10**20,
)
Loss = Callable[[str, str], Fraction]
seeds = st.integers(min_value=0, max_value=100_000)
few = settings(deadline=None, max_examples=dear(3))  # Each computes all limits, often twice.


@dataclasses.dataclass
class Found:
    """What a run found, by ids: firms by (firm, core), chains by core."""

    handed: LimitInputs
    outcome: RunOutcome
    members: dict[tuple[str, str], dict[str, Any]]
    cores: dict[str, dict[str, Any]]

    def limit(self, firm: str, core: str) -> int:
        return int(self.members[firm, core]["limit_fen"])

    def total(self, firm: str) -> int:
        return sum(row["limit_fen"] for (f, _), row in self.members.items() if f == firm)

    def chains(self, firm: str) -> list[str]:
        return [core for f, core in self.members if f == firm]

    def factors(self, core: str) -> tuple[Fraction, Fraction]:
        """Return document factor and chain factor, read from the stored leaves."""
        row = self.cores[core]
        if row["facility"] is None:
            return Fraction(0), Fraction(1, 2)
        facility, occupied = Fraction(row["facility"]), row["confirmed_fen"] + row["vouchers_fen"]
        parts = [Fraction(1)]
        total, stressed = Fraction(row["relation_total_fen"]), Fraction(row["stressed_loss_fen"])
        if total:
            parts.append(Fraction(row["room_fen"]) * 2 / total)
        if stressed:
            parts.append(Fraction(row["stress_budget_fen"]) / stressed)
        return min(Fraction(1), facility / occupied) if occupied else Fraction(1), min(parts)


def run(raw: Economy, policy: Policy = POLICY, lost: Loss = loss) -> Found:
    handed = through_graph(raw, Oracle(raw, lost))
    outcome = compute(handed, policy)
    ids = handed.ids
    rows = outcome.members.iter_rows(named=True)
    members = {(ids[row["firm"]], ids[row["core"]]): row for row in rows}
    return Found(handed, outcome, members, {row["core"]: row for row in outcome.cores.to_dicts()})


def with_rows(raw: Economy, **rows: list[Row]) -> Economy:
    return dataclasses.replace(raw, **{name: [*getattr(raw, name), *r] for name, r in rows.items()})


def same_factors(before: Found, after: Found, firm: str) -> bool:
    """Tell whether documents are whole and chain factors equal in all chains of a firm."""
    return all(
        before.factors(core) == after.factors(core)
        and (before.cores[core]["facility"] is None or before.factors(core)[0] == 1)
        for core in before.chains(firm)
    )


@few
@given(seeds)
def test_what_is_passed_on_is_moved_not_added(seed: int) -> None:
    found = run(economy(seed))
    passed = found.outcome.passed
    held = found.outcome.members.select("core", "firm", "held_fen")

    came = passed.group_by("core", firm="taker").agg(came=pl.col("amount_fen").sum())
    went = passed.group_by("core", firm="giver").agg(went=pl.col("amount_fen").sum())
    keys = ["core", "firm"]
    both = held.join(came, on=keys, how="full", coalesce=True)
    both = both.join(went, on=keys, how="full", coalesce=True).fill_null(0)
    stays = both.with_columns(stays=pl.col("held_fen") + pl.col("came") - pl.col("went"))
    assert (stays["stays"] >= 0).all()
    by_core = stays.group_by("core").agg(pl.col("stays").sum(), pl.col("held_fen").sum())
    assert by_core["stays"].to_list() == by_core["held_fen"].to_list()


@few
@given(seeds)
def test_what_passes_along_a_claim_never_exceeds_it(seed: int) -> None:
    found = run(economy(seed)).outcome

    claim = pl.col("rows_fen") + pl.col("estimated_fen") - pl.col("contra_fen")
    claims = found.claims.select("seller", "buyer", claim=claim)
    along = found.passed.group_by(seller="taker", buyer="giver").agg(pl.col("amount_fen").sum())
    both = along.join(claims, on=["seller", "buyer"], how="left")
    assert (both["amount_fen"] <= both["claim"]).all()


@few
@given(seeds)
def test_limits_over_all_chains_stay_below_need_and_below_documents_and_own(seed: int) -> None:
    raw = economy(seed)
    oracle = Oracle(raw, loss)
    found = run(raw)

    for firm in {firm for firm, _ in found.members}:
        need, own = oracle.need(firm), oracle.own(firm)
        papers = sum(oracle.documents.get((firm, core), Fraction(0)) for core in oracle.cores)
        if need is not None:
            assert found.total(firm) <= need
        assert found.total(firm) <= papers + (own or 0)


def voucher(number: str, core: str, firm: str, amount: int) -> Row:
    return {
        "number": number,
        "issuer": core,
        "holder": firm,
        "amount": amount,
        "issued_on": AS_OF - dt.timedelta(days=10),
        "due_on": AS_OF + dt.timedelta(days=80),
        "parent": None,
        "status": "held",
    }


def a_member(found: Found, draw: random.Random) -> tuple[str, str]:
    wanted = [pair for pair, _ in found.members.items() if found.cores[pair[1]]["facility"]]
    assume(wanted)
    return draw.choice(wanted)


def someone(raw: Economy, draw: random.Random) -> tuple[str, str]:
    """Return a firm and the core of a chain it is in, without a run to find them."""
    oracle = Oracle(raw, loss)
    wanted = [
        (firm, core)
        for core in oracle.cores
        for firm in oracle.chains[core]
        if oracle.facility[core] is not None
    ]
    assume(wanted)
    return draw.choice(wanted)


@few
@given(seeds, st.integers(min_value=1, max_value=300_000))
def test_a_new_document_never_lowers_a_limit(seed: int, yuan: int) -> None:
    raw = economy(seed)
    before = run(raw, GENEROUS)
    firm, core = a_member(before, random.Random(seed))

    after = run(with_rows(raw, vouchers=[voucher("V", core, firm, yuan * YUAN)]), GENEROUS)

    assume(same_factors(before, after, firm))
    assert after.limit(firm, core) >= before.limit(firm, core)
    assert after.total(firm) >= before.total(firm) - len(before.chains(firm))


def claim(firm: str, core: str, amount: int, **fields: Any) -> Row:
    """Return a young claim that counts while it is open, and is a document once confirmed."""
    usual = {
        "number": "A",
        "seller": firm,
        "buyer": core,
        "amount": amount,
        "issued_on": AS_OF - dt.timedelta(days=40),
        "due_on": AS_OF + dt.timedelta(days=50),
        "status": "open",
    }
    return usual | fields


@few
@given(seeds, st.integers(min_value=1, max_value=9_000_000))
def test_confirming_an_open_claim_never_lowers_a_limit(seed: int, yuan: int) -> None:
    raw = economy(seed)
    firm, core = someone(raw, random.Random(seed))
    open_claim = claim(firm, core, yuan * YUAN)
    confirmed = open_claim | {"status": "confirmed", "confirmed_on": AS_OF}

    before = run(with_rows(raw, receivables=[open_claim]), GENEROUS)
    after = run(with_rows(raw, receivables=[confirmed]), GENEROUS)

    assume(same_factors(before, after, firm))
    assert after.limit(firm, core) >= before.limit(firm, core)
    assert after.total(firm) >= before.total(firm) - len(before.chains(firm))


@few
@given(seeds, st.integers(min_value=0, max_value=10**12))
def test_a_larger_worst_never_raises_a_limit(seed: int, more: int) -> None:
    before = run(economy(seed))
    firm, core = a_member(before, random.Random(seed))
    row = before.handed.ids.index(firm)
    partners = before.handed.partner_losses
    raised = partners.with_columns(
        loss_e12=pl.when(pl.col("firm") == row)
        .then(pl.max_horizontal("loss_e12", pl.lit(more)))
        .otherwise("loss_e12")
    )

    handed = dataclasses.replace(before.handed, partner_losses=raised)
    limits = compute(handed, POLICY).members["limit_fen"]

    at = [pair for pair, _ in before.members.items()].index((firm, core))
    assert limits[at] <= before.limit(firm, core) + 1  # A quotient is cut at 12 places.


@few
@given(seeds)
def test_a_first_small_sale_to_the_core_never_lowers_a_limit(seed: int) -> None:
    raw = economy(seed)
    before = run(raw, GENEROUS)
    firm, core = a_member(before, random.Random(seed))
    sold = {(row["seller"], row["buyer"]) for row in raw.invoices}
    assume((firm, core) not in sold)
    assume(firm in Oracle(raw, loss).sales)  # Unknown sales that become known bring a need.
    sale = {
        "number": "I",
        "issued_on": AS_OF - dt.timedelta(days=30),
        "seller": firm,
        "buyer": core,
        "amount": 1_000 * YUAN,
        "tax": 130 * YUAN,
        "total": 1_130 * YUAN,
        "status": "valid",
    }

    after = run(with_rows(raw, invoices=[sale]), GENEROUS)

    assume((firm, core) in after.members)
    assume(same_factors(before, after, firm))
    worst = [dict(r.outcome.firms.select("firm", "worst_e12").iter_rows()) for r in (before, after)]
    assume(worst[0][firm] == worst[1][firm])
    assert after.limit(firm, core) >= before.limit(firm, core)


def figures(found: Found) -> dict[tuple[str, str], list[Any]]:
    names = ("limit_fen", "reachable_fen", "binding", "absent", "base_e24", "held_fen")
    return {pair: [row[name] for name in names] for pair, row in found.members.items()}


@few
@given(seeds)
def test_splitting_an_invoice_or_a_claim_changes_nothing(seed: int) -> None:
    raw = economy(seed)
    draw = random.Random(seed)
    assume(raw.invoices and raw.receivables)
    invoices, claims = list(raw.invoices), list(raw.receivables)
    whole = invoices.pop(draw.randrange(len(invoices)))
    part = {name: whole[name] // 3 for name in ("amount", "tax", "total")}
    rest = {name: whole[name] - part[name] for name in part}
    invoices += [{**whole, **part}, {**whole, **rest, "number": "rest"}]
    claim = claims.pop(draw.randrange(len(claims)))
    third = claim["amount"] // 3
    claims += [
        {**claim, "amount": third},
        {**claim, "amount": claim["amount"] - third, "number": "rest"},
    ]

    split = dataclasses.replace(raw, invoices=invoices, receivables=claims)

    assert figures(run(raw)) == figures(run(split))


def scaled(raw: Economy, factor: int) -> Economy:
    def times(row: Row) -> Row:
        plain = ("growth", "number", "status")
        return {
            name: value * factor
            if isinstance(value, int) and not isinstance(value, bool) and name not in plain
            else value
            for name, value in row.items()
        }

    tables = ("firms", "invoices", "orders", "receivables", "vouchers")
    return dataclasses.replace(raw, **{t: [times(r) for r in getattr(raw, t)] for t in tables})


@few
@given(seeds)
def test_ten_times_the_money_is_ten_times_the_limit(seed: int) -> None:
    raw = economy(seed)
    ten = changed(POLICY, **{name: POLICY.whole(name) * 10 for name in MONEY})
    small, large = run(raw), run(scaled(raw, 10), ten)

    for pair, row in small.members.items():
        assert 10 * row["limit_fen"] - 1 <= large.limit(*pair) <= 10 * row["limit_fen"] + 10


@few
@given(seeds)
def test_without_relations_the_documents_remain(seed: int) -> None:
    raw = economy(seed)
    none = changed(POLICY, sales_share=Decimal(0))
    found = run(raw, none)
    oracle = Oracle(raw, loss)

    for (firm, core), row in found.members.items():
        papers = oracle.documents.get((firm, core), Fraction(0))
        assert row["limit_fen"] <= papers
        if row["binding"] == "funding":
            assert row["limit_fen"] == papers.numerator // papers.denominator


def renamed(raw: Economy, letter: str) -> Economy:
    """Return the same economy of other firms."""
    keys = {"firm", "seller", "buyer", "issuer", "holder", "owner", "owned", "parent", "number"}

    def other(row: Row) -> Row:
        return {
            name: letter + value[1:] if name in keys and isinstance(value, str) else value
            for name, value in row.items()
        }

    fields = [each.name for each in dataclasses.fields(raw)]
    tables = [name for name in fields if isinstance(getattr(raw, name), list)]
    return dataclasses.replace(raw, **{t: [other(r) for r in getattr(raw, t)] for t in tables})


@few
@given(seeds, seeds)
def test_a_chain_that_shares_no_firm_changes_nothing(seed: int, other: int) -> None:
    raw, stranger = economy(seed), renamed(economy(other), "G")
    fields = [each.name for each in dataclasses.fields(raw)]
    tables = [name for name in fields if isinstance(getattr(raw, name), list)]
    both = with_rows(raw, **{table: getattr(stranger, table) for table in tables})

    alone, together = figures(run(raw)), figures(run(both))

    assert {pair: row for pair, row in together.items() if pair in alone} == alone
