"""
Which of several rows with one key stands.

A row that is told again with other content replaces what stood, in one import as in two; one that
says void takes back all that its import and earlier ones of its source say under that key. An
invoice may be told by several rows (its lines), and by both of its ends: its rows under one pair of
names are one telling. Lines of other goods or line numbers that several files of an import tell are
added up, of the same ones the last file counts. Of tellings that agree the fuller stands, else the
first; of those that do not agree the last.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.counts import NoteCounts
from ingestion.forms import LINE, Form
from ingestion.lake import LakePart, Parties, parts
from ingestion.lake.earlier import Earlier
from ingestion.lake.names import Names
from ingestion.readers.chunk import IntArray
from ingestion.staged import BoolArray, dividing
from ingestion.verdict import SEVERAL_ALLOWED, Verdict

SUMS = ("amount_fen", "tax_fen", "total_fen")
# What is read of earlier imports.
READ = ("number", "issued_on", "seller", "buyer", "kind", "file", *SUMS)
FACTS = ("number", "seller", "buyer", "issued_on")
_FACT = "fact."  # Before those of them that are no part of the key.
NAMES = ("seller_text", "buyer_text")
_OLD_NUMBER = "^[0-9]{8}$"
_KEPT_VOID = "receivables"  # Void is a state there, which is kept.
_LISTED = "registrations"  # One may have several rows: a row a debtor or document.


def choose(judged: Verdict, keys: pl.DataFrame, ends: pl.DataFrame) -> None:
    """
    Set aside the rows that do not stand beside others of the import with their key.

    Args:
        judged: The rows, as far as each can be used by itself.
        keys: Their keys, firms as numbers.
        ends: The firms at their ends, as numbers.
    """
    _take_back(judged, keys)
    if judged.staged.form.name == _LISTED:
        _choose_lists(judged, keys, ends)
    elif judged.staged.form.name not in SEVERAL_ALLOWED:
        _choose_rows(judged, keys)


class Stood:
    """
    The invoices that earlier imports of a source gave, in parts of the lake.

    Args:
        folder: The lake's.
        given: The parts.
        form: The table, with the key of the source.
        whose: The source, and which firms its texts mean.
        count: Into how many divisions the invoices of the import are divided.
    """

    def __init__(
        self,
        folder: Path,
        given: Sequence[LakePart],
        form: Form,
        *,
        whose: tuple[str, Parties],
        count: int,
    ) -> None:
        self._key = form.stored_key
        self._source, self._parties = whose
        wanted = tuple(dict.fromkeys((*READ, *self._key)))
        self._earlier = Earlier(
            given,
            lambda part: parts.read(folder, part, wanted),
            by=dividing(form),
            count=count,
            folder=folder,
        )

    def tellings(self, rows: pa.Table, division: int, names: Names) -> list[pl.DataFrame]:
        """Return what `tellings` gives of those with a key of a division, before any row of it."""
        known = tuple(dict.fromkeys((*self._key, *FACTS)))
        return [
            tellings(
                earlier,
                self._parties.keys(self._source, earlier, known),
                key=self._key,
                names=names,
            ).with_columns(
                # What is not known was filled in when the row was kept.
                pl.when(pl.col("tax_fen").is_null() & (pl.col("total_fen") == pl.col("amount_fen")))
                .then(None)
                .otherwise(pl.col("total_fen"))
                .alias("total_fen"),
                pl.lit(-1, pl.Int64).alias("file"),
                pl.lit(-1, pl.Int64).alias("row"),
            )
            for earlier in self._earlier.meeting(division, rows)
        ]


def settle(judged: Verdict, known: pl.DataFrame, stood: Stood, counts: NoteCounts) -> None:
    """
    Set aside what both ends of an invoice tell; count what is to be told of earlier imports.

    Args:
        judged: The invoices of an import, or a division of them.
        known: Their keys, and who traded when under which number; firms as numbers.
        stood: What earlier imports gave.
        counts: Is told.
    """
    names, key, staged = Names(), judged.staged.form.stored_key, judged.staged
    told = tellings(staged.table, known, key=key, names=names)
    earlier = pl.concat([told.clear(), *stood.tellings(staged.table, staged.division, names)])
    counts.add("told_otherwise_now", choose_tellings(judged, told, earlier))
    again = _numbers_again(told, earlier, pl.Series(~judged.aside))
    first = None if again.is_empty() else (again["number"][0], "number", again["number"][0])
    counts.add("number_again", again.height, first=first)


def _numbers_again(told: pl.DataFrame, earlier: pl.DataFrame, used: pl.Series) -> pl.DataFrame:
    """Return numbers that a seller used for several buyers or days; all of them count."""
    fact = ["number", "seller"]
    told, earlier = _facts(told), _facts(earlier)
    met = pl.concat([each.select(fact) for each in (told, earlier)], how="vertical_relaxed")
    several = met.hash_rows(seed=3).is_duplicated()[: len(told)]
    # Eight digits are the number of an invoice of old: without its code others have it too.
    mine = told.filter(used & several)
    mine = mine.filter(~pl.col("number").str.contains(_OLD_NUMBER)).unique()
    before = earlier.join(mine.select(fact).unique(), on=fact, how="semi")
    uses = pl.concat([mine, before], how="vertical_relaxed").unique()
    return uses.group_by(fact).len().filter(pl.col("len") > 1).sort("number")


def choose_tellings(judged: Verdict, told: pl.DataFrame, stood: pl.DataFrame) -> int:
    """
    Set aside the rows of invoices that another end tells, or a later file under the same names.

    Args:
        judged: The invoices of an import.
        told: What `tellings` gives of them.
        stood: The same of earlier imports of their source, all of `file` -1 and `row` -1.

    Returns:
        How many invoices of earlier imports another end tells otherwise now, and so replaces.
    """
    twins = judged.aside & (judged.first_of < np.arange(len(judged.aside)))
    twins &= ~judged.aside[judged.first_of]  # They say again what stands in their first.
    met, before = _told_again(told, stood, ~judged.aside | twins)
    ours = told[met].with_columns(pl.Series("first", judged.first_of[met]))
    earlier = stood[before].with_columns(pl.lit(-1, pl.Int64).alias("first"))
    rows = _met(pl.concat([earlier.select(ours.columns), ours], how="vertical_relaxed"))
    if not len(rows):
        return 0
    by_names = [*_key(rows), *NAMES]
    rows = _with_lines(rows, judged.staged.table, by_names)
    last = pl.col("file").max()
    told_now = (pl.col("file") >= 0) | (last.over(by_names) < 0)
    rows = rows.with_columns(
        (told_now & (pl.col("file") == last.over([*by_names, "line"]))).alias("latest"),
        pl.col("row").min().over(by_names).alias("begins"),
    )
    latest = rows.filter("latest")
    firsts = latest["first"].unique().to_numpy()
    replaced = rows.filter(~pl.col("latest") & (pl.col("row") >= 0))["first"].unique().to_numpy()
    judged.set_aside_keys(np.setdiff1d(replaced, firsts), "replaced")
    ended = latest.join(_compared(latest), on=by_names, how="left", nulls_equal=True)
    for reason in ("told_twice", "told_otherwise"):
        lost = ended.filter((pl.col("fate") == reason) & (pl.col("row") >= 0))
        judged.set_aside_keys(np.unique(lost["first"].to_numpy()), reason)
    return ended.filter((pl.col("fate") == "told_otherwise") & (pl.col("row") < 0)).height


def _told_again(
    told: pl.DataFrame, stood: pl.DataFrame, counted: BoolArray
) -> tuple[IntArray, IntArray]:
    """Return the rows of an import, of those that count, and the earlier ones, with a key twice."""
    key = _key(told)
    every = pl.concat([stood.select(key), told.select(key)], how="vertical_relaxed")
    rows = np.flatnonzero(np.concatenate([np.ones(len(stood), bool), counted]))
    again = rows[every.hash_rows(seed=5).gather(rows).is_duplicated().to_numpy()]
    return again[again >= len(stood)] - len(stood), again[again < len(stood)]


def tellings(
    rows: pa.Table, known: pl.DataFrame, *, key: Sequence[str], names: Names
) -> pl.DataFrame:
    """
    Return what is compared of invoices: their place, file, key, names and signed sums.

    Args:
        rows: The invoices.
        known: The columns of their keys and `FACTS`, firms as numbers.
        key: What tells them apart.
        names: Numbers the names that are written.
    """
    amount = rows["amount_fen"]
    red = pc.fill_null(pc.equal(rows["kind"], "red"), fill_value=False)
    flip = pc.fill_null(pc.and_(red, pc.greater(amount, 0)), fill_value=False)
    sums = [pl.Series(name, pc.if_else(flip, pc.negate(rows[name]), rows[name])) for name in SUMS]
    written = [pl.Series(f"{end}_text", names.coded(rows[end])) for end in ("seller", "buyer")]
    others = [pl.col(name).alias(f"{_FACT}{name}") for name in FACTS if name not in key]
    return known.select(*key, *others).with_columns(
        *sums,
        *written,
        pl.Series("file", rows["file"]).cast(pl.Int64),
        pl.Series("row", np.arange(rows.num_rows)),
    )


def _key(rows: pl.DataFrame) -> list[str]:
    besides = {"file", "row", "first", "latest", "begins", "line", *NAMES, *SUMS}
    return [name for name in rows.columns if name not in besides and not name.startswith(_FACT)]


def _facts(rows: pl.DataFrame) -> pl.DataFrame:
    """Return number, seller, buyer and day of invoices, whatever their key is."""
    return rows.select(
        name if name in rows.columns else pl.col(f"{_FACT}{name}").alias(name) for name in FACTS
    )


def _with_lines(rows: pl.DataFrame, table: pa.Table, by_names: list[str]) -> pl.DataFrame:
    """
    Return the rows with the line of its invoice that each is, by number and goods.

    Where a row tells neither, it may stand for the whole invoice: none of its rows is a line then.
    """
    new = rows.filter(pl.col("row") >= 0).select("row").unique()
    said = table.select([LINE, "goods"]).take(pa.array(new["row"].to_numpy()))
    lines = new.with_columns(_plain(said[name]).alias(name) for name in (LINE, "goods"))
    told = pl.any_horizontal(pl.col(LINE, "goods").is_not_null())
    line = pl.concat_str([LINE, "goods"], separator="\0", ignore_nulls=True)
    lines = lines.with_columns(pl.when(told).then(line).alias("line"))
    joined = rows.join(lines.select("row", "line"), on="row", how="left", maintain_order="left")
    whole = ((pl.col("row") >= 0) & pl.col("line").is_null()).any().over(by_names)
    return joined.with_columns(pl.when(~whole).then(pl.col("line")).alias("line"))


def _plain(texts: pa.ChunkedArray) -> pl.Series:
    """Return texts without case, width and blanks, which never tell two lines apart."""
    plain = pc.utf8_lower(pc.utf8_normalize(texts, form="NFKC"))
    return pl.Series(pc.replace_substring_regex(plain, r"\s+", ""))


def _met(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of invoices that are told under several names, or by several files."""
    key = _key(rows)
    new = pl.col("file").filter(pl.col("file") >= 0)
    met = rows.group_by(key).agg(
        new.n_unique().alias("files"), pl.struct(NAMES).n_unique().alias("names")
    )
    several = met.filter((pl.col("files") > 1) | ((pl.col("names") > 1) & (pl.col("files") > 0)))
    return rows.join(several.select(key), on=key, how="semi", nulls_equal=True)


