"""
Loops over arrays, compiled on first use and kept on disk.

The compiler keeps a kernel by the time of its own file. A kernel that calls another file's would
stay as it was when only that file changed: what is kept and older than any file here is dropped.
"""

import contextlib
from pathlib import Path


def drop_stale(folder: Path) -> list[Path]:
    """Remove and return the indices of compiled kernels that are older than a source file."""
    changed = max((source.stat().st_mtime for source in folder.glob("*.py")), default=0.0)
    dropped = []
    for index in (folder / "__pycache__").glob("*.nbi"):
        with contextlib.suppress(OSError):  # Another process dropped it, or nobody may write here.
            if index.stat().st_mtime < changed:
                index.unlink()
                dropped.append(index)
    return dropped


drop_stale(Path(__file__).parent)
