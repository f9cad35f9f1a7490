"""Files into columns of text: CSV (plain or gzip), workbooks and Parquet."""

from collections.abc import Iterator
from pathlib import Path

from ingestion.errors import BadFile
from ingestion.readers import biff, excel, parquet, text
from ingestion.readers.chunk import Chunk, Unread
from ingestion.readers.heads import Fits

_TEXT = (".csv", ".tsv", ".txt")
ENDINGS = (*_TEXT, *(f"{ending}.gz" for ending in _TEXT), ".xlsx", ".xlsm", ".xls", ".parquet")


def stem(path: Path) -> str | None:
    """
    Return a file's name without its ending; None when no reader takes that ending.

    Example:
        >>> stem(Path("invoices.csv.gz")), stem(Path("notes.pdf"))
        ('invoices', None)
    """
    name = path.name.lower()
    for ending in ENDINGS:
        if name.endswith(ending):
            return path.name[: -len(ending)]
    return None


def read(path: Path, fits: Fits | None = None) -> Iterator[Chunk]:
    """
    Yield a file's rows in batches; every column is text, as it stands in the file.

    Args:
        path: The file.
        fits: Whether a row is the header of the table; without it the first row is.

    Raises:
        BadFile: The file is missing, empty, broken, too large or cannot be decoded.
    """
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "no such file"
        raise BadFile(f"{path.name}: {what}")
    name = path.name.lower()
    if name.endswith((".xlsx", ".xlsm")):
        return excel.read(path, fits)
    if name.endswith(".xls"):
        return biff.read(path, fits)
    if name.endswith(".parquet"):
        return parquet.read(path)
    if stem(path) is None:
        raise BadFile(f"{path.name}: this is none of {', '.join(ENDINGS)}")
    return text.read(path, fits)


__all__ = ["ENDINGS", "Chunk", "Fits", "Unread", "read", "stem"]
