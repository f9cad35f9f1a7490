"""What becomes of rows that are in the lake alone: invoices, orders, events."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from ingestion.changes.rows import AMOUNT, RowChanges, total
from ingestion.forms import Form
from ingestion.lake import LakePart, Manifest, Parties, parts
from ingestion.lake.overlap import BoolArray

_OF = "source_name"
TABLES = ("invoices", "orders", "events", "flows", "registrations")


@dataclass(frozen=True, slots=True)
class LakeRows:
    """Rows of one table of a lake, each party text read as the firm it means."""

    folder: Path
    form: Form
    parties: Parties

    def difference(self, before: Manifest, after: Manifest) -> RowChanges:
        """
        Return what becomes of the table's rows; those of one source and one key are compared.

        Of parts that do not differ amounts alone are read: a small delivery costs little.
        """
        old, new = self._besides(before, after), self._besides(after, before)
        key = [_OF, *self.form.stored_key]
        count = sum(int(self._stands(part).sum()) for _, part in before.parts(self.form.name))
        money = self._amount_fen(before) - total(old) if self._has_money else None
        return RowChanges(
            new=new.join(old, on=key, how="anti", nulls_equal=True),
            before=old.join(new, on=key, how="semi", nulls_equal=True),
            after=new.join(old, on=key, how="semi", nulls_equal=True),
            gone=old.join(new, on=key, how="anti", nulls_equal=True),
            unchanged=count - len(old),
            unchanged_fen=money,
        )

    @property
    def _has_money(self) -> bool:
        return AMOUNT in {column.stored for column in self.form.columns.values()}

    @property
    def _columns(self) -> list[str]:
        return list(dict.fromkeys([*self.form.stored_key, *([AMOUNT] if self._has_money else ())]))

    def _besides(self, one: Manifest, other: Manifest) -> pl.DataFrame:
        """Return the rows that count in one manifest and not in the other."""
        kept = {(source, part.file): part for source, part in other.parts(self.form.name)}
        frames = [self._none()]
        for source, part in one.parts(self.form.name):
            stands, there = self._stands(part), kept.get((source, part.file))
            alone = stands if there is None else stands & ~self._stands(there)
            if alone.any():
                rows = parts.read(self.folder, part, self._columns)
                rows = rows.filter(pa.array(alone[stands]))
                frame = self.parties.keys(source, rows, self._columns)
                frames.append(frame.select(pl.lit(source).alias(_OF), *self._columns))
        return pl.concat(frames)

    def _none(self) -> pl.DataFrame:
        columns = {column.stored: column for column in self.form.columns.values()}
        kinds = {
            name: pa.int64() if columns[name].kind == "party" else columns[name].arrow
            for name in self._columns
        }
        blank = {name: pl.Series(name, pa.array([], kind)) for name, kind in kinds.items()}
        return pl.DataFrame({_OF: pl.Series([], dtype=pl.String), **blank})

    def _stands(self, part: LakePart) -> BoolArray:
        stands = np.ones(part.rows, bool)
        stands[parts.dropped(self.folder, part)] = False
        return stands

    def _amount_fen(self, manifest: Manifest) -> int:
        """Return what all rows that count come to."""
        given = [part for _, part in manifest.parts(self.form.name)]
        return sum(
            total(
                pl.DataFrame({AMOUNT: pl.Series(parts.read(self.folder, part, [AMOUNT])[AMOUNT])})
            )
            for part in given
        )
