"""Rows of a file that are one: the first cells of the group, and sums of amounts."""

import polars as pl

from ingestion.descriptions import amounts
from ingestion.descriptions.model import RowGroup
from ingestion.descriptions.steps import FATE
from ingestion.sets.batch import AT
from ingestion.sets.headers import INNER

LINES, _LONE = f"{INNER}lines", f"{INNER}lone"
_EXACT = pl.Decimal(38, 16)


def grouped(frame: pl.DataFrame, group: RowGroup, repeated: frozenset[str]) -> pl.DataFrame:
    """
    Return one row a group, in the order in which groups begin; `LINES` says how many it is.

    Args:
        frame: Rows of whole files, with `AT` and `FATE`.
        group: What they are grouped by, and what is summed.
        repeated: Columns of which every text of a group is wanted.
    """
    by = [name for name in group.by if name in frame.columns]
    numbered = frame.with_row_index(_LONE)
    lone = pl.all_horizontal(pl.col(name).is_null() for name in by) if by else pl.lit(value=True)
    numbered = numbered.with_columns(pl.when(lone).then(_LONE).alias(_LONE))
    keys = [AT, *by, _LONE]
    sums = [name for name in group.sums if name in frame.columns and name not in keys]
    texts = [_as_decimal(numbered[name], group) for name in sums]
    numbered = numbered.with_columns(texts)
    parts = []
    for name in frame.columns:
        if name in keys or name in sums:
            continue
        if name == FATE:
            parts.append(pl.col(name).max())
        elif name in repeated:
            inner = (
                pl.col(name).explode() if isinstance(frame[name].dtype, pl.List) else pl.col(name)
            )
            parts.append(inner)
        else:
            parts.append(pl.col(name).first())
    found = numbered.group_by(keys, maintain_order=True).agg(
        *parts,
        *(_sum(name) for name in sums),
        pl.len().cast(pl.Int64).alias(LINES),
    )
    sign = [pl.col(name).str.replace(".", ",", literal=True) for name in sums]
    found = found.with_columns(sign) if group.decimal == "," else found
    return found.select(*frame.columns, LINES)


def _as_decimal(texts: pl.Series, group: RowGroup) -> pl.Series:
    """Return amounts as struct of the exact number and the text where it is none."""
    blank = texts.str.contains(amounts.DASHES).fill_null(value=False)
    plain = amounts.written_plainly(
        texts.zip_with(~blank, pl.Series([None], dtype=pl.String)), group.decimal
    )
    number = plain.cast(_EXACT, strict=False)
    odd = texts.zip_with(number.is_null() & ~blank, pl.Series([None], dtype=pl.String))
    return pl.DataFrame({"number": number, "odd": odd}).to_struct(texts.name)


def _sum(name: str) -> pl.Expr:
    number, odd = (pl.col(name).struct.field(part) for part in ("number", "odd"))
    total = pl.when(number.count() > 0).then(number.sum().cast(pl.String))
    return pl.coalesce(odd.drop_nulls().first(), total).alias(name)
