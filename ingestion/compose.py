"""Columns of a table that a file tells in several parts: the number of an invoice, its kind."""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.fields import texts
from ingestion.forms import Column, Form
from ingestion.record import SourceRecords
from ingestion.resolve import beside
from ingestion.source import Named

_OLD_NUMBER = 8  # So many digits has the number of an invoice that has a code.
_OLD_CODE = r"^([0-9]{9}|[0-9]{11})$"  # One nought short of ten or twelve digits.
# Forms of paper that say nothing about red or blue.
_PAPER = (
    "^[0-9]{1,3}$|发票|专票|普票|客票|数电|全电|电票|卷票|机动车|二手车|通行费|行程单|缴款书|完税"
)
_RED, _BLUE = "红|负|冲", "蓝|正数"


def compose(records: SourceRecords, form: Form, named: Named, column: Column) -> pa.Array:
    """Return a column from all the parts that a file has of it."""
    if column.kind == "party":
        return _party(records, form, named, column)
    return _WAYS[column.name](records, form, named)


def _party(records: SourceRecords, form: Form, named: Named, column: Column) -> pa.Array:
    """Return what a file says of firms: name and code, or the one of both that it has."""
    (part,) = form.parts_of(column.name)
    header = named[part.name][0]
    if column.name not in named:
        return records.take(header, column)
    own = named[column.name][0]
    codes, names = records.beside(header), records.checked(own, column)
    records.doubt(beside.no_codes(codes), header, codes)
    return records.read(beside.together(codes, names), own, column)


def _number(records: SourceRecords, form: Form, named: Named) -> pa.Array:
    """Return numbers: the digital one, else code and number of an invoice of old."""
    column = form.columns["number"]
    parts = {
        name: records.checked(named[name][0], named[name][1])
        for name in ("digital_number", "invoice_code", "number")
        if name in named
    }
    blank = pa.nulls(len(records), pa.string())
    number = parts.get("number", blank)
    if "invoice_code" in parts:
        number = _of_old(parts["invoice_code"], number)
    whole = pc.coalesce(parts.get("digital_number", blank), number)
    return records.read(whole, _header(named, "number", "digital_number"), column)


def _of_old(code: pa.Array, number: pa.Array) -> pa.Array:
    """Return code and number as one; noughts that a spreadsheet took off their heads are back."""
    short = texts.matched(code, _OLD_CODE)
    heads = pc.binary_join_element_wise("0", code.filter(pa.array(short)), "").to_pylist()
    code = texts.changed(code, short, heads)
    digits = texts.matched(number, r"^[0-9]{1,8}$") & np.asarray(pc.is_valid(code))
    filled = pc.utf8_lpad(number.filter(pa.array(digits)), _OLD_NUMBER, "0").to_pylist()
    padded = texts.changed(number, digits, filled)
    return pc.coalesce(pc.binary_join_element_wise(code, padded, ""), number)


def _kind(records: SourceRecords, form: Form, named: Named) -> pa.Array:
    """Return the kinds: as a column of its own says, else the flag, else the form of paper."""
    found = [pa.nulls(len(records), pa.string())]
    if "kind" in named:
        found.append(records.take(named["kind"][0], form.columns["kind"]))
    if "positive" in named:
        blue = records.take(named["positive"][0], form.parts["positive"])
        found.append(pc.if_else(blue, "blue", "red"))
    if "negative" in named:
        found.append(records.take(named["negative"][0], form.parts["negative"]))
    if "paper" in named:
        found.append(_of_paper(records, named["paper"][0], form))
    return pc.coalesce(*found)


def _status(records: SourceRecords, form: Form, named: Named) -> pa.Array:
    """Return the states: void where a column of its own says so, else as their column has it."""
    column = form.columns["status"]
    told = pa.repeat(pa.scalar(column.default, pa.string()), len(records))
    if "status" in named:
        told = records.take(named["status"][0], column)
    void = records.take(named["voided"][0], form.parts["voided"])
    return pc.if_else(pc.fill_null(pc.equal(void, "void"), fill_value=False), void, told)


def _of_paper(records: SourceRecords, header: str, form: Form) -> pa.Array:
    """Return the kind where the form of paper tells it; a word that is neither is a problem."""
    text = records.checked(header, form.parts["paper"])
    kind = records.word(text, form.columns["kind"])
    red, blue = texts.matched(text, _RED), texts.matched(text, _BLUE)
    paper, known = texts.matched(text, _PAPER), np.asarray(pc.is_valid(kind))
    told = np.where(paper & red & ~blue, "red", np.where(paper & blue & ~red, "blue", ""))
    clear = known | (paper & ~(red & blue)) | np.asarray(pc.is_null(text))
    records.report(~clear, header, text, "unknown_word")
    return pc.coalesce(kind, pa.array(told, pa.string(), mask=told == ""))


def _header(named: Named, *names: str) -> str:
    return next(named[name][0] for name in names if name in named)


_WAYS: Mapping[str, Callable[[SourceRecords, Form, Named], pa.Array]] = {
    "number": _number,
    "kind": _kind,
    "status": _status,
}
