"""
Rows in another encoding among those of a file: they never become other characters.

A file that several programs have written to may hold rows in UTF-8 among rows in GB18030, or the
other way round, or rows in Big5 or in a code page of one byte. Most such bytes can be read in the
file's encoding, as characters that nobody writes. Those are looked for in a whole block; a row
that holds one is looked at alone.
"""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from ingestion.readers.chunk import IntArray
from ingestion.readers.encoding import GB, UTF, by_chance, decodes, share_in_use, used_as_big5

MIXED_UTF = "is UTF-8 text in a file in GB18030"
MIXED_GB = "is GB18030 text in a file in UTF-8"
MIXED_OTHER = "is text in another encoding in a file in GB18030"
_BETTER = 0.3  # So much more of a text is in daily use where it is read as what it is.
_DISTINCT_MAX = 500
# UTF-8 begins characters that no one here writes with these bytes, the first and how many.
_FIRST, _FIRSTS = 0xCA, 22
# An ideograph in UTF-8 has these first and second bytes, of which GB 2312 makes one of its own.
_MISREAD = range(0xE4, 0xEA), range(0xA1, 0xC0)
_RUNS = re.compile(rb"[\x80-\xff]{6,}")
_IDEOGRAPHS = re.compile("[\u3400-\u9fff]{2}")
_LETTER = re.compile(rb"[A-Za-z]")


def suspects(block: bytes, text: str, name: str | None) -> IntArray:
    """
    Return where in a block there are characters that nobody writes in its encoding.

    Args:
        block: Bytes of the file.
        text: What they are in its encoding.
        name: Its encoding.
    """
    if name == UTF:
        symbols = np.frombuffer(block, np.uint8)
        return np.flatnonzero((symbols - np.uint8(_FIRST)) < _FIRSTS)
    if name != GB:
        return np.zeros(0, np.int64)
    found = set(_rare().findall(text))
    if not found:
        return np.zeros(0, np.int64)
    if len(found) > _DISTINCT_MAX:
        return np.arange(0, len(block))
    sought = re.compile(b"|".join(re.escape(sign.encode(GB)) for sign in found))
    return np.array([each.start() for each in sought.finditer(block)], np.int64)


def why_strange(raw: bytes, name: str | None) -> str | None:
    """
    Return why a row is most likely no text of the file's encoding; None where it is.

    Example:
        >>> why_strange("1,西岭材料".encode(), GB), why_strange("1,西岭材料".encode(GB), GB)
        ('is UTF-8 text in a file in GB18030', None)
    """
    if name == UTF and not raw.isascii():
        return MIXED_GB if by_chance(raw) else None
    if name != GB:
        return None
    if any(map(_rather_utf, _RUNS.findall(raw))):
        return MIXED_UTF
    used = share_in_use(raw)
    if used_as_big5(raw) > used + _BETTER or _latin(raw.decode(GB, "ignore")):
        return MIXED_OTHER
    return None


def _rather_utf(run: bytes) -> bool:
    """Return whether bytes are Chinese in UTF-8 rather than in GB18030."""
    if not decodes(run, UTF) or not _IDEOGRAPHS.search(run.decode(UTF)):
        return False
    return share_in_use(run.decode(UTF).encode(GB)) > share_in_use(run) + _BETTER


def _latin(text: str) -> bool:
    """Return whether a letter with an accent and the next one have become one rare sign."""
    return any(_LETTER.fullmatch(found[0].encode(GB)[1:2]) for found in _accented().finditer(text))


@cache
def _rare() -> re.Pattern[str]:
    """Return what finds rare ideographs, and those that words in UTF-8 begin with when misread."""
    begins = (bytes((first, second)) for first in _MISREAD[0] for second in _MISREAD[1])
    return re.compile(f"[{_class()}{''.join(each.decode(GB) for each in begins)}]")


@cache
def _accented() -> re.Pattern[str]:
    return re.compile(f"(?<=[A-Za-z])[{_class()}]|[{_class()}](?=[a-z]{{2}})")


@cache
def _class() -> str:
    """Return the ideographs that GB 2312 does not have, and the signs of private use."""
    rare = [at for at in range(0x3400, 0xA000) if len(_gb2312(chr(at))) == 0]
    return f"{_ranges(rare)}\ue000-\uf8ff\U00020000-\U0003ffff"


def _gb2312(sign: str) -> bytes:
    return sign.encode("gb2312", "ignore")


def _ranges(points: Sequence[int]) -> str:
    gaps = np.flatnonzero(np.diff(points) > 1).tolist()
    firsts = [points[0], *(points[at + 1] for at in gaps)]
    lasts = [*(points[at] for at in gaps), points[-1]]
    return "".join(f"{chr(a)}-{chr(b)}" for a, b in zip(firsts, lasts, strict=True))