def _compared(latest: pl.DataFrame) -> pl.DataFrame:
    """Return for each invoice and pair of names whether that telling stands, or why it does not."""
    key = _key(latest)
    told = latest.group_by([*key, *NAMES]).agg(
        *(pl.col(name).sum() for name in SUMS),
        *(pl.col(name).null_count().alias(f"{name}_lacks") for name in SUMS),
        pl.col("begins").min(),
        pl.col("row").max().alias("ends"),
    )
    agrees = pl.lit(value=True)
    for name in SUMS:
        last = [pl.col(n).sort_by("ends").last().over(key) for n in (name, f"{name}_lacks")]
        unknown = (pl.col(f"{name}_lacks") > 0) | (last[1] > 0)
        agrees &= (pl.col(name) == last[0]) | unknown
    lacks = pl.col("tax_fen_lacks").clip(0, 1) + pl.col("total_fen_lacks").clip(0, 1)
    ranked = told.with_columns(agrees.alias("agrees"), lacks.alias("lacks"))
    ranked = ranked.sort([pl.col("agrees").not_(), "lacks", "begins"])
    stands = pl.struct(NAMES) == pl.struct(NAMES).first().over(key)
    fate = (
        pl.when(stands)
        .then(pl.lit("stands"))
        .when(pl.col("agrees"))
        .then(pl.lit("told_twice"))
        .otherwise(pl.lit("told_otherwise"))
    )
    return ranked.select(*key, *NAMES, fate.alias("fate"))


