"""
Digests of what is saved: a folder says of each of its files what it holds.

Disks lose bytes, and people change files. A folder that was sealed when it was written is compared
with its digests when it is opened, once a process, so that a changed byte is found before any
figure is made of it. What does not match is set apart, never used and never thrown away.
"""

import contextlib
import hashlib
import json
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from graph.errors import Damaged

MANIFEST = "digests.json"
FORM = 1  # Of the manifest; another number is another layout.
THREADS = 4
REMEMBERED_MAX = 4096


def seal(folder: Path) -> None:
    """
    Write down what every file of a folder holds; whatever is changed from now on is found.

    Example:
        >>> with tempfile.TemporaryDirectory() as place:
        ...     _ = Path(place, "a.txt").write_text("as it was")
        ...     seal(Path(place))
        ...     before = faults(Path(place))
        ...     _ = Path(place, "a.txt").write_text("as it is.")
        ...     before, faults(Path(place))
        ([], ['a.txt was changed'])
    """
    said = {name: _described(folder / name) for name in _names(folder)}
    text = json.dumps({"form": FORM, "digest": _digest(said), "files": said}, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def is_sealed(folder: Path) -> bool:
    """Return whether a folder has digests of its files."""
    return (folder / MANIFEST).is_file()


def faults(folder: Path) -> list[str]:
    """Return what of a folder is not as it was sealed: changed, missing and foreign files."""
    try:
        read = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        said = read["files"]
        if read["form"] != FORM or read["digest"] != _digest(said):
            return [f"{MANIFEST} was changed"]
    except FileNotFoundError:
        return [f"{MANIFEST} is missing"]
    except (ValueError, KeyError, TypeError):
        return [f"{MANIFEST} was changed"]
    there = set(_names(folder))
    found = [f"{name} is missing" for name in sorted(said.keys() - there)]
    found += [f"{name} was not saved with it" for name in sorted(there - said.keys())]
    both = sorted(said.keys() & there)
    with ThreadPoolExecutor(THREADS) as threads:
        same = threads.map(lambda name: _described(folder / name) == said[name], both)
        found += [f"{name} was changed" for name, well in zip(both, same, strict=True) if not well]
    return found


def verify(folder: Path) -> None:
    """
    Raise where a folder is not as it was sealed; what was found whole is not looked at again.

    Raises:
        Damaged: A file was changed, is missing, or was not saved with the others.
    """

    def check() -> None:
        """Raise `Damaged` where the folder is not as it was sealed."""
        if found := faults(folder):
            raise Damaged(f"{folder.name}: {'; '.join(found)}")

    files = [folder, folder / MANIFEST, *(folder / name for name in _names(folder))]
    once(tuple(_stamp(each) for each in files), check)


def verify_file(path: Path, digest: str, *, again: bool = False) -> None:
    """
    Raise where a file does not have that SHA-256; what was found whole is not read again.

    Args:
        path: The file.
        digest: The hash in hexadecimal, or its first digits.
        again: Read it although it was found whole before.

    Raises:
        Damaged: It was changed, or is missing.
    """

    def check() -> None:
        """Raise `Damaged` where the file is not as it was written."""
        if not sha256(path).startswith(digest):
            raise Damaged(f"{path.name} was changed: its SHA-256 does not fit")

    try:
        if again:
            check()
        once((digest, *_stamp(path)), check)
    except FileNotFoundError as error:
        raise Damaged(f"{path.name} is missing") from error


def sha256(path: Path) -> str:
    """Return the hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def set_apart(place: Path, into: Path, why: str) -> None:
    """
    Move a folder or file out of the way, with the reason beside it; it may be gone already.

    Args:
        place: What does not match its digest.
        into: The folder of all that was set apart.
        why: What does not match.
    """
    into.mkdir(parents=True, exist_ok=True)
    kept = Path(tempfile.mkdtemp(prefix=f"{place.parent.name}-{place.name}-", dir=into))
    try:
        place.rename(kept / place.name)
    except FileNotFoundError:
        kept.rmdir()
        return
    (kept / "reason.txt").write_text(f"{why}\n", encoding="utf-8")


_whole: OrderedDict[Hashable, None] = OrderedDict()
_looking = threading.Lock()


def once(key: Hashable, check: Callable[[], None]) -> None:
    """Check what this process has not found whole before; a check that raises is made again."""
    with _looking:
        if key in _whole:
            _whole.move_to_end(key)
            return
    check()
    with _looking:
        _whole[key] = None
        if len(_whole) > REMEMBERED_MAX:
            _whole.popitem(last=False)


def _stamp(place: Path) -> tuple[str, int, int, int]:
    """Return what changes when something else is put in a place."""
    with contextlib.suppress(FileNotFoundError):
        found = place.stat()
        return os.path.realpath(place), found.st_ino, found.st_mtime_ns, found.st_size
    return os.path.realpath(place), 0, 0, 0


def _names(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*") if not path.is_dir())
    names = (path.relative_to(folder).as_posix() for path in files)
    return sorted(name for name in names if name != MANIFEST)


def _described(path: Path) -> dict[str, int | str]:
    return {"bytes": path.stat().st_size, "sha256": sha256(path)}


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
