"""
Files that are named by a URL: brought into a folder of their own first, and gone afterwards.

Whatever fsspec knows can be named (`s3://`, `https://`, `memory://`), where the package for it is
installed. A URL may hold a password: messages name the last part of its path alone.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from aiohttp import ClientError
from fsspec.core import url_to_fs

from ingestion.errors import BadFile

ENDINGS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".parquet")
BYTES_MAX = 64 * 2**30
_BLOCK_BYTES = 2**20
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.\-]+)://", re.IGNORECASE)


@contextmanager
def brought(given: Sequence[str]) -> Iterator[list[Path]]:
    """
    Yield paths as they are given, and those of files that a URL leads to, until they are read.

    A URL names a file, files by a pattern, or a folder whose files are meant.

    Args:
        given: Paths and URLs.

    Raises:
        BadFile: A URL leads nowhere, or to what is neither text nor Parquet.
    """
    with tempfile.TemporaryDirectory(prefix="deeptier-") as folder:
        found: list[Path] = []
        for at, each in enumerate(given):
            if _URL.match(each):
                room = Path(folder) / str(at)
                room.mkdir()
                _bring(each, room)
                found.append(room)
            else:
                found.append(Path(each))
        yield found


def _bring(url: str, folder: Path) -> None:
    where = named(url)
    try:
        system, path = url_to_fs(url)
        for file in _files(system, path):
            _copy(system, file, folder)
    except BadFile:
        raise
    except ImportError as error:
        scheme = str(url).partition(":")[0]
        raise BadFile(f"{where}: {scheme}:// is not read here: its package is missing") from error
    except (OSError, ValueError, RuntimeError, ClientError) as error:
        # What a file system says may hold the address, and a password in it.
        raise BadFile(f"{where}: the URL leads nowhere ({type(error).__name__})") from None


def named(url: str) -> str:
    """
    Return the last part of a URL's path, without what may be secret.

    Example:
        >>> named("https://user:secret@bank.example/in/sales.csv?key=secret")
        'sales.csv'
    """
    _, slash, last = _plain(_URL.sub("", url, count=1)).rstrip("/").rpartition("/")
    return last if slash and last else "the URL"


def _plain(path: str) -> str:
    """Return a path without what is asked for behind it."""
    return path.partition("?")[0].partition("#")[0]


def _files(system: Any, path: str) -> list[str]:
    """Return the files that a path of a file system stands for, in order."""
    if "*" in path:
        return sorted(system.glob(path))
    if not _plain(path).lower().endswith(ENDINGS) and system.isdir(path):
        inside = system.ls(path, detail=True)
        names = (str(each["name"]) for each in inside if each["type"] == "file")
        return sorted(name for name in names if name.lower().endswith(ENDINGS))
    return [path]


def _copy(system: Any, file: str, folder: Path) -> None:
    name = PurePosixPath(_plain(file)).name
    if not name.lower().endswith(ENDINGS):
        raise BadFile(f"{name}: a URL leads to text or Parquet, {', '.join(ENDINGS)}")
    target = folder / name
    if target.exists():
        raise BadFile(f"{name}: the URL leads to two files of this name")
    size = 0
    with system.open(file, "rb") as source, target.open("wb") as kept:
        while block := source.read(_BLOCK_BYTES):
            size += len(block)
            if size > BYTES_MAX:
                raise BadFile(f"{name}: a URL leads to more than {BYTES_MAX} bytes")
            kept.write(block)
