"""
Where descriptions lie: in the data folder, in a further folder, and with the package.

The first of a name hides the others; `demo` and `files` are those of the package always.
"""

import codecs
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.descriptions.faults import Faults
from ingestion.descriptions.model import Description
from ingestion.descriptions.nodes import BYTES_MAX
from ingestion.descriptions.reading import read
from ingestion.errors import ImportRefused
from ingestion.sets.errors import nearest

SHIPPED = Path(__file__).parents[1] / "sources"
FIXED = ("demo", "files")
ENDING = ".yml"
_BYTES_READ = BYTES_MAX + 16  # A mark at the head and half a character at the end are no text.
_NAME = re.compile("[a-z][a-z0-9_]{0,62}")


def is_name(text: str) -> bool:
    """
    Return whether a source may be called so; a path is no name.

    Example:
        >>> [is_name(text) for text in ("tax_bureau", "../tax", "Tax", "", "a" * 64)]
        [True, False, False, False, False]
    """
    return _NAME.fullmatch(text) is not None


def read_file(name: str, path: Path) -> tuple[Description | None, Faults]:
    """Return what a file says; of one that is too large no more is read than shows that."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(_BYTES_READ)
    except OSError as error:  # It was removed meanwhile, or belongs to somebody else.
        faults = Faults(name)
        faults.add(1, "", f"the file cannot be read: {error.strerror}")
        return None, faults
    return read_bytes(name, raw)


def written(path: Path) -> str:
    """Return the text of a file, whatever it says; blank for one that is no text."""
    with contextlib.suppress(UnicodeDecodeError, OSError), path.open("rb") as stream:
        return _text(stream.read(_BYTES_READ))
    return ""


def _text(raw: bytes) -> str:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    return decoder.decode(raw, final=len(raw) < _BYTES_READ)


def read_bytes(name: str, raw: bytes) -> tuple[Description | None, Faults]:
    """Return what the bytes of a description say, as far as they can be read, and all faults."""
    faults = Faults(name)
    try:
        text = _text(raw)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        faults.add(line, "", "the description is no text in UTF-8")
        return None, faults
    return read(name, text, faults), faults


@dataclass(frozen=True, slots=True)
class SourceFolders:
    """The folders in which descriptions are looked for, the first one first."""

    home: Path | None = None  # The folder `sources` of the data folder.
    further: Path | None = None

    def names(self) -> list[str]:
        """Return the names of the sources that there are."""
        return sorted(self.places())

    def places(self) -> dict[str, tuple[str, Path]]:
        """Return by name whose description counts (`own` or `shipped`), and where it lies."""
        return {path.stem: (origin, path) for origin, path in self._files()}

    def path(self, name: str) -> tuple[str, Path]:
        """
        Return whose description of a name counts (`own` or `shipped`), and where it lies.

        Raises:
            ImportRefused: There is none.
        """
        places = self.places()
        if name in places:
            return places[name]
        names = sorted(places)
        raise ImportRefused(
            f"no source {name!r}{nearest(name, names)}; there are {', '.join(names)}"
        )

    def read(self, name: str) -> tuple[Description | None, Faults]:
        """Return the description of a name as far as it can be read, and what is wrong with it."""
        return read_file(name, self.path(name)[1])

    def load(self, name: str, *, questions: bool = True) -> Description:
        """
        Return a description without faults.

        Args:
            name: Its name.
            questions: Whether questions that it leaves open are faults.

        Raises:
            ImportRefused: There is none of that name.
            BadDescription: It breaks the language.

        Example:
            >>> SourceFolders().load("cumcm").names_identify
            False
        """
        found, faults = self.read(name)
        faults.check(questions=questions)
        if found is None:
            raise ImportRefused(f"{name}.yml: no description")
        return found

    def _files(self) -> Iterator[tuple[str, Path]]:
        """Yield every description that counts, with whose it is."""
        seen: set[str] = set()
        for origin, folder in (("own", self.home), ("own", self.further), ("shipped", SHIPPED)):
            if folder is None or not folder.is_dir():
                continue
            for path in sorted(folder.glob(f"*{ENDING}")):
                own = origin == "own" and path.stem in FIXED
                if own or path.stem in seen or not is_name(path.stem):
                    continue
                if path.is_file():
                    seen.add(path.stem)
                    yield origin, path
