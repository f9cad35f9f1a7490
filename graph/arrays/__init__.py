"""
What kernels share: kinds of arrays, compressed rows, counting sorts, vectors, and the compiler.

The compiler keeps a kernel by the time of its own file. A kernel that calls another file's would
stay as it was when only that file changed: what is older than any of these files is dropped.
"""

import contextlib
from pathlib import Path


def drop_stale(package: Path) -> list[Path]:
    """Remove and return the indices of compiled kernels that are older than a kernel's source."""
    folders = [package / "arrays", *package.glob("*/*/kernels")]
    sources = (source for folder in folders for source in folder.glob("*.py"))
    changed = max((source.stat().st_mtime for source in sources), default=0.0)
    dropped = []
    for index in (index for folder in folders for index in folder.glob("__pycache__/*.nbi")):
        with contextlib.suppress(OSError):  # Another process dropped it, or nobody may write here.
            if index.stat().st_mtime < changed:
                index.unlink()
                dropped.append(index)
    return dropped


drop_stale(Path(__file__).parent.parent)
