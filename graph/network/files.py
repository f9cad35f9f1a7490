"""A network as a folder: NumPy and Arrow files that are mapped when it is opened."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph import digests
from graph.errors import NotFound

FORM = 2  # Of the saved folder; another number is another layout.


def write_arrow(table: pa.Table, path: Path) -> None:
    """Write a table as one memory-mappable file."""
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def read_arrow(path: Path) -> pa.Table:
    """Return a table whose columns stay in the mapped file."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def load(path: Path) -> npt.NDArray[Any]:
    """Return an array that stays in the mapped file."""
    array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array.view(np.ndarray)


def header(folder: Path) -> dict[str, Any]:
    """
    Return what the folder says of itself, once its files are found to be as they were saved.

    Raises:
        NotFound: There is no network in it.
        ValueError: It is of another form.
        Damaged: A file was changed, is missing, or was not saved with the others.
    """
    path = folder / "network.json"
    if digests.is_sealed(folder):
        digests.verify(folder)
    elif not path.is_file():
        raise NotFound(f"no network in {folder}")
    said = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(said, dict) or said.get("form") != FORM:
        raise ValueError(f"{path.name} is not of form {FORM}; build the network again")
    digests.verify(folder)
    return said


def stamp(folder: Path) -> tuple[int, int]:
    """Return what changes when another folder is put in a place."""
    try:
        found = folder.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns
