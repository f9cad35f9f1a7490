"""Files into columns of text: CSV, Excel and Parquet, plain or compressed."""

from collections.abc import Iterator
from pathlib import Path

from graph.errors import InvalidInput
from ingestion.readers.chunk import Chunk
from ingestion.readers.delimited import read_csv
from ingestion.readers.sheets import read_excel, read_parquet

__all__ = ["ENDINGS", "Chunk", "read"]

READERS = {
    ".csv": read_csv,
    ".csv.gz": read_csv,
    ".xlsx": read_excel,
    ".parquet": read_parquet,
}
ENDINGS = tuple(READERS)


def read(path: Path) -> Iterator[Chunk]:
    """
    Yield a file's rows as chunks of text.

    Raises:
        InvalidInput: The file is not there, is none of the known kinds, or cannot be read; the
            message names the file.
    """
    if not path.is_file():
        raise InvalidInput(f"{path.name}: no such file")
    for ending, reader in READERS.items():
        if path.name.lower().endswith(ending):
            yield from reader(path)
            return
    raise InvalidInput(f"{path.name}: not one of {', '.join(ENDINGS)}")
