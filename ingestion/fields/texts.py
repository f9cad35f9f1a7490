"""
Text of cells made comparable, and the text that is no value at all.

What no reader can see (zero-width and format characters, odd blanks) never tells two firms apart,
so it is taken off before anything is compared. Codes and numbers in full-width forms are the same
codes and numbers. Names keep every sign that can be seen.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.characters import BLANK, INVISIBLE

BoolArray = npt.NDArray[np.bool_]
# Every one of those characters begins with one of these bytes in UTF-8, and with one of these
# pairs or threes: most columns hold none.
_SEEN = bytes([0xC2, 0xCD, 0xD8, 0xE1, 0xE2, 0xE3, 0xEF, 0xF0, 0xF3])
_BEGINNINGS = (
    b"\xc2", b"\xcd", b"\xd8", b"\xe1", b"\xe2\x80", b"\xe2\x81", b"\xe2\xa0\x80",
    b"\xe3\x80\x80", b"\xe3\x85", b"\xef\xb8", b"\xef\xbb", b"\xef\xbe", b"\xef\xbf", b"\xf0\x93",
    b"\xf0\x9b", b"\xf0\x9d", b"\xf3\xa0",
)  # fmt: skip
_CONTROLS = bytes([*range(1, 9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
# A column whose first cells repeat is worked on once for each text.
_LOOKED_AT = 1024
# A cell that a spreadsheet was told to keep as text: ="007", '007.
_KEPT = '^="(.*)"$'
_MARKED = r"^(?:'([^'\s]+)|[‘’`´]([0-9][0-9A-Za-z._/-]*))$"
_MARKS = (b"'", b"`", b"\xe2\x80\x98", b"\xe2\x80\x99", b"\xc2\xb4")
# Nothing but codes, numbers and their punctuation, with at least one full-width form.
_WIDE = "^[!-~]*[\uff01-\uff5e\u2212][!-~\uff01-\uff5e\u2212]*$"
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x2212: ord("-")}
# What spreadsheets write for a value that is none, in the words of whatever language; the last for
# a column too narrow for it.
_ERROR = (
    r"^(#(N/A|N/D|NV|NULL|DIV/0|[A-ZÄÖÜ][A-Z0-9ÄÖÜÉ/ _]{1,15}|\p{Han}{2,6})[!?！？]"
    r"|#(N/A|N/D|NV|GETTING_DATA|#{2,})|(Err|错误|錯誤)[:：] ?[0-9]{3})$"
)
_ERROR_SIGNS = (b"#", b"Err", "误".encode(), "誤".encode())
# A code that went through a number: 2.4442E+19, 911.1E+15, 10012345.0, 10,012,345.
_NUMERIC = (
    r"^[+-]?[0-9]{1,3}([.,][0-9]+ ?[eE][+-]?|[eE]\+)[0-9]{1,3}$|^[0-9]+[.,]0+$"
    r"|^[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$"
)
# What was made a day of: 3-12 becomes 3月12日, 12-Mar or Mar-12; in a workbook any day or time.
_MONTHS = "(?i:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TURNED = (
    rf"^([0-9]{{1,2}}月[0-9]{{1,2}}日|[0-9]{{1,2}}-{_MONTHS}(-[0-9]{{2,4}})?|{_MONTHS}-[0-9]{{2}})$"
)
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?)?$"
_TURNED_SIGNS = (b"-", b":", "月".encode())
_TIME = r"^([0-9]+ days?, )?[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?$"
_EXACT_DIGITS = 15  # So many digits a spreadsheet keeps of a number; the others become zeros.
_LONG_DIGITS = 17
_LONG = rf"^[0-9]{{{_LONG_DIGITS},}}$"
_ZEROS = rf"^[0-9]{{{_EXACT_DIGITS}}}0+$"
_NEVER, _CHANCE_MAX = (
    1e-300,
    1e-5,
)  # So many zeros at the end are no accident where it is less likely than this.


def trim(column: pa.Array) -> pa.Array:
    r"""
    Return the text without what cannot be seen; null where nothing is left.

    Blanks around it, zero-width characters and the marks by which spreadsheets keep text go;
    full-width codes and numbers become plain ones.

    Example:
        >>> trim(pa.array(["\u200bS1\u3000", "Ｓ１", '="007"', " "])).to_pylist()
        ['S1', 'S1', '007', None]
    """
    head = column.slice(0, _LOOKED_AT)
    if len(column) > _LOOKED_AT and pc.count_distinct(head).as_py() < _LOOKED_AT // 2:
        coded = column.dictionary_encode()
        return _trimmed(coded.dictionary).take(coded.indices)
    return _trimmed(column)


def trim_coded(column: pa.Array) -> pa.DictionaryArray:
    """Return the text without what cannot be seen, each text once; null where nothing is left."""
    coded = column.dictionary_encode()
    plain = _trimmed(coded.dictionary)
    if plain.equals(coded.dictionary):
        return coded
    if plain.null_count or pc.count_distinct(plain).as_py() < len(plain):
        return plain.take(coded.indices).dictionary_encode()
    return pa.DictionaryArray.from_arrays(coded.indices, plain)


def _trimmed(column: pa.Array) -> pa.Array:
    plain = column
    raw = _bytes(column)
    if _may_be_invisible(raw):
        plain = pc.replace_substring_regex(plain, INVISIBLE, "")
        plain = pc.replace_substring_regex(plain, BLANK, " ")
    plain = pc.utf8_trim_whitespace(plain)
    if b"\xef\xbc" in raw or b"\xef\xbd" in raw or b"\xe2\x88\x92" in raw:
        plain = _narrow(plain)
        raw = _bytes(plain)
    if b'="' in raw:
        plain = pc.utf8_trim_whitespace(pc.replace_substring_regex(plain, _KEPT, r"\1"))
    if any(sign in raw for sign in _MARKS):
        plain = pc.replace_substring_regex(plain, _MARKED, r"\1\2")
    return pc.if_else(pc.equal(plain, ""), pa.scalar(None, pa.string()), plain)


def errors(texts: pa.Array) -> BoolArray:
    """
    Return which texts stand for a value that a spreadsheet does not have.

    Example:
        >>> errors(pa.array(["#N/A", "S1", None])).tolist()
        [True, False, False]
    """
    return _each(texts, _faulty)


def _faulty(texts: pa.Array) -> BoolArray | None:
    raw = _bytes(texts)
    told = any(sign in raw for sign in _ERROR_SIGNS)
    return matched(texts, _ERROR) if told else None


def lost_digits(texts: pa.Array) -> BoolArray:
    """
    Return which ids, numbers and codes were kept as a number and may lack digits.

    A spreadsheet keeps fifteen digits. One long number with zeros from the sixteenth digit on may
    be what it says; where more of them end so than by chance would, their digits were lost.

    Example:
        >>> lost_digits(pa.array(["2.4442E+19", "10012345.0", "26992000000000000101"])).tolist()
        [True, True, False]
    """
    return _each(texts, _numeric)


def _numeric(texts: pa.Array) -> BoolArray | None:
    raw = _bytes(texts)
    found = np.zeros(len(texts), bool)
    if b"." in raw or b"+" in raw or b"," in raw:
        found = matched(texts, _NUMERIC)
    if _longest(texts) < _LONG_DIGITS:
        return found
    long = matched(texts, _LONG) & ~matched(texts, r"^0+$")  # Nothing but zeros is a filler.
    zeros = long & matched(texts, _ZEROS)
    if zeros.sum() > 1:
        lengths = np.asarray(pc.binary_length(texts.filter(pa.array(long))))
        expected = max(float(np.sum(10.0 ** (_EXACT_DIGITS - lengths))), _NEVER)
        if (zeros == long).all() or _likelihood(expected, int(zeros.sum())) < _CHANCE_MAX:
            found |= zeros
    return found


def _likelihood(expected: float, seen: int) -> float:
    """Return about how likely it is that so many are seen, or more, where fewer are expected."""
    if seen <= expected:
        return 1.0
    return math.exp(seen * math.log(expected) - math.lgamma(seen + 1))


def turned(texts: pa.Array, *, typed: bool) -> BoolArray:
    """
    Return which ids, numbers and codes a spreadsheet has made a day or a time of.

    Args:
        texts: Trimmed text.
        typed: Whether the file tells days from text, as workbooks do: any day is one there.

    Example:
        >>> turned(pa.array(["12-Mar", "3月12日", "2026-03-12"]), typed=False).tolist()
        [True, True, False]
    """
    patterns = "|".join([_TURNED, _DAY, _TIME] if typed else [_TURNED])

    def test(plain: pa.Array) -> BoolArray | None:
        """Return which texts match; None where none has a sign that could."""
        raw = _bytes(plain)
        return matched(plain, patterns) if any(sign in raw for sign in _TURNED_SIGNS) else None

    return _each(texts, test)


def destroyed(texts: pa.Array) -> BoolArray:
    """Return which texts hold a sign that stands for characters lost before."""
    lost = "\ufffd"
    return _each(
        texts, lambda plain: matched(plain, lost) if lost.encode() in _bytes(plain) else None
    )


def _each(texts: pa.Array, test: Callable[[pa.Array], BoolArray | None]) -> BoolArray:
    """Return a test of every text, made once for each where they are coded; None is nowhere."""
    coded = pa.types.is_dictionary(texts.type)
    found = test(texts.dictionary if coded else texts)
    if found is None or not found.any():
        return np.zeros(len(texts), bool)
    if not coded:
        return found
    where: BoolArray = np.append(found, False)[np.asarray(texts.indices.fill_null(len(found)))]
    return where


def matched(texts: pa.Array, pattern: str) -> BoolArray:
    """Return which texts match a pattern; none where a text is null."""
    return np.asarray(
        pc.fill_null(pc.match_substring_regex(texts, pattern), fill_value=False)
    ).astype(bool)


def changed(texts: pa.Array, where: BoolArray, values: list[str | None]) -> pa.Array:
    """Return the texts with others in some places."""
    mask = pa.array(where)
    return pc.replace_with_mask(texts, mask, pa.array(values, pa.string()))


def _narrow(texts: pa.Array) -> pa.Array:
    wide = matched(texts, _WIDE)
    if not wide.any():
        return texts
    found = texts.filter(pa.array(wide)).to_pylist()
    return changed(texts, wide, [text.translate(_NARROW) for text in found])


def _bytes(column: pa.Array) -> bytes:
    data = column.buffers()[2] if len(column) else None
    return b"" if data is None else memoryview(data).tobytes()


def _longest(texts: pa.Array) -> int:
    """Return how many bytes the longest text has."""
    return int(pc.max(pc.binary_length(texts)).as_py() or 0)


def _may_be_invisible(raw: bytes) -> bool:
    if len(raw.translate(None, _CONTROLS + _SEEN)) == len(raw):
        return False
    if len(raw.translate(None, _CONTROLS)) != len(raw):
        return True
    return any(beginning in raw for beginning in _BEGINNINGS)
