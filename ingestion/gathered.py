"""The party texts that an import brings, and those with a code that no row has any more."""

import polars as pl
import pyarrow as pa

from ingestion.forms import forms
from ingestion.lake import LakeView, parts
from ingestion.lake.parties import Text
from ingestion.resolve import Resolution
from ingestion.resolve.beside import SIGN
from ingestion.staged import Staged


def texts(source: str, staged: Staged) -> set[Text]:
    """Return the texts of a table's parties, with the source that gives them."""
    return {
        (source, text)
        for name in staged.form.parties
        for chunk in staged.table[name].chunks[:1]  # All chunks share one dictionary.
        for text in chunk.dictionary.to_pylist()
    }


def outdated(view: LakeView, resolution: Resolution) -> set[Text]:
    """
    Return the texts of code and name that no row has that counts.

    A wrong code that was delivered once would otherwise tell two firms apart for ever.

    Args:
        view: The lake as it will be.
        resolution: What the texts mean that were read.
    """
    coded = {text for text in resolution.meant if SIGN in text[1]}
    return coded - _standing(view) if coded else set()


def _standing(view: LakeView) -> set[Text]:
    found: set[Text] = set()
    for form in forms().values():
        for source, part in view.manifest.parts(form.name) if form.parties else ():
            rows = parts.read(view.folder, part, form.parties)
            for name in form.parties:
                used = pl.Series(rows[name].cast(pa.string())).unique()
                found |= {(source, text) for text in used if text is not None}
    return found
