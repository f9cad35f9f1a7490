"""
Take out of an installed environment what a running service never opens.

Tests and headers of libraries, compiled modules (they are written again on first use, into the
data volume), the installer itself, parts of libraries that nothing of ours imports, and the symbols
that only a debugger reads. What is named here and not there is an error, so that a new release of
a library is noticed.
"""

import shutil
import subprocess
import sys
from pathlib import Path

EVERYWHERE = ("__pycache__", "tests")  # Folders inside packages.
PARTS = (
    "jedi",  # Completes words in a notebook's cells.
    "pip",
    "setuptools",
    "pyarrow/include",
    "pyarrow/libarrow_flight.so*",
    "pyarrow/libarrow_python_flight.so*",
    "pyarrow/_flight*.so",
    "pyarrow/libarrow_s3.so*",
    "pyarrow/_s3fs*.so",
    "pyarrow/_substrait*.so",
    "pyarrow/src",
    "numba/cuda",
    "sqlalchemy/testing",
    "numpy/_core/include",
    "numpy/_core/lib",
    # Of SciPy only what sparse matrices and special functions stand on.
    "scipy/cluster",
    "scipy/fftpack",
    "scipy/integrate",
    "scipy/interpolate",
    "scipy/io",
    "scipy/ndimage",
    "scipy/odr",
    "scipy/optimize",
    "scipy/signal",
    "scipy/spatial",
    "scipy/stats",
)
# Libraries whose symbols are worth it. Not those of others: wheels whose libraries were renamed by
# a patch of the file cannot be loaded any more once they are stripped.
STRIPPED = (
    "_polars_runtime_32/*.so",
    "llvmlite/binding/*.so",
    "pyarrow/libarrow*.so*",
    "pyarrow/libparquet*.so*",
    "pyarrow/*.so",
    "sqlalchemy/**/*.so",
    "numba/**/*.so",
    "yaml/*.so",
)


def main(root: Path) -> None:
    """Trim the environment under a folder, and say by how much."""
    (packages,) = root.glob("lib/python3*/site-packages")
    before = _bytes(root)
    missing = [part for part in PARTS if not _remove(packages, part)]
    for name in EVERYWHERE:
        for folder in sorted(packages.rglob(name)):
            shutil.rmtree(folder, ignore_errors=True)
    found = {part: sorted(packages.glob(part)) for part in STRIPPED}
    missing += [part for part, libraries in found.items() if not libraries]
    libraries = [str(library) for each in found.values() for library in each]
    subprocess.run(["strip", "--strip-unneeded", *libraries], check=True)
    if missing:
        sys.exit(f"not there: {', '.join(missing)}")
    print(f"{before // 10**6} MB, {_bytes(root) // 10**6} MB after")


def _remove(packages: Path, part: str) -> bool:
    found = sorted(packages.glob(part))
    for each in found:
        if each.is_dir():
            shutil.rmtree(each)
        else:
            each.unlink()
    return bool(found)


def _bytes(root: Path) -> int:
    return sum(path.lstat().st_size for path in root.rglob("*") if not path.is_dir())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
