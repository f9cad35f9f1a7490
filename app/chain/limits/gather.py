"""The leaves of a run: what every facility and every limit reads, gathered once."""

from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from app.chain.limits import ledger
from app.chain.limits.book import NOTHING_FROZEN
from app.chain.limits.firms import OURS, known_firms, with_lent
from app.chain.limits.formulas.leaves import CoreLeaves
from app.chain.limits.inputs import LimitInputs
from app.policy import Policy
from graph import credit

DAYS = 365
NOTHING = {"confirmed_fen": 0, "vouchers_fen": 0}  # What occupies the facility of most firms.
PREPAID_ROWS = 50_000  # Distributors that are joined with their purchases at a time.


@dataclass(frozen=True, slots=True)
class Leaves:
    """Everything that formulas read, by core and firm row."""

    firms: pl.DataFrame  # A row a listed firm: firms.STORED.
    cores: dict[int, CoreLeaves]
    members: pl.DataFrame  # core firm direction tier held_fen ... holds loss_e12
    claims: pl.DataFrame  # seller buyer rows_fen ... delivered_fen
    prepaid: pl.DataFrame  # core buyer seller purchases_fen chains
    passed: credit.Passed
    papers: pl.DataFrame  # The documents behind `held_fen`: ledger.PAPER.
    aged: pl.DataFrame  # Claims that do not count: columns of `claims`, and what its buyer owes.


def gather(inputs: LimitInputs, policy: Policy, before: Leaves | None = None) -> Leaves:
    """
    Return the leaves of every chain and firm of a version.

    Args:
        inputs: The version's rows, with a book.
        policy: The policy in force.
        before: The leaves with another book; what no book can change is taken over.
    """
    heads = _core_frame(inputs)
    now = ledger.papers_now(inputs.ledger, policy)
    found = ledger.documents(now, policy, heads)
    group_of = ledger.groups(inputs.holdings, inputs.as_of)
    found_claims = ledger.claims(now, policy, heads, group_of)
    disputed = ledger.disputed(now, DAYS)
    claims = _with_trade(found_claims.counting, disputed, inputs)
    passed = _passed(found.held, claims, policy)
    members = _members(inputs, found.held, ledger.holders(now, heads))
    return Leaves(
        firms=with_lent(_firms(inputs, members, policy, before), inputs.ledger.book.lent),
        cores=_core_leaves(inputs, found),
        members=members,
        claims=claims,
        prepaid=_prepaid(inputs) if before is None else before.prepaid,
        passed=passed,
        papers=found.papers,
        aged=_with_trade(found_claims.aged, disputed, inputs),
    )


def _firms(
    inputs: LimitInputs, members: pl.DataFrame, policy: Policy, before: Leaves | None
) -> pl.DataFrame:
    """Return what is known of firms beside the book, which is as it was where the members are."""
    pair = ["core", "firm"]
    if before is not None and members.select(pair).equals(before.members.select(pair)):
        return before.firms.drop(OURS)
    return known_firms(inputs, members, policy)


def _core_frame(inputs: LimitInputs) -> pl.DataFrame:
    rows = inputs.firms.drop("core").with_row_index("core").cast({"core": pl.Int64})
    rate = pl.col("rating").is_not_null() & pl.col("tangible_net_worth_fen").is_not_null()
    cash = pl.all_horizontal(
        pl.col("operating_cash_flow_fen", "cash_fen", "short_debt_fen").is_not_null()
    )
    wanted = pl.DataFrame({"core": inputs.cores}, schema={"core": pl.Int64})
    return rows.join(wanted, on="core").select("core", has_facility=rate | cash).sort("core")


def _core_leaves(inputs: LimitInputs, found: ledger.Documents) -> dict[int, CoreLeaves]:
    occupying = {row.pop("core"): row for row in found.occupying.iter_rows(named=True)}
    bought, sold = _first_tier(inputs, "up_tier"), _first_tier(inputs, "down_tier")
    leaves = {}
    for core in inputs.cores:
        firm = inputs.firms.row(core, named=True)
        reserved = inputs.ledger.book.frozen.get(inputs.ids[core], NOTHING_FROZEN)
        leaves[core] = CoreLeaves(
            core=inputs.ids[core],
            colour=inputs.colours.get(core, "blue"),
            rating=firm["rating"],
            tangible_net_worth_fen=firm["tangible_net_worth_fen"],
            operating_cash_flow_fen=firm["operating_cash_flow_fen"],
            cash_fen=firm["cash_fen"],
            short_debt_fen=firm["short_debt_fen"],
            loans_fen=firm["loans_fen"],
            purchases_fen=bought.get(core, 0),
            sales_fen=sold.get(core, 0),
            reserved_fen=reserved.amount_fen,
            reserved_event=reserved.event,
            **(NOTHING | occupying.get(core, {})),
        )
    return leaves


