"""Folders that appear whole or not at all, whoever is killed while they are written."""

import contextlib
import errno
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from graph.digests import is_sealed, seal

SWAPS_MAX = 1000
MODE = 0o755


@contextlib.contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """
    Lend a new folder to write in; in the end it takes the place of what stands there.

    Readers that have the old one open keep it. When writing fails, nothing changes.

    Example:
        >>> with tempfile.TemporaryDirectory() as place:
        ...     for text in ("old", "new"):
        ...         with replacing(Path(place, "a")) as fresh:
        ...             _ = (fresh / "a.txt").write_text(text)
        ...     Path(place, "a", "a.txt").read_text()
        'new'
    """
    with _fresh(folder) as fresh:
        yield fresh
        fresh.chmod(MODE)
        swap(fresh, folder)


@contextlib.contextmanager
def sealing(folder: Path) -> Iterator[Path]:
    """
    Lend a new folder to write in; in the end it is sealed and has its name, for good.

    A sealed one that has the name by then is kept: a name tells what stands under it. When writing
    fails, nothing changes.

    Raises:
        OSError: Something else stands there.
    """
    with _fresh(folder) as fresh:
        yield fresh
        seal(fresh)
        fresh.chmod(MODE)
        try:
            fresh.rename(folder)
        except OSError:
            if not is_sealed(folder):
                raise


@contextlib.contextmanager
def _fresh(folder: Path) -> Iterator[Path]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


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
