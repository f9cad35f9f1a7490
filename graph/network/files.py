"""A network as a folder: NumPy and Arrow files that are mapped when it is opened."""

import contextlib
import errno
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.errors import NotFound

SWAPS_MAX = 1000
FORM = 1  # Of the saved folder; another number is another layout.


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
    """Return what the folder says of itself; raise when there is no network in it."""
    path = folder / "network.json"
    if not path.is_file():
        raise NotFound(f"no network in {folder}")
    said = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(said, dict) or said.get("form") != FORM:
        raise ValueError(f"{path.name} is not of form {FORM}; build the network again")
    return said


def swap(fresh: Path, folder: Path) -> None:
    """
    Put the fresh folder in its place; one that stands there is moved out and removed.

    Of several that are put there at the same time one stays, whole.
    """
    for _ in range(SWAPS_MAX):
        try:
            fresh.rename(folder)  # An empty folder gives way.
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        else:
            return
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
        with contextlib.suppress(FileNotFoundError):  # Another has moved it out by now.
            folder.rename(old)  # Readers keep the files they mapped.
        shutil.rmtree(old, ignore_errors=True)
    raise TimeoutError(f"{folder.name} was replaced {SWAPS_MAX} times while it was replaced")
