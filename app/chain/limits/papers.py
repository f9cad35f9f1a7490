"""
Receivables and vouchers as they stand: by the files of a version, and by the book.

A document of a file with number and parties of one that the platform knows is the same document:
the platform's state counts. But paid, void or financed in a file ends a receivable on which no
loan or voucher of ours stands, and what is paid in part lowers its face. Of one on which something
of ours stands, and of one that has ended here, files change nothing: what was paid stays paid.
"""

import datetime as dt

import polars as pl

from app.chain.limits.book import Book

PARTIES = ("number", "seller", "buyer")
ENDS = ("paid", "void", "financed")  # Words of a file that end what nothing of ours stands on.
# States of the book of which files change nothing: a loan or voucher of ours stands on it, or it is
# over.
SETTLED = ("financing", "financed", "replaced", "paid", "void")
# What a word of the book is to the limits: a document that our own loan finances stays held.
WORDS = {"financing": "confirmed", "financed": "confirmed", "elsewhere": "financed"}


def with_state(rows: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """
    Return receivables issued up to the date, with face and state on that date.

    The face is the amount less what is paid; paid wholly a row is paid. A payment up to the date
    beats every word but void; disputed, financed and void carry no date, so the word counts; a
    confirmation after the date is not seen.
    """
    word = pl.col("status")
    so_far = pl.col("paid_fen").fill_null(0)
    wholly = (so_far > 0) & (so_far >= pl.col("amount_fen"))
    paid = (pl.col("paid_on") <= as_of).fill_null(value=False) | wholly
    confirmed = pl.col("confirmed_on") <= as_of
    state = (
        pl.when(word == "void")
        .then(pl.lit("void"))
        .when(paid)
        .then(pl.lit("paid"))
        .when(word.is_in(["disputed", "financed"]))
        .then(word)
        .when((word == "paid") & pl.col("paid_on").is_null())
        .then(pl.lit("paid"))
        .when(pl.col("confirmed_on").is_not_null())
        .then(pl.when(confirmed).then(pl.lit("confirmed")).otherwise(pl.lit("open")))
        .when(word == "confirmed")
        .then(pl.lit("confirmed"))
        .otherwise(pl.lit("open"))
    )
    seen = rows.filter(pl.col("issued_on") <= as_of)
    return seen.with_columns(
        state=state,
        confirmed=confirmed.fill_null(value=False),
        paid_fen=so_far,
        face_fen=pl.col("amount_fen") - so_far,
    )


def receivables(rows: pl.DataFrame, book: Book, as_of: dt.date) -> pl.DataFrame:
    """
    Return receivables with face and state on a date, those of the book whatever the date is.

    Args:
        rows: What the files of a version say.
        book: What the platform knows.
        as_of: The date of the version.

    Returns:
        `number seller buyer amount_fen issued_on due_on registry_id state confirmed paid_fen
        face_fen`; `here` where the platform confirmed it, `event` of the book, 0 for a file's.
    """
    given = with_state(rows, as_of)
    if book.receivables.is_empty():
        return given.with_columns(here=pl.lit(value=False), event=pl.lit(0, pl.Int64))
    both = given.join(book.receivables, on=PARTIES, how="full", coalesce=True, suffix="_known")
    known = both.filter(pl.col("event").is_not_null())
    files = both.filter(pl.col("event").is_null()).with_columns(
        here=pl.lit(value=False), event=pl.lit(0, pl.Int64)
    )
    wanted = [*given.columns, "here", "event"]
    return pl.concat([files.select(wanted), _merged(known).select(wanted)])


def _merged(both: pl.DataFrame) -> pl.DataFrame:
    """Return what the platform knows, with what a file may still say of it."""
    settled = pl.col("state_known").is_in(SETTLED)
    over = pl.col("state").is_in(ENDS).fill_null(value=False) & ~settled
    paid = pl.max_horizontal("paid_fen_known", pl.col("paid_fen").fill_null(0))
    word = pl.col("state_known").replace(WORDS)
    merged = both.with_columns(
        state=pl.when(over).then("state").otherwise(word),
        confirmed=pl.col("confirmed_known") | pl.col("confirmed").fill_null(value=False),
        amount_fen=pl.col("amount_fen_known"),
        paid_fen=pl.when(settled).then("paid_fen_known").otherwise(paid),
        issued_on=pl.col("issued_on_known"),
        due_on=pl.col("due_on_known"),
        registry_id=pl.coalesce("registry_id_known", "registry_id"),
    )
    face = pl.col("amount_fen") - pl.col("paid_fen")
    return merged.with_columns(face_fen=pl.max_horizontal(face, pl.lit(0)))


def differences(rows: pl.DataFrame, book: Book, as_of: dt.date) -> pl.DataFrame:
    """
    Return where a file says another thing of a receivable than the platform knows.

    Returns:
        number, seller, buyer, field, file, platform: in order, the last two as texts.
    """
    if book.receivables.is_empty():
        return pl.DataFrame(
            schema=dict.fromkeys((*PARTIES, "field", "file", "platform"), pl.String)
        )
    given = with_state(rows, as_of).join(book.receivables, on=PARTIES, suffix="_known")
    given = given.with_columns(state_known=pl.col("state_known").replace(WORDS))
    parts = [
        given.filter(pl.col(name).ne_missing(pl.col(f"{name}_known"))).select(
            *PARTIES,
            field=pl.lit(name),
            file=pl.col(name).cast(pl.String),
            platform=pl.col(f"{name}_known").cast(pl.String),
        )
        for name in ("state", "amount_fen", "paid_fen", "due_on")
    ]
    return pl.concat(parts).sort(*PARTIES, "field")


def held_vouchers(vouchers: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Return vouchers with status held, their face net of their children, above nothing."""
    seen = vouchers.filter(pl.col("issued_on") <= as_of)
    children = (
        seen.filter(pl.col("parent").is_not_null())
        .group_by("parent")
        .agg(children_fen=pl.col("amount_fen").sum())
    )
    return (
        seen.filter(pl.col("status") == "held")
        .join(children, left_on="number", right_on="parent", how="left")
        .with_columns(face_fen=pl.col("amount_fen") - pl.col("children_fen").fill_null(0))
        .filter(pl.col("face_fen") > 0)
    )


def vouchers(rows: pl.DataFrame, book: Book, as_of: dt.date) -> pl.DataFrame:
    """
    Return vouchers of files that are held, and all of the book.

    Returns:
        `number issuer holder face_fen occupies_fen issued_on due_on event`: what counts as the
        holder's, and what occupies the issuer's facility; `event` of the book, 0 for a file's.
    """
    held = held_vouchers(rows, as_of)
    files = held.with_columns(occupies_fen="face_fen", event=pl.lit(0, pl.Int64))
    if book.vouchers.is_empty():
        return files
    known = book.vouchers.select("number", "issuer").unique()
    files = files.join(known, on=["number", "issuer"], how="anti")
    ours = book.vouchers.rename({"held_fen": "face_fen"})
    return pl.concat([files.select(ours.columns), ours])
