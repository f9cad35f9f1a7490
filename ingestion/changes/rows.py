"""Rows of a table before and after, by what becomes of them."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from graph import model

AMOUNT = "amount_fen"


@dataclass(frozen=True, slots=True)
class RowChanges:
    """What becomes of the rows of a table."""

    new: pl.DataFrame
    before: pl.DataFrame  # Those that change, as they were,
    after: pl.DataFrame  # and as they will be.
    gone: pl.DataFrame
    unchanged: int
    unchanged_fen: int | None  # What they come to; None for a table without money.

    @property
    def is_empty(self) -> bool:
        """Return whether there is no row at all."""
        return not (len(self.new) or len(self.after) or len(self.gone) or self.unchanged)

    def document(self) -> dict[str, Any]:
        """Return counts, and sums in fen where the table has money."""
        counts: dict[str, dict[str, int]] = {
            "new": {"count": len(self.new)},
            "changed": {"count": len(self.after)},
            "gone": {"count": len(self.gone)},
            "unchanged": {"count": self.unchanged},
        }
        if self.unchanged_fen is None:
            return counts
        counts["new"][AMOUNT] = total(self.new)
        counts["changed"] |= {"before_fen": total(self.before), "after_fen": total(self.after)}
        counts["gone"][AMOUNT] = total(self.gone)
        counts["unchanged"][AMOUNT] = self.unchanged_fen
        return counts


def total(frame: pl.DataFrame) -> int:
    """Return what rows come to, in fen; however many they are, it is exact."""
    return int(frame[AMOUNT].cast(pl.Int128).sum())


def of_version(name: str, old: pl.DataFrame, new: pl.DataFrame) -> RowChanges:
    """Return what becomes of the rows of a table of a version."""
    key = list(model.table(name).key)
    known = new.join(old, on=key, how="semi")
    changed = known.join(old, on=new.columns, how="anti", nulls_equal=True)
    same = known.join(changed, on=key, how="anti")
    return RowChanges(
        new=new.join(old, on=key, how="anti"),
        before=old.join(changed, on=key, how="semi"),
        after=changed,
        gone=old.join(new, on=key, how="anti"),
        unchanged=len(same),
        unchanged_fen=total(same) if AMOUNT in new.columns else None,
    )
