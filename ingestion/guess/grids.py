"""Grids that are alike, file by file and sheet by sheet, and where a description finds them."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from ingestion.guess.looked import LookedAt
from ingestion.guess.patterns import literally, of_names
from ingestion.guess.questions import files as asked_files
from ingestion.guess.samples import ROWS_MAX, GridSample
from ingestion.guess.vocabulary import vocabulary
from ingestion.sets.files import named

_SEPARATORS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}


def grouped(grids: Sequence[GridSample]) -> Iterator[list[GridSample]]:
    """Yield grids with one header, one unit of amounts and sheets whose names differ in digits."""
    groups: dict[tuple[object, ...], list[GridSample]] = {}
    for each in grids:
        key = (
            tuple(each.names), each.read_as.header_rows, each.read_as.separator,
            re.sub("[0-9]+", "", each.sheet), _unit(each),
        )  # fmt: skip
        groups.setdefault(key, []).append(each)
    yield from groups.values()


def _unit(each: GridSample) -> str:
    labels = "|".join(map(re.escape, vocabulary().lists["units"]))
    found = (re.search(rf"(?i:{labels})[：:]\s*(\S{{1,8}})", line) for line in each.above)
    return next((match[1] for match in found if match), "")


def said_of_grid(
    group: Sequence[GridSample], every: Sequence[GridSample], names: Sequence[str]
) -> tuple[LookedAt, dict[str, Any]]:
    """Return the rows of grids that are alike, and what a description says of where they are."""
    first = group[0]
    frames = [each.frame for each in group]
    frame = pl.concat(frames, how="diagonal").head(ROWS_MAX) if len(frames) > 1 else frames[0]
    looked = LookedAt(
        tuple(dict.fromkeys(each.path for each in group)),
        frame,
        first.sheet,
        first.above,
        first.header_lines,
        whole=len(group) == 1 and first.whole,
    )
    mine = list(dict.fromkeys(named(str(each.path)) for each in group))
    others = [name for name in names if name not in mine]
    pattern = of_names(mine, others)
    said: dict[str, Any] = {"files": pattern or asked_files(len(mine)).open}
    if first.sheet:
        own = list(dict.fromkeys(each.sheet for each in group))
        beside = {each.sheet for each in every if each.path in looked.paths} - set(own)
        said["sheet"] = of_names(own, beside) or literally(own[0])
    if first.read_as.header_rows > 1:
        said["header_rows"] = first.read_as.header_rows
    if first.read_as.separator is not None and len(first.names) > 1:
        said["separator"] = _SEPARATORS[first.read_as.separator]
    held = [name for name in first.held if name in first.names]
    if held:
        said["hold"] = {"by": _by(looked, held), "columns": held}
    return looked, said


def _by(looked: LookedAt, held: Sequence[str]) -> str:
    """Return the column that says where a block begins: the one that is given most often."""
    return max(held, key=lambda name: looked.body[name].is_not_null().sum())
