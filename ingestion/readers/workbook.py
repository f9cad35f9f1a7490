"""
What the parts of an XLSX file say that calamine does not tell.

The epoch of its days, and the cells that hold no value although they are not blank: errors, and
formulas without a result. Read with expat in a stream; a part that declares a document type is
refused, so that no entity is ever expanded.
"""

import datetime as dt
import posixpath
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from ingestion.errors import BadFile

EPOCH_1900, EPOCH_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)
NO_RESULT, MERGED = "#NO RESULT!", "#MERGED!"
BLOCK_BYTES = 2**20
SMALL_BYTES_MAX = 16 * 2**20  # No list of sheets is longer.
_OVERLAP = 64
# A formula or an error somewhere: `<f>`, `<x:f t=…>`, ` t="e"`.
_UNUSUAL = re.compile(rb"<(?:[A-Za-z]\w*:)?f[\s/>]|\st\s*=\s*[\"']e[\"']")
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
# A cell by its row and column, both counted from 0.
Place = tuple[int, int]
Attributes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets of a workbook with the parts that hold them, and day zero of its days."""

    epoch: dt.date
    parts: Mapping[str, str]

    @classmethod
    def of(cls, path: Path, archive: zipfile.ZipFile) -> "Workbook":
        """
        Return what a workbook says of itself.

        Raises:
            BadFile: A part is no XML, or declares entities.
        """
        main = _target(path, archive, "_rels/.rels", "officeDocument") or "xl/workbook.xml"
        folder, name = posixpath.split(main)
        targets = _targets(path, archive, f"{folder}/_rels/{name}.rels")
        sheets: dict[str, str] = {}
        epoch = EPOCH_1900

        def start(element: str, attributes: Attributes) -> None:
            nonlocal epoch
            if element == "workbookPr" and attributes.get("date1904") in ("1", "true"):
                epoch = EPOCH_1904
            if element == "sheet" and "name" in attributes:
                target = targets.get(attributes.get("id", ""), ("", ""))[1]
                sheets[attributes["name"]] = posixpath.normpath(posixpath.join(folder, target))

        _parse(path, archive, main, start)
        return cls(epoch, {name: part.lstrip("/") for name, part in sheets.items()})

    def valueless(self, path: Path, archive: zipfile.ZipFile, sheet: str) -> dict[Place, str]:
        """
        Return the cells of a sheet that are not blank and have no value, with what to read there.

        Raises:
            BadFile: The part is no XML, or declares entities.
        """
        part = self.parts.get(sheet, "")
        if part not in archive.namelist() or not _unusual(archive, part):
            return {}
        cells = _Cells()
        _parse(path, archive, part, cells.start, cells.end, cells.text)
        return cells.found


@dataclass(slots=True)
class _Cells:
    """Follows the cells of a sheet and keeps those that hold no value."""

    found: dict[Place, str] = field(default_factory=dict)
    row: int = -1
    column: int = -1
    kind: str = ""
    formula: bool = False
    valued: bool = False
    inside: bool = False
    value: str = ""

    def start(self, element: str, attributes: Attributes) -> None:
        """Follow the beginning of an element."""
        if element == "row":
            said = attributes.get("r", "")
            self.row, self.column = (int(said) - 1 if said.isdigit() else self.row + 1), -1
        elif element == "c":
            self.row, self.column = self._place(attributes.get("r", ""))
            self.kind = attributes.get("t", "")
            self.formula = self.valued = self.inside = False
            self.value = ""
        elif element == "f":
            self.formula = True
        elif element in ("v", "t"):
            self.valued = self.inside = True

    def text(self, text: str) -> None:
        """Keep the value of a cell."""
        if self.inside:
            self.value += text

    def end(self, element: str) -> None:
        """Follow the end of an element."""
        if element in ("v", "t"):
            self.inside = False
        elif element == "c":
            if self.kind == "e":
                self.found[self.row, self.column] = self.value.strip() or "#N/A"
            elif self.formula and not self.value and not (self.valued and self.kind == "str"):
                self.found[self.row, self.column] = NO_RESULT

    def _place(self, reference: str) -> Place:
        said = _REFERENCE.fullmatch(reference)
        if said is None:
            return max(self.row, 0), self.column + 1
        column = 0
        for letter in said[1].upper():
            column = column * 26 + ord(letter) - ord("A") + 1
        return int(said[2]) - 1, column - 1


def _unusual(archive: zipfile.ZipFile, part: str) -> bool:
    """Return whether a part has a formula or an error at all: most have none."""
    tail = b""
    with archive.open(part) as stream:
        while block := stream.read(BLOCK_BYTES):
            if _UNUSUAL.search(tail + block):
                return True
            tail = block[-_OVERLAP:]
    return False


def _target(path: Path, archive: zipfile.ZipFile, part: str, kind: str) -> str | None:
    for said, target in _targets(path, archive, part).values():
        if said.endswith(f"/{kind}"):
            return target.lstrip("/")
    return None


def _targets(path: Path, archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Return the kind and the target of each relation by its id."""
    found: dict[str, tuple[str, str]] = {}

    def start(element: str, attributes: Attributes) -> None:
        if element == "Relationship":
            said = attributes.get("Type", ""), attributes.get("Target", "")
            found[attributes.get("Id", "")] = said

    if part.lstrip("/") in archive.namelist():
        _parse(path, archive, part.lstrip("/"), start)
    return found


def _parse(
    path: Path,
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, Attributes], None],
    *more: Callable[[str], None],
) -> None:
    """Parse a part; names come without their prefixes."""

    def refuse(*_: object) -> NoReturn:
        raise BadFile(f"{path.name}: broken workbook: {part} declares a document type")

    end, text = more or (None, None)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, said: start(
        name.rpartition(":")[2], {key.rpartition(":")[2]: value for key, value in said.items()}
    )
    if end is not None:
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
        parser.CharacterDataHandler = text
    try:
        with archive.open(part) as stream:
            while block := stream.read(BLOCK_BYTES):
                parser.Parse(block, False)  # noqa: FBT003  # expat takes it by position.
            parser.Parse(b"", True)  # noqa: FBT003
    except (expat.ExpatError, KeyError) as error:
        raise BadFile(f"{path.name}: broken workbook: {part}: {error}") from error
