"""What of an import other sources tell too: it counts once, and is told."""

from collections import Counter

import numpy as np
import polars as pl

from ingestion.forms import form as registered
from ingestion.lake import LakeView, overlap
from ingestion.notes import Note, note, table_name
from ingestion.verdict import TableVerdict


def settle(judged: TableVerdict, view: LakeView, source: str) -> list[Note]:
    """
    Set aside the rows whose facts count as another source tells them; return notes on all such.

    They stay in the lake, for the day on which the other source takes them back.

    Args:
        judged: The rows of a table, merged already.
        view: The lake with them.
        source: Whose rows they are.
    """
    form = registered(judged.form.name)  # Its key is one for all sources.
    given = view.manifest.parts(form.name)
    shown = overlap.shared(
        view.folder, form.name, given, parties=view.parties, knowing=view.knowing
    )
    if shown is None:
        return []
    facts, differing = Counter[str](), Counter[str]()
    for each in judged.in_turn():
        used = np.flatnonzero(~each.aside)
        keys = view.parties.keys(source, each.staged.table, form.stored_key)[used]
        mine = keys.with_columns(pl.Series("row_of_import", used))
        lost, others = overlap.told_by_others(shown, keys, source)
        rows = mine.join(lost, on=keys.columns, how="semi", nulls_equal=True)["row_of_import"]
        each.set_aside_keys(np.sort(rows.to_numpy()).astype(np.int64), "told_elsewhere")
        for other, (count, differ) in others.items():
            facts[other] += count
            differing[other] += differ
    told = []
    for other, count in sorted(facts.items()):
        differ = differing[other]
        code = "told_by_source_otherwise" if differ else "told_by_source"
        table = table_name(form.name)
        told.append(note(code, table=table, count=count, source=other, differ=differ))
    return told
