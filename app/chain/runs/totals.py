"""
What a run gives the accounts of the book: the total of each, and what occupies it outside the book.

Everything is floored to whole fen. A firm without a limit, and a core without a facility, have 0.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl

from app.chain.groups.stored import cap_fen
from app.chain.limits.formulas import limit as limits
from app.chain.limits.formulas.algebra import Algebra
from app.chain.limits.formulas.columns import ExactColumn
from app.chain.limits.formulas.leaves import HeldLeaves
from app.chain.limits.formulas.limit import ChainTerms
from app.chain.limits.stored import Stored
from app.chain.limits.totals import firm_totals
from app.chain.receivables.numbering import in_this_order
from app.policy import Policy
from graph.errors import NotFound

FRAMES = ("members", "firms", "papers", "groups")
BANK = "bank"
# Gives the ids of documents of a kind: of `number`, `holder`, `debtor` of each.
Naming = Callable[[str, pl.DataFrame], pl.Series]
TOTALS = {
    **dict.fromkeys(("account", "layer", "core", "firm", "thing"), pl.String),
    **dict.fromkeys(("total", "outside", "valid_to"), pl.Int64),
}


@dataclass(frozen=True, slots=True)
class RunFrames:
    """A run as its totals are read from it: its frames, firms being rows of `ids`."""

    stored: Stored
    members: pl.DataFrame
    firms: pl.DataFrame
    papers: pl.DataFrame
    groups: pl.DataFrame

    @classmethod
    def open(cls, folder: Path, stored: Stored | None = None) -> "RunFrames":
        """
        Return the frames of a stored run.

        Args:
            folder: Of the run.
            stored: Its columns, where they are open already.

        Raises:
            NotFound: There is no finished run in the folder, or one of an older release.
            Damaged: It is not as it was saved.
        """
        stored = Stored(folder) if stored is None else stored
        if not all((folder / f"{name}.parquet").is_file() for name in FRAMES):
            raise NotFound(f"run {folder.name} is of an older release: refresh the version")
        return cls(
            stored, *(pl.read_parquet(folder / f"{name}.parquet", glob=False) for name in FRAMES)
        )


def totals_of(run: RunFrames, naming: Naming = in_this_order) -> pl.DataFrame:
    """
    Return the total of every account that a run gives one: a row of `TOTALS`, by account.

    Args:
        run: The run.
        naming: Gives the ids of documents; by default as if none had been seen before.
    """
    ids = pl.Series("id", run.stored.ids, dtype=pl.String)
    parts = [
        _bank(run.stored.policy),
        _groups(run),
        _cores(run),
        _chains(run, ids),
        _firms(run, ids),
        *_documents(run, ids, naming),
    ]
    return pl.concat(parts).sort("account")


def _shaped(frame: pl.DataFrame, layer: str) -> pl.DataFrame:
    """Return a frame with all columns of totals; what it lacks is none of."""
    given = frame.with_columns(layer=pl.lit(layer))
    lacking = {
        name: pl.lit(None if kind == pl.String else 0, kind)
        for name, kind in TOTALS.items()
        if name not in given.columns
    }
    return given.with_columns(**lacking).select(
        pl.col(name).cast(kind) for name, kind in TOTALS.items()
    )


def _bank(policy: Policy) -> pl.DataFrame:
    total = policy.whole("book_cap_fen")
    return _shaped(pl.DataFrame({"account": [BANK], "total": [total]}), BANK)


def _groups(run: RunFrames) -> pl.DataFrame:
    """Return the cap of every connected group."""
    named = run.groups["group"].unique().sort()
    found = pl.DataFrame(
        {"account": "group:" + named, "thing": named, "total": cap_fen(run.stored.policy)}
    )
    return _shaped(found, "group")


def _cores(run: RunFrames) -> pl.DataFrame:
    """Return the facility of every core; documents that came in files are outside the book."""
    rows = [
        (
            f"core:{each['core']}",
            each["core"],
            int(Decimal(each["facility"] or 0)),
            each["confirmed_fen"] + each["vouchers_fen"],
        )
        for row, each in run.stored.cores.items()
    ]
    schema = {name: TOTALS[name] for name in ("account", "core", "total", "outside")}
    return _shaped(pl.DataFrame(rows, schema=schema, orient="row"), "core")


def _chains(run: RunFrames, ids: pl.Series) -> pl.DataFrame:
    """Return the limit of every firm in every chain, and its relation."""
    core, firm = ids.gather(run.members["core"]), ids.gather(run.members["firm"])
    found = run.members.select(
        core=core, firm=firm, chain=pl.col("limit_fen"), relation=pl.col("relation_fen")
    ).fill_null(0)
    parts = []
    for layer in ("chain", "relation"):
        named = pl.concat_str(pl.lit(f"{layer}:"), "core", pl.lit(":"), "firm")
        parts.append(_shaped(found.select("core", "firm", account=named, total=layer), layer))
    return pl.concat(parts)


def _firms(run: RunFrames, ids: pl.Series) -> pl.DataFrame:
    """Return what each firm may borrow in all its chains together."""
    listed = run.firms.select(firm="row")
    given = firm_totals(run.members, run.firms, run.stored.policy)
    found = listed.join(given, on="firm", how="left").with_columns(pl.col("total_fen").fill_null(0))
    named = pl.DataFrame({"firm": ids.gather(found["firm"]), "total": found["total_fen"]})
    account = pl.concat_str(pl.lit("firm:"), "firm")
    return _shaped(named.with_columns(account=account), "firm")


def _documents(run: RunFrames, ids: pl.Series, naming: Naming) -> Iterator[pl.DataFrame]:
    """Yield what each eligible document is worth, a core at a time."""
    algebra = Algebra(run.stored.policy, version=run.stored.head.version, run="")
    papers = run.papers.filter(~pl.col("pledged")).with_row_index("at")
    worth = np.zeros(len(papers), np.int64)
    for (core,), part in papers.partition_by("core", as_dict=True).items():
        held = HeldLeaves(ExactColumn.whole(part["face_fen"].to_numpy()))
        terms: ChainTerms = run.stored.terms(int(core))
        exact = limits.documents(algebra, terms, held)
        worth[part["at"].to_numpy()] = algebra.floor("total", exact).column.values
    due = pl.col("due_on")
    named = papers.select(
        "kind",
        "number",
        "event",
        core=ids.gather(papers["core"]),
        firm=ids.gather(papers["firm"]),
        total=pl.Series(worth),
        valid_to=due.dt.year() * 10_000 + due.dt.month().cast(pl.Int64) * 100 + due.dt.day(),
    ).sort("kind", "number", pl.col("event") == 0, "firm", "core")
    account = pl.concat_str("kind", pl.lit(":"), "thing")
    for (kind,), part in named.partition_by("kind", as_dict=True, maintain_order=True).items():
        things = naming(str(kind), part.select("number", holder="firm", debtor="core"))
        yield _shaped(part.with_columns(thing=things).with_columns(account=account), "document")
