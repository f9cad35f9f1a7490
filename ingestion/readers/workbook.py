"""
What the parts of an XLSX file say that calamine does not tell.

The epoch of its days, the cells that hold no value although they are not blank (errors, formulas
without a result), those whose format adds to what is seen (`000000`), and rows that are hidden.
Read with expat in a stream; a part that declares a document type is refused, so that no entity is
ever expanded.
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
from ingestion.readers.extent import tag_blocks
from ingestion.readers.shapes import Shape, shape_of
from ingestion.readers.sheets import EPOCH_1900, EPOCH_1904, NO_RESULT, Place

BLOCK_BYTES = 2**20
# A formula, an error or a style that adds signs somewhere: `<f>`, `<x:f t=…>`, ` t="e"`, ` s="7"`.
_UNUSUAL = rb"<(?:[A-Za-z]\w*:)?f[\s/>]|\st\s*=\s*[\"']e[\"']"
_HIDDEN = re.compile(
    rb"<(?:[A-Za-z]\w*:)?row\s[^<>]*?\bhidden\s*=\s*[\"'](?:1|true)[\"'][^<>]*(?<!/)>"
)
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
Attributes = Mapping[str, str]


@dataclass(slots=True)
class SheetRemarks:
    """What a sheet says beside the values of its cells."""

    words: dict[Place, str] = field(default_factory=dict)  # In place of a value that is none.
    shapes: dict[Place, Shape] = field(default_factory=dict)  # What a format adds to a number.
    hidden: int = 0  # Rows with cells that are not shown.


@dataclass(frozen=True, slots=True)
class Workbook:
    """
    What a workbook says of itself.

    The sheets with the parts that hold them, day zero of its days, whether its formulas are still
    to be computed, and the formats of its styles that add to what is seen.
    """

    epoch: dt.date
    parts: Mapping[str, str]
    uncalculated: bool
    shapes: Mapping[str, Shape]

    @classmethod
    def of(cls, path: Path, archive: zipfile.ZipFile) -> "Workbook":
        """
        Return what a workbook says of itself.

        Raises:
            BadFile: A part is no XML or declares entities, or two have one name.
        """
        main = _target(path, archive, "_rels/.rels", "officeDocument") or "xl/workbook.xml"
        folder, name = posixpath.split(main)
        targets = _targets(path, archive, f"{folder}/_rels/{name}.rels")
        said = _Said()
        _parse(path, archive, main, said.start)
        sheets: dict[str, str] = {}
        for sheet, relation in said.sheets:
            target = targets.get(relation, ("", ""))[1]
            sheets[sheet] = posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
        styles = [target for kind, target in targets.values() if kind.endswith("/styles")]
        shapes = _shapes(path, archive, [posixpath.join(folder, each) for each in styles])
        return cls(said.epoch, sheets, said.uncalculated, shapes)

    def look(self, path: Path, archive: zipfile.ZipFile, sheet: str) -> SheetRemarks:
        """
        Return what a sheet says beside the values of its cells.

        Raises:
            BadFile: The part is missing or no XML, or declares entities.
        """
        part = _named(path, archive, self.parts.get(sheet, ""))
        if part is None:
            raise BadFile(f"{path.name}: broken workbook: sheet {sheet!r} has no part of its own")
        cells = _Cells(self)
        unusual, cells.found.hidden = _skim(path, archive, part, self.shapes)
        if unusual:
            _parse(path, archive, part, cells.start, cells.end, cells.text)
        return cells.found


@dataclass(slots=True)
class _Said:
    """Follows the main part of a workbook."""

    epoch: dt.date = EPOCH_1900
    uncalculated: bool = False
    sheets: list[tuple[str, str]] = field(default_factory=list)

    def start(self, element: str, attributes: Attributes) -> None:
        """Follow the beginning of an element."""
        if element == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            self.epoch = EPOCH_1904
        elif element == "calcPr" and attributes.get("fullCalcOnLoad") in ("1", "true"):
            self.uncalculated = True
        elif element == "sheet" and "name" in attributes:
            self.sheets.append((attributes["name"], attributes.get("id", "")))


@dataclass(slots=True)
class _Cells:
    """Follows the cells of a sheet and keeps those that say something beside their value."""

    book: Workbook
    found: SheetRemarks = field(default_factory=SheetRemarks)
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
            shape = self.book.shapes.get(attributes.get("s", ""))
            if shape is not None and self.kind in ("", "n"):
                self.found.shapes[self.row, self.column] = shape
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
                self.found.words[self.row, self.column] = self.value.strip() or "#N/A"
            elif self.formula and self._no_result():
                self.found.words[self.row, self.column] = NO_RESULT

    def _no_result(self) -> bool:
        """Return whether a formula has none; a nought where all is to be computed is none yet."""
        if not self.value:
            return not (self.valued and self.kind == "str")
        return self.book.uncalculated and self.kind in ("", "n") and not self.value.strip("0. ")

    def _place(self, reference: str) -> Place:
        said = _REFERENCE.fullmatch(reference)
        if said is None:
            return max(self.row, 0), self.column + 1
        column = 0
        for letter in said[1].upper():
            column = column * 26 + ord(letter) - ord("A") + 1
        return int(said[2]) - 1, column - 1


def _skim(
    path: Path, archive: zipfile.ZipFile, part: str, shapes: Mapping[str, Shape]
) -> tuple[bool, int]:
    """Return whether a part has a cell to look at closely, as most have none, and hidden rows."""
    styles = b"|".join(style.encode() for style in shapes)
    styled = rb"|\ss\s*=\s*[\"'](?:" + styles + rb")[\"']" if styles else b""
    pattern = re.compile(_UNUSUAL + styled)
    unusual, hidden = False, 0
    for block in tag_blocks(path, archive, archive.getinfo(part)):
        unusual = unusual or pattern.search(block) is not None
        hidden += len(_HIDDEN.findall(block))
    return unusual, hidden


def _shapes(path: Path, archive: zipfile.ZipFile, styles: list[str]) -> dict[str, Shape]:
    """Return the styles, by their number, whose format adds signs to a whole number."""
    codes: dict[str, str] = {}
    used: list[str] = []
    inside = False

    def start(element: str, attributes: Attributes) -> None:
        """Keep the formats that cells may use, in their order."""
        nonlocal inside
        if element == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        if element in ("cellXfs", "cellStyleXfs", "dxfs"):
            inside = element == "cellXfs"
        if element == "xf" and inside:
            used.append(attributes.get("numFmtId", ""))

    part = _named(path, archive, styles[0]) if styles else None
    if part is not None:
        _parse(path, archive, part, start)
    shapes = {str(at): shape_of(codes.get(code, "")) for at, code in enumerate(used)}
    return {at: shape for at, shape in shapes.items() if shape is not None}


def _named(path: Path, archive: zipfile.ZipFile, part: str) -> str | None:
    """Return the name of a part as the archive has it, whatever its case; None without it."""
    plain = part.lstrip("/").lower()
    names = [name for name in archive.namelist() if name.replace("\\", "/").lower() == plain]
    if len(names) > 1:
        raise BadFile(f"{path.name}: broken workbook: {part} is in it {len(names)} times")
    return names[0] if names else None


def _target(path: Path, archive: zipfile.ZipFile, part: str, kind: str) -> str | None:
    for said, target in _targets(path, archive, part).values():
        if said.endswith(f"/{kind}"):
            return target.lstrip("/")
    return None


def _targets(path: Path, archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Return the kind and the target of each relation by its id."""
    found: dict[str, tuple[str, str]] = {}

    def start(element: str, attributes: Attributes) -> None:
        """Keep the type and target of a relationship by its id."""
        if element == "Relationship":
            said = attributes.get("Type", ""), attributes.get("Target", "")
            found[attributes.get("Id", "")] = said

    if _named(path, archive, part) is not None:
        _parse(path, archive, part, start)
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
        """Raise `BadFile`: what declares a document type may hold entities."""
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
        with archive.open(_named(path, archive, part) or part) as stream:
            while block := stream.read(BLOCK_BYTES):
                parser.Parse(block, False)  # noqa: FBT003  # expat takes it by position.
            parser.Parse(b"", True)  # noqa: FBT003
    except (expat.ExpatError, KeyError) as error:
        raise BadFile(f"{path.name}: broken workbook: {part}: {error}") from error
