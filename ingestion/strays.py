"""
Files of a folder that a source does not read: named always, and refused where data would be lost.

A file that looks like a table (by its ending or by a name that begins as a table's) is most likely
one that was meant to be read. With `--replace` what it held before would be forgotten.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingestion.characters import visible
from ingestion.errors import BadFile
from ingestion.forms import forms
from ingestion.notes import Note, about, note
from ingestion.readers import ENDINGS, stem

# Endings of files that hold tables and little else; and of those that hold none by any name.
_TABLES = re.compile(
    r"\.(csv|tsv|tab|psv|xls|xlsx|xlsm|xlsb|xlt|xltx|et|ett|ods|fods|numbers|parquet|pq|feather|arrow"
    r"|orc|avro|dbf|sav|dta|sas7bdat)$"
)
# Workbooks that are not read: what they say of errors, formulas and hidden sheets is not known.
_SHEETS = re.compile(r"\.(xlsb|xlt|xltx|xltm|et|ett|ods|ots|fods|numbers)$")
_OTHERS = re.compile(r"\.(pdf|docx?|pptx?|jpe?g|png|gif|tiff?|md|log|py|sh|ya?ml)$")
_PACKED = re.compile(r"\.(gz|bz2|xz|zst|zip|rar|7z|tar|tgz|bak|old|orig|tmp|part|crdownload)$|~$")


@dataclass(frozen=True, slots=True)
class Stray:
    """A file that is not read, and why."""

    path: Path
    why: Note
    tables: bool = False  # A folder with tables of the source in it.

    @property
    def looks_like_table(self) -> bool:
        """Return whether the file most likely holds a table."""
        if self.tables:
            return True
        name = unicodedata.normalize("NFKC", visible(self.path.name)).lower()
        while (short := _PACKED.sub("", name)) != name:
            name = short
        if _TABLES.search(name):
            return True
        return _begins().match(name) is not None and not _OTHERS.search(name)

    @property
    def note(self) -> Note:
        """Return what is told of the file."""
        if self.tables:
            return about(self.path.name, note("tables_inside", why=self.why))
        table = note("table_not_read", why=self.why)
        return about(self.path.name, table if self.looks_like_table else note("no_table"))


def why_unread(path: Path, source: str) -> Note:
    """Return why a source does not read a file."""
    if path.is_dir():
        return note("folder_inside")
    if stem(path) is None:
        sheets = _SHEETS.search(path.name.lower())
        code = "other_ending_of_sheets" if sheets else "other_ending"
        return note(code, endings=", ".join(ENDINGS))
    return note("unknown_table", source=source)


def check(strays: Sequence[Stray]) -> None:
    """
    Raise `BadFile` when an import that forgets what was there leaves tables out.

    Args:
        strays: What the import does not read.
    """
    left = [stray for stray in strays if stray.looks_like_table]
    if left:
        named = "; ".join(f"{stray.path.name}: {stray.why}" for stray in left)
        raise BadFile(
            f"{named}: with --replace what such a file held would be forgotten; "
            "save it as a file that is read, or take it out of the folder"
        )


@cache
def _begins() -> re.Pattern[str]:
    """Return how the names of files with tables begin, one of a kind or many."""
    named = [name for form in forms().values() for name in form.files]
    words = [f"{name.removesuffix('s')}s?(?![a-z])" for name in named if name.isascii()]
    return re.compile("|".join([*words, *(name for name in named if not name.isascii())]))