def _take_back(judged: Verdict, keys: pl.DataFrame) -> None:
    """Set aside what another row of the import says is void."""
    void = judged.void
    if judged.staged.form.name == _KEPT_VOID:
        status = judged.staged.table["status"]
        said = np.asarray(pc.fill_null(pc.equal(status, "void"), fill_value=False)).astype(bool)
        void = np.union1d(void, np.flatnonzero(said & ~judged.aside))
    if len(void):
        judged.set_aside_keys(_others(keys, ~judged.aside, void), "voided")


def _others(keys: pl.DataFrame, usable: BoolArray, void: IntArray) -> IntArray:
    left = np.setdiff1d(np.flatnonzero(usable), void)
    rows = keys[left].with_columns(pl.Series("row", left))
    gone = rows.join(keys[void].unique(), on=keys.columns, how="semi", nulls_equal=True)
    return np.sort(gone["row"].to_numpy()).astype(np.int64)


def _choose_rows(judged: Verdict, keys: pl.DataFrame) -> None:
    """Let the last row of each key stand; one that is told again counts where it is told last."""
    rows = _told_last(judged, keys)
    stands = rows.filter(pl.col("last") == pl.col("last").max().over(keys.columns))
    judged.set_aside_keys(np.setdiff1d(rows["row"], stands["row"]), "replaced")


def _choose_lists(judged: Verdict, keys: pl.DataFrame, ends: pl.DataFrame) -> None:
    """Let the last file of each key stand, in it the last row of each debtor and document."""
    table, others = judged.staged.table, ends.columns[1:]
    rows = _told_last(
        judged, keys.with_columns(*ends[others], document=pl.Series(table["document"]))
    )
    file = pl.Series(table["file"].to_numpy()[rows["last"].to_numpy()])
    stands = (
        rows.with_columns(file.alias("file"))
        .filter(pl.col("file") == pl.col("file").max().over(keys.columns))
        .filter(pl.col("last") == pl.col("last").max().over([*keys.columns, *others, "document"]))
    )
    judged.set_aside_keys(np.setdiff1d(rows["row"], stands["row"]), "replaced")


def _told_last(judged: Verdict, keys: pl.DataFrame) -> pl.DataFrame:
    """Return the keys of the rows in use, with their `row`, and the `last` that says the same."""
    ours = np.flatnonzero(~judged.aside)
    last = np.arange(len(judged.aside))
    np.maximum.at(last, judged.first_of, np.arange(len(last)))
    return keys[ours].with_columns(pl.Series("row", ours), pl.Series("last", last[ours]))
