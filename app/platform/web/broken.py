"""
What a reader of files says against one, in the words of the catalogue, with its place.

Readers speak English and begin with the file, then the line, sheet or column that they know. What
they say is recognised by its form; what has no words here is told as the reader put it.
"""

import re
from typing import NamedTuple

from app.platform.web.unfit import NestedMessage, UnfitFile

LENGTH_MAX = 200  # Of what is quoted from a file or a library: a cell may be a book.
SHEET = re.compile(r"sheet (?P<quote>['\"])(?P<sheet>.*?)(?P=quote): ", re.DOTALL)
LINE = re.compile(r"line (?P<line>\d+): ")
FORMS = {
    "ending": r"the ending does not fit what is in the file|this is none of .*",
    "empty": "the file is empty",
    "twice": r"column (?P<quote>['\"])(?P<column>.*)(?P=quote) stands twice",
    "no_header": "the file has no header",
    "columns": r"the header has (?P<count>\d+) columns; at most (?P<most>\d+) .*",
    "across": r"header (?P<quote>['\"])(?P<column>.*)(?P=quote) stands over more than one column",
    "quote": "a quote is opened and never closed",
    "long": "a (?:line|row) longer than any may be",
    "other_encoding": r"neither UTF-8 nor GB18030, more likely (?P<encoding>.*?); .*",
    "no_encoding": r"neither UTF-8 nor GB18030; .*",
    "encoding": r"(?:NUL bytes: )?(?:text in )?(?P<encoding>UTF-16|UTF-32|ISO-2022 or HZ) is .*",
    "cut": r"broken text: it is not (?P<encoding>\S+) all through",
    "header_encoding": r"the header is not (?P<encoding>\S+) text",
    "password": r"(?:broken workbook: )?an? (?:old or an )?encrypted .*",
    "before": r"a workbook of before Excel 97; .*",
    "no_sheet": r"the workbook has no visible sheet.*",
    "merged": "merged blocks without end",
    "unpacks": r"unpacks to more than .*; refused as too large",
    "cells": r".*at most (?P<most>\d+) cells are read",
    "wide": r"(?P<part>.*) has a cell in column (?P<column>\w+), the .*; at most (?P<most>\d+) .*",
    "kind": r"column (?P<column>.*): (?P<kind>.*) is no plain column",
    "part_at": r"broken workbook: (?P<part>\S+): .*line (?P<line>\d+), column (?P<column>\d+)",
    "part": r"broken workbook: (?P<part>\w+/[\w/.-]+)(?:: | is in it | declares | has ).*",
    "alike": r"broken workbook: two sheets are called (?P<quote>['\"])(?P<sheet>.*)(?P=quote)",
    "workbook": r"broken workbook.*",  # In a library's words, which help nobody to mend it.
    "archive": r"broken archive: .*",
    "parquet": r"broken Parquet file: .*",
    "width": r"(?P<count>\d+) cells where the header has (?P<most>\d+)",
    "nul": "holds a NUL byte",
    "mixed": r"is (?P<found>\S+) text in a file in (?P<encoding>\S+)",
    "mixed_other": r"is text in another encoding in a file in (?P<encoding>\S+)",
    "row_encoding": r"is not (?P<encoding>\S+) text",
}
KNOWN = {key: re.compile(form, re.DOTALL) for key, form in FORMS.items()}
QUOTED = "said"


class SaidOfFile(NamedTuple):
    """What a reader says: the line and sheet where it knows them, and why."""

    line: int | None
    sheet: str
    why: NestedMessage


def said_of(text: str, place: str = "") -> SaidOfFile:
    """
    Return what a reader says of a file.

    Args:
        text: In its own words.
        place: The name or path that it gives the file, which is not told.

    Example:
        >>> said_of("0.csv: line 3: a quote is opened and never closed", "0.csv")
        SaidOfFile(line=3, sheet='', why=NestedMessage(key='unfit_why_quote', values={}))
    """
    rest = text.removeprefix(f"{place}: ").replace(place, "…") if place else text
    sheet, line = "", None
    if (known := SHEET.match(rest)) is not None:
        sheet, rest = known["sheet"], rest[known.end() :]
    if (known := LINE.match(rest)) is not None:
        line, rest = int(known["line"]), rest[known.end() :]
    return SaidOfFile(line, _cut(sheet), why_of(rest))


def why_of(reason: str) -> NestedMessage:
    """Return a reason of a reader in the words of the catalogue."""
    for key, form in KNOWN.items():
        if (known := form.fullmatch(reason)) is not None:
            values = {name: _cut(value or "") for name, value in known.groupdict().items()}
            values.pop("quote", None)
            return NestedMessage(f"unfit_why_{key}", values)
    return NestedMessage(f"unfit_why_{QUOTED}", {"detail": _cut(reason)})


def _cut(text: str) -> str:
    return text if len(text) <= LENGTH_MAX else f"{text[:LENGTH_MAX]}…"


def broken(name: str, text: str, place: str) -> UnfitFile:
    """
    Return the refusal of a file that no reader can take, with what the reader says.

    Args:
        name: What the file is called by whoever sent it.
        text: What the reader says.
        place: What the reader calls the file.
    """
    said = said_of(text, place)
    key, where = "broken", dict[str, object]()
    if said.line is not None:
        key, where = "broken_line", {"line": said.line}
    if said.sheet:
        key = "broken_row" if where else "broken_sheet"
        where["sheet"] = said.sheet
    return UnfitFile(name, key, why=said.why, **where)


def unread(name: str, line: int, column: str, why: str) -> UnfitFile:
    """
    Return the refusal of a file of which a row cannot be read.

    Args:
        name: What the file is called.
        line: Where the row begins.
        column: The column that is to blame, where one is.
        why: What the reader says of it.
    """
    key = "cell" if column else "line"
    told = {"line": line, "why": why_of(why)} | ({"column": _cut(column)} if column else {})
    return UnfitFile(name, key, **told)
