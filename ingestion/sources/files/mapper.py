"""A folder with any of the tables under their names, or single files."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from graph.errors import InvalidInput
from ingestion.forms import forms
from ingestion.readers import ENDINGS

FILES_MAX = 10_000


def find(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """
    Return the files of the tables, in the order of tables and names.

    A file belongs to a table when its name begins with the table's, as in `invoices.csv`,
    `invoices_2025.csv.gz` or `invoices-3.parquet`.

    Raises:
        InvalidInput: A path is not there, a named file is no table, or there is no table at all.
    """
    found = []
    for path in paths:
        if path.is_dir():
            found += [(name, p) for p in sorted(path.iterdir()) if (name := table_of(p))]
        elif path.is_file():
            name = table_of(path)
            if name is None:
                raise InvalidInput(f"{path.name}: not named after a table ({', '.join(forms())})")
            found.append((name, path))
        else:
            raise InvalidInput(f"{path.name}: no such file or folder")
    if not found:
        raise InvalidInput(f"no table found; files are named {', '.join(forms())} with an ending")
    if len(found) > FILES_MAX:
        raise InvalidInput(f"more than {FILES_MAX} files")
    order = list(forms())
    return sorted(found, key=lambda pair: (order.index(pair[0]), pair[1].name))


def table_of(path: Path) -> str | None:
    """
    Return the table a file belongs to by its name.

    Example:
        >>> table_of(Path("invoices_2025.csv.gz")), table_of(Path("notes.txt"))
        ('invoices', None)
    """
    name = path.name.lower()
    ending = next((end for end in ENDINGS if name.endswith(end)), None)
    if ending is None or path.is_dir():
        return None
    stem = name.removesuffix(ending)
    for table in forms():
        if stem == table or stem.startswith((f"{table}_", f"{table}-")):
            return table
    return None


def convert(table: str, path: Path, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows as they are: the columns carry the form's names."""
    del table, path
    return rows
