"""
Documents and claims of a version, as of its date (docs/limits.md, sections 2, 4 and 10).

Every table here is a polars frame whose firms are rows of the network; amounts are whole fen.
"""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from app.chain.limits import papers
from app.chain.limits.book import NO_BOOK, Book
from app.chain.limits.registrations import Pledges, marked, pledges
from app.policy import Policy
from graph.groups import Control, Holdings, control
from graph.groups import groups as connected

UNPAID = ("open", "confirmed", "disputed")
PAPER = (
    *("core", "firm", "kind", "number", "face_fen", "paid_fen", "pledged"),
    *("issued_on", "due_on", "event"),
)
NOT_COUNTED = ("paid_fen", "pledged_fen", "pledged_count")  # Beside what counts of papers.
# What is left of a claim: faces, less what is paid and what others have as security, less contra.
CLAIM = (
    pl.col("rows_fen") + pl.col("estimated_fen")
    - pl.col("paid_fen") - pl.col("pledged_fen") - pl.col("contra_fen")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ledger:
    """The rows of a version that the limits read, firms being network rows."""

    receivables: pl.DataFrame  # seller buyer amount_fen issued_on due_on confirmed_on paid_on ...
    vouchers: pl.DataFrame  # holder issuer amount_fen issued_on due_on parent number status
    recent: pl.DataFrame  # seller buyer total_fen: invoices with tax of the open window
    delivered: pl.DataFrame  # seller buyer delivered_fen: orders delivered in 365 days
    registrations: pl.DataFrame  # pledgor secured_party debtor document registered_on ...
    as_of: dt.date
    book: Book = NO_BOOK

    @property
    def day(self) -> dt.date:
        """Return the day that due days of documents are held against."""
        return self.book.day_of(self.as_of)


@dataclass(frozen=True, slots=True)
class PapersNow:
    """Papers as they stand on the date, each marked where others have it as security."""

    ledger: Ledger
    receivables: pl.DataFrame
    vouchers: pl.DataFrame
    given: Pledges


@dataclass(frozen=True, slots=True)
class Documents:
    """What firms hold on cores, and what occupies each core's facility."""

    held: pl.DataFrame  # firm core held_fen; besides paid_fen pledged_fen pledged_count
    papers: pl.DataFrame  # A row an eligible document: PAPER.
    occupying: pl.DataFrame  # core confirmed_fen confirmed_paid_fen vouchers_fen, here and event


class SortedClaims(NamedTuple):
    """Claims that count, and those that a buyer's overdue rows keep from counting."""

    counting: pl.DataFrame
    aged: pl.DataFrame  # The same columns; besides unpaid_fen overdue_fen, all that the buyer owes.


def papers_now(ledger: Ledger, policy: Policy) -> PapersNow:
    """Return the papers of files and of the book, with faces, states and who has them."""
    given = pledges(ledger.registrations, ledger.as_of, policy.texts("own_names"))
    receivables = papers.receivables(ledger.receivables, ledger.book, ledger.as_of)
    vouchers = papers.vouchers(ledger.vouchers, ledger.book, ledger.as_of)
    named = ("number", "registry_id")
    return PapersNow(
        ledger,
        marked(receivables, given, ends=("seller", "buyer"), numbers=named),
        marked(vouchers, given, ends=("holder", "issuer"), numbers=("number",)),
        given,
    )


def documents(now: PapersNow, policy: Policy, cores: pl.DataFrame) -> Documents:
    """
    Return what firms hold on cores and what occupies each facility.

    Args:
        now: The papers of the version and of the book.
        policy: The policy in force.
        cores: One row a core: `core`, `has_facility`.
    """
    rows = now.receivables.join(cores, left_on="buyer", right_on="core", how="inner")
    faces = now.vouchers.join(cores, left_on="issuer", right_on="core", how="inner")
    day = now.ledger.day
    claims = rows.filter(is_document(policy, day) & pl.col("has_facility"))
    eligible = in_tenor(policy, day) & (pl.col("face_fen") > 0)
    vouchers = faces.filter(eligible & pl.col("has_facility"))
    found = pl.concat(
        [
            claims.with_columns(firm="seller", core="buyer", kind=pl.lit("receivable")).select(
                PAPER
            ),
            vouchers.with_columns(
                firm="holder", core="issuer", kind=pl.lit("voucher"), paid_fen=pl.lit(0, pl.Int64)
            ).select(PAPER),
        ]
    ).sort("core", "firm", "kind", "number")
    held = found.group_by("firm", "core").agg(*_not_counted(), held_fen=pl.col("face_fen").sum())
    return Documents(
        held=held.with_columns(pl.col("held_fen") - pl.col("pledged_fen")).sort("firm", "core"),
        papers=found,
        occupying=_occupying(rows, faces),
    )


def _occupying(rows: pl.DataFrame, faces: pl.DataFrame) -> pl.DataFrame:
    """Return what occupies each core's facility: papers of files, and those of the book."""
    confirmed = rows.filter(
        (pl.col("state") == "confirmed")
        | (pl.col("state").is_in(["disputed", "financed"]) & pl.col("confirmed"))
    )
    here, ours = pl.col("here"), pl.col("event") > 0
    receivables = confirmed.group_by(core="buyer").agg(
        confirmed_fen=pl.col("face_fen").filter(~here).sum(),
        confirmed_paid_fen=pl.col("paid_fen").filter(~here).sum(),
        confirmed_here_fen=pl.col("face_fen").filter(here).sum(),
        confirmed_event=pl.col("event").filter(here).max(),
    )
    issued = faces.group_by(core="issuer").agg(
        vouchers_fen=pl.col("occupies_fen").filter(~ours).sum(),
        issued_here_fen=pl.col("occupies_fen").filter(ours).sum(),
        issued_event=pl.col("event").filter(ours).max(),
    )
    return receivables.join(issued, on="core", how="full", coalesce=True).fill_null(0).sort("core")


def _not_counted() -> list[pl.Expr]:
    """Return what does not count of papers: sums and number."""
    pledged = pl.col("face_fen").filter("pledged")
    return [
        pl.col("paid_fen").sum(),
        pledged.sum().alias("pledged_fen"),
        pl.col("pledged").sum().cast(pl.Int64).alias("pledged_count"),
    ]


def holders(now: PapersNow, cores: pl.DataFrame) -> pl.DataFrame:
    """
    Return who holds documents of a core, eligible or not: unpaid receivables on it, vouchers of it.

    What is financed has left its holder.

    Args:
        now: The papers of the version and of the book.
        cores: One row a core: `core`.
    """
    rows = now.receivables
    unpaid = rows.filter(pl.col("state").is_in(UNPAID) & (pl.col("face_fen") > 0))
    faces = now.vouchers.filter(pl.col("face_fen") > 0)
    found = pl.concat(
        [
            unpaid.select(core="buyer", firm="seller"),
            faces.select(core="issuer", firm="holder"),
        ]
    )
    return found.join(cores.select("core"), on="core").unique().sort("core", "firm")


def in_tenor(policy: Policy, day: dt.date) -> pl.Expr:
    """Return whether the due day lies where a document's may."""
    first = day - dt.timedelta(days=policy.whole("past_due_days_document"))
    last = day + dt.timedelta(days=policy.whole("tenor_days_max"))
    return pl.col("due_on").is_between(first, last)


def is_document(policy: Policy, day: dt.date) -> pl.Expr:
    """Return whether a receivable on a core is an eligible document."""
    eligible = (pl.col("state") == "confirmed") & in_tenor(policy, day)
    if policy.flag("registry_required"):
        return eligible & pl.col("registry_id").is_not_null()
    return eligible


def claims(
    now: PapersNow, policy: Policy, cores: pl.DataFrame, group_of: pl.DataFrame
) -> SortedClaims:
    """
    Return the eligible claims of every pair, after groups, contra and cross-age.

    Contra comes before cross-age: who pays others late still owes them, so that paying late
    never raises what a firm itself may borrow.

    Args:
        now: The papers of the version and of the book.
        policy: The policy in force.
        cores: One row a core: `core`, `has_facility`.
        group_of: One row a firm that belongs to a group: `firm`, `group`.

    Returns:
        Of both seller, buyer, rows_fen, estimated_fen, paid_fen, pledged_fen, pledged_count,
        contra_fen; what is left is above nothing, or others have some of it as security.
    """
    own = _own_rows(now, policy, cores)
    estimated = _estimated(now, policy)
    gross = (
        own.join(estimated, on=["seller", "buyer"], how="full", coalesce=True)
        .with_columns(pl.col("rows_fen", "estimated_fen", *NOT_COUNTED).fill_null(0))
        .filter(pl.col("rows_fen") + pl.col("estimated_fen") > 0)
    )
    gross = marked(gross, now.given, ends=("seller", "buyer")).with_columns(
        pledged_fen=pl.col("pledged_fen") + pl.col("estimated_fen") * pl.col("pledged")
    )
    left = _less_contra(_outside_groups(gross, group_of))
    aged = _aged_buyers(now.receivables, policy, now.ledger.as_of)
    return SortedClaims(
        left.join(aged, on="buyer", how="anti").sort("seller", "buyer"),
        left.join(aged, on="buyer", how="inner").sort("seller", "buyer"),
    )


def _own_rows(now: PapersNow, policy: Policy, cores: pl.DataFrame) -> pl.DataFrame:
    ledger = now.ledger
    with_facility = cores.filter(pl.col("has_facility")).select(buyer="core", carries=pl.lit(1))
    oldest = ledger.as_of - dt.timedelta(days=policy.whole("age_days_max"))
    latest_due = ledger.as_of - dt.timedelta(days=policy.whole("past_due_days_max"))
    joined = now.receivables.join(with_facility, on="buyer", how="left")
    document = is_document(policy, ledger.day) & pl.col("carries").is_not_null()
    return (
        joined.filter(
            pl.col("state").is_in(["open", "confirmed"])
            & (pl.col("issued_on") >= oldest)
            & (pl.col("due_on") >= latest_due)
            & ~document
        )
        .group_by("seller", "buyer")
        .agg(*_not_counted(), rows_fen=pl.col("amount_fen").sum())
    )


def _estimated(now: PapersNow, policy: Policy) -> pl.DataFrame:
    ledger = now.ledger
    first = ledger.as_of - dt.timedelta(days=policy.whole("open_days"))
    issued = (
        now.receivables.filter(
            (pl.col("issued_on") > first) & (pl.col("issued_on") <= ledger.as_of)
        )
        .group_by("seller", "buyer")
        .agg(issued_fen=pl.col("amount_fen").sum())
    )
    left = pl.col("total_fen") - pl.col("issued_fen").fill_null(0)
    return (
        ledger.recent.join(issued, on=["seller", "buyer"], how="left")
        .select("seller", "buyer", estimated_fen=pl.max_horizontal(left, pl.lit(0)))
        .filter(pl.col("estimated_fen") > 0)
    )


def _aged_buyers(rows: pl.DataFrame, policy: Policy, as_of: dt.date) -> pl.DataFrame:
    """Return buyers whose overdue share is at least the policy's; compared without rounding."""
    share = Fraction(policy.decimal("cross_age"))
    late = pl.when(pl.col("due_on") < as_of).then(pl.col("face_fen")).otherwise(0)
    sums = (
        rows.filter(pl.col("state").is_in(UNPAID))
        .group_by("buyer")
        .agg(unpaid_fen=pl.col("face_fen").sum(), overdue_fen=late.sum())
        .filter(pl.col("unpaid_fen") > 0)
    )
    aged = [row for row in sums.iter_rows() if Fraction(row[2], row[1]) >= share]
    schema = dict.fromkeys(("buyer", "unpaid_fen", "overdue_fen"), pl.Int64)
    return pl.DataFrame(aged, schema=schema, orient="row")


def _outside_groups(pairs: pl.DataFrame, group_of: pl.DataFrame) -> pl.DataFrame:
    sides = pairs.join(
        group_of.rename({"firm": "seller", "group": "seller_group"}), on="seller", how="left"
    ).join(group_of.rename({"firm": "buyer", "group": "buyer_group"}), on="buyer", how="left")
    same = (pl.col("seller_group") == pl.col("buyer_group")).fill_null(value=False)
    return sides.filter(~same).select(pairs.columns)


def _less_contra(pairs: pl.DataFrame) -> pl.DataFrame:
    total = CLAIM + pl.col("contra_fen")
    pairs = pairs.with_columns(contra_fen=pl.lit(0, pl.Int64))
    back = pairs.select(seller="buyer", buyer="seller", back_fen=total)
    return (
        pairs.join(back, on=["seller", "buyer"], how="left")
        .with_columns(contra_fen=pl.min_horizontal(total, pl.col("back_fen").fill_null(0)))
        .filter((CLAIM > 0) | (pl.col("pledged_fen") > 0))
        .select("seller", "buyer", "rows_fen", "estimated_fen", *NOT_COUNTED, "contra_fen")
    )


def disputed(now: PapersNow, days: int) -> pl.DataFrame:
    """Return disputed rows of each pair issued in the last days: seller, buyer, disputed_fen."""
    last = now.ledger.as_of
    issued = pl.col("issued_on")
    return (
        now.receivables.filter(
            (pl.col("state") == "disputed")
            & (issued > last - dt.timedelta(days=days))
            & (issued <= last)
        )
        .group_by("seller", "buyer")
        .agg(disputed_fen=pl.col("face_fen").sum())
    )


def groups(holdings: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """
    Return the groups of firms joined by control or more than half the equity, transitively.

    Args:
        holdings: Who holds shares of whom; ends are rows of the network.
        as_of: The day on which they are looked at.

    Returns:
        firm, group: only firms that are joined to another; the group is its smallest row.
    """
    held = standing(holdings, as_of)
    firms = int(pl.concat([held["owner"], held["owned"]]).to_numpy().max(initial=-1)) + 1
    found = connected(controlled(held, firms))
    columns = {"firm": found.firm_rows, "group": found.member_group_rows}
    return pl.DataFrame(columns).cast(pl.Int64).sort("firm")


def standing(holdings: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Return the holdings that have begun on a day and not ended before it."""
    begun = pl.col("from_on").is_null() | (pl.col("from_on") <= as_of)
    return holdings.filter(begun & (pl.col("to_on").is_null() | (pl.col("to_on") >= as_of)))


def controlled(holdings: pl.DataFrame, firms: int) -> Control:
    """Return who is controlled by whom, by holdings whose ends are rows of the network."""
    owner, owned, share = (holdings[name].to_numpy() for name in ("owner", "owned", "share"))
    linked = (holdings["kind"] == "control").to_numpy()
    return control(firms, Holdings(owner, owned, share.astype(float), linked))
