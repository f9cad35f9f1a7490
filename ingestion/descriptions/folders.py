"""
Where descriptions lie: in the data folder, in a further folder, and with the package.

The first of a name hides the others; `demo` and `files` are those of the package always.
"""

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
_NAME = re.compile("[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class SourceFolders:
    """The folders in which descriptions are looked for, the first one first."""

    home: Path | None = None  # The folder `sources` of the data folder.
    further: Path | None = None

    def names(self) -> list[str]:
        """Return the names of the sources that there are."""
        return sorted({path.stem for _, path in self._files()})

    def path(self, name: str) -> tuple[str, Path]:
        """
        Return whose description of a name counts (`own` or `shipped`), and where it lies.

        Raises:
            ImportRefused: There is none.
        """
        for origin, path in self._files():
            if path.stem == name:
                return origin, path
        like = nearest(name, self.names())
        raise ImportRefused(f"no source {name!r}{like}; there are {', '.join(self.names())}")

    def read(self, name: str) -> tuple[Description | None, Faults]:
        """Return the description of a name as far as it can be read, and what is wrong with it."""
        _, path = self.path(name)
        faults = Faults(name)
        raw = path.read_bytes()[: BYTES_MAX + 1]
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            faults.add(line, "", "the description is no text in UTF-8")
            return None, faults
        return read(name, text, faults), faults

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
                if own or path.stem in seen or not _NAME.fullmatch(path.stem):
                    continue
                if path.is_file():
                    seen.add(path.stem)
                    yield origin, path
