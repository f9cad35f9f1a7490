"""
What kernels are compiled to, kept by the text that they are compiled from.

The compiler keeps a kernel beside its file for as long as that file stays as it is. A kernel that
calls another file's would stay as it was when only that file changed: so each file's kernels are
kept with a digest of all that they are compiled from, and dropped where it is another one now.
A folder outside the checkout keeps them for the next checkout of the same text on this machine.
"""

import contextlib
import hashlib
import platform
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

KEPT_MAX = 1024  # Files of kernels whose compiled code a folder keeps, some 100 kB each.
_IMPORT = re.compile(r"^from graph\.([\w.]+) import (\([^)]*\)|.*)$", re.MULTILINE)


def sources(package: Path) -> list[Path]:
    """Return the files of all kernels, relative to their package."""
    found = [*package.glob("arrays/*.py"), *package.glob("*/*/kernels/*.py")]
    return sorted(file.relative_to(package) for file in found)


def digests(package: Path) -> dict[Path, str]:
    """Return a digest of the text of each file of kernels and of all that it takes from others."""
    texts = {file: (package / file).read_text(encoding="utf-8") for file in sources(package)}
    taken = {file: _taken(text, texts) for file, text in texts.items()}
    return {file: _digest(file, texts, taken) for file in texts}


def drop_stale(package: Path) -> list[Path]:
    """Remove and return the indices of compiled kernels that were compiled from another text."""
    dropped = []
    for file, digest in digests(package).items():
        told = _beside(package / file) / f"{file.stem}.compiled"
        if not told.is_file() or told.read_bytes() != digest.encode():
            with contextlib.suppress(OSError):  # Another process did it, or nobody may write here.
                for index in told.parent.glob(f"{file.stem}.*.nbi"):
                    index.unlink(missing_ok=True)
                    dropped.append(index)
                told.parent.mkdir(exist_ok=True)
                told.write_bytes(digest.encode())
    return dropped


def fetch(package: Path, folder: Path) -> int:
    """Return for how many files of kernels compiled code was taken from a folder."""
    count = 0
    for file, kept in _kept(package, folder).items():
        place = _beside(package / file)
        if kept.is_dir() and not any(place.glob(f"{file.stem}.*.nbi")):
            shutil.copytree(kept, place, dirs_exist_ok=True)
            kept.touch()
            count += 1
    return count


def keep(package: Path, folder: Path) -> None:
    """
    Keep compiled kernels in a folder, and forget what was taken from it the longest ago.

    A file of which more was compiled than the folder holds is kept anew.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file, kept in _kept(package, folder).items():
        compiled = sorted(_beside(package / file).glob(f"{file.stem}.*.nb[ic]"))
        if {each.name for each in compiled} - {each.name for each in kept.glob("*")}:
            with tempfile.TemporaryDirectory(dir=folder, prefix=".") as name:
                part = Path(name) / "part"
                part.mkdir()
                for each in compiled:
                    shutil.copyfile(each, part / each.name)
                shutil.rmtree(kept, ignore_errors=True)  # It held less.
                with contextlib.suppress(OSError):  # Another process was quicker.
                    part.rename(kept)
    found = sorted(folder.glob("[!.]*"), key=lambda each: each.stat().st_mtime)
    for old in found[:-KEPT_MAX]:
        shutil.rmtree(old, ignore_errors=True)


def _beside(source: Path) -> Path:
    return source.parent / "__pycache__"


def _kept(package: Path, folder: Path) -> dict[Path, Path]:
    """Return where a folder keeps the compiled code of each file, for this very machine."""
    import llvmlite  # noqa: PLC0415  # Wanted where kernels are compiled only.
    import numba  # noqa: PLC0415

    processor = llvmlite.binding.get_host_cpu_name(), llvmlite.binding.get_host_cpu_features()
    compiler = numba.__version__, llvmlite.__version__, platform.python_version()
    key = hashlib.sha256(repr((compiler, *map(str, processor))).encode()).hexdigest()[:8]
    return {
        file: folder / f"{key}-{file.stem}-{digest[:24]}"
        for file, digest in digests(package).items()
    }


def _taken(text: str, texts: Mapping[Path, str]) -> set[Path]:
    """Return the files of kernels from which a text imports."""
    found = set()
    for module, names in _IMPORT.findall(text):
        place = Path(*module.split("."))
        found.add(place.with_suffix(".py"))
        found |= {place / f"{name}.py" for name in re.findall(r"\w+", names)}
    return found & texts.keys()


def _digest(file: Path, texts: Mapping[Path, str], taken: Mapping[Path, set[Path]]) -> str:
    """Return a digest of a file and of all that it takes, directly or not."""
    reached, waiting = {file}, [file]
    while waiting:
        more = taken[waiting.pop()] - reached
        reached |= more
        waiting += more
    words = (f"{each}\0{texts[each]}\0" for each in sorted(reached))
    return hashlib.sha256("".join(words).encode()).hexdigest()