def _first_tier(inputs: LimitInputs, tier: str) -> dict[int, int]:
    """Return the core's trade with the firms one step away, upstream or downstream."""
    other, own = ("supplier", "buyer") if tier == "up_tier" else ("buyer", "supplier")
    first = inputs.chains.filter(pl.col(tier) == 1).select("core", "firm")
    sums = (
        inputs.trades.join(first, left_on=[own, other], right_on=["core", "firm"])
        .group_by(own)
        .agg(pl.col("amount_fen").sum())
    )
    return dict(sums.iter_rows())


def _with_trade(claims: pl.DataFrame, disputed: pl.DataFrame, inputs: LimitInputs) -> pl.DataFrame:
    pair = ["seller", "buyer"]
    trade = inputs.trades.select("blue_fen", "red_fen", seller="supplier", buyer="buyer")
    found = (
        claims.join(trade, on=pair, how="left")
        .join(disputed, on=pair, how="left")
        .join(inputs.ledger.delivered, on=pair, how="left")
    )
    counted = ["blue_fen", "red_fen", "disputed_fen", "delivered_fen"]
    return (
        found.with_columns(pl.col(counted).fill_null(0))
        .with_columns(
            verified=pl.col("delivered_fen") >= ledger.CLAIM,
            sold=pl.col("blue_fen") > 0,
            troubled=pl.col("red_fen") + pl.col("disputed_fen") > 0,
        )
        .sort("seller", "buyer")
    )


def _passed(held: pl.DataFrame, claims: pl.DataFrame, policy: Policy) -> credit.Passed:
    claims = claims.filter(ledger.CLAIM > 0)
    rules = credit.Rules(
        share=Fraction(policy.decimal("pass_on")),
        steps_max=policy.whole("tiers_max"),
        cut_off_fen=policy.whole("cut_off_fen"),
    )
    return credit.pass_on(
        credit.Held(*(held[name].to_numpy() for name in ("firm", "core", "held_fen"))),
        credit.Claims(
            claims["seller"].to_numpy(),
            claims["buyer"].to_numpy(),
            claims.select(left=ledger.CLAIM)[:, 0].to_numpy(),
        ),
        rules,
    )


def _members(inputs: LimitInputs, held: pl.DataFrame, holders: pl.DataFrame) -> pl.DataFrame:
    """Return every firm of every chain; holders that no trade reaches stand up, tier 1."""
    listed = inputs.chains.select("core", "firm", "direction", "tier")
    alone = (
        held.filter((pl.col("held_fen") > 0) & (pl.col("firm") != pl.col("core")))
        .join(listed, on=["core", "firm"], how="anti")
        .select("core", "firm", direction=pl.lit("up"), tier=pl.lit(1, dtype=pl.Int64))
    )
    return (
        pl.concat([listed.with_columns(pl.col("tier").cast(pl.Int64)), alone])
        .join(held, on=["core", "firm"], how="left")
        .join(holders.with_columns(holds=True), on=["core", "firm"], how="left")
        .join(inputs.losses, on=["core", "firm"], how="left")
        .with_columns(
            pl.col("held_fen", *ledger.NOT_COUNTED, "loss_e12").fill_null(0),
            pl.col("holds").fill_null(value=False),
        )
        .sort("core", "firm")
    )


def _prepaid(inputs: LimitInputs) -> pl.DataFrame:
    """Return what each distributor buys from sellers one tier nearer, chain by chain."""
    below = inputs.chains.filter(pl.col("down_tier") > 0).select(
        "core", buyer="firm", down=pl.col("down_tier").cast(pl.Int64)
    )
    tops = pl.DataFrame({"core": inputs.cores}, schema={"core": pl.Int64})
    nearer = pl.concat(
        [
            below.select("core", seller="buyer", above="down"),
            tops.select("core", seller="core", above=pl.lit(0, pl.Int64)),
        ]
    )
    bought = inputs.trades.filter(pl.col("amount_fen") > 0).select(
        "buyer", seller="supplier", purchases_fen="amount_fen"
    )
    parts = [
        part.join(bought, on="buyer")
        .with_columns(above=pl.col("down") - 1)
        .join(nearer, on=["core", "seller", "above"])
        .select("core", "buyer", "seller", "purchases_fen")
        for part in below.iter_slices(PREPAID_ROWS)
    ]
    pairs = pl.concat(parts) if parts else _no_prepaid()
    counts = pairs.group_by("buyer", "seller").agg(chains=pl.len().cast(pl.Int64))
    return pairs.join(counts, on=["buyer", "seller"]).sort("core", "buyer", "seller")


def _no_prepaid() -> pl.DataFrame:
    names = ("core", "buyer", "seller", "purchases_fen")
    return pl.DataFrame(schema=dict.fromkeys(names, pl.Int64))
