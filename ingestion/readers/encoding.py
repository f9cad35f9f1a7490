"""
Which encoding a file is in: UTF-8 or GB18030, decided by what most of its rows can be.

Nearly any bytes can be read as GB18030, so that they can be is no proof: most characters must be
ones that are in use. Text in Big5, Shift JIS, EUC-KR, EUC-JP or a code page of one byte turns into
characters that no one writes, or says plainly what it is; such a file is refused.
"""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ingestion.errors import BadFile

UTF, GB = "utf-8", "gb18030"
_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff")
SAMPLE_LINES = 20_000
# Of the characters of a text so many are in daily use (the first level of GB 2312, and signs).
_USED_MIN = 0.5
_ENOUGH = 6  # Below so many characters the encodings of Japan and Korea cannot be told.
_KANA_MIN, _HANGUL_MIN, _USUAL_MAX, _BETTER = 0.1, 0.98, 0.2, 0.3
# Characters of which business data in Chinese is full, and other encodings read as GB18030 not.
_USUAL = frozenset(
    "有限公司股份责任集团科技发展贸易实业工程建设材料机械电子市省县区中国上海北京广州深圳江苏浙东南西北"
    "新华天大山长安信和金银行业务商品货物发票号码开日期销售购买方名称额税价合计状态类型正常作废是否红蓝字"
    "企业编代统一社会用应收账款债权人到付登记订单下交凭证持担保事件来源地址备注服务产品一二三年月元"
)
# A Chinese character in UTF-8: one of these bytes, then two of 0x80 to 0xBF. Text in GB18030 has
# so many of them side by side by chance hardly ever.
_UTF_FIRST, _UTF_FIRSTS, _UTF_BYTES, _UTF_RUN = 0xE4, 6, 3, 4
_UTF_WORDS_MIN = 2
# First bytes of characters: signs and the first level of GB 2312, signs and daily ones of Big5.
_SIGNS, _FIRST_LEVEL = (0xA1, 0xA2, 0xA3, 0xA8), range(0xB0, 0xD8)
_DAILY = range(0xA1, 0xC7)
_KANA = (0xA4, 0xA5)
_LONGER = re.compile(rb"[\xe0-\xf4]")
# Letters that are written: Latin, Greek, Cyrillic, Hebrew, Arabic.
_LETTERS = re.compile("[\u00a0-\u024f\u0386-\u03ce\u0400-\u045f\u05d0-\u05ea\u0621-\u064a]")


def without_mark(path: Path, start: bytes) -> bytes:
    """
    Return the first bytes of a file without a byte-order mark.

    Raises:
        BadFile: The mark is that of UTF-16 or UTF-32.
    """
    if start.startswith(_OTHER_MARKS):
        raise BadFile(f"{path.name}: line 1: UTF-16 is not read; save the file as UTF-8")
    return start.removeprefix(_MARK)


def decodes(raw: bytes, name: str | None) -> bool:
    """Return whether the bytes are text in that encoding (None: ASCII so far)."""
    try:
        raw.decode(name or "ascii")
    except UnicodeDecodeError:
        return False
    return True


def settle(path: Path, settled: str | None, block: bytes) -> str | None:
    """
    Return the file's encoding, None while only ASCII has been seen.

    A file is what most of its rows beyond ASCII can be read as: one spoilt byte does not turn a
    UTF-8 file into GB18030.

    Raises:
        BadFile: Most rows are text in neither encoding.
    """
    if settled is not None or block.isascii():
        return settled
    if decodes(block, UTF):
        return GB if _by_chance(block) else UTF
    lines = [line for line in block.splitlines() if not line.isascii()][:SAMPLE_LINES]
    at = block.splitlines().index(lines[0]) + 1
    message = f"{path.name}: line {at}: neither UTF-8 nor GB18030"
    for name in (UTF, GB):
        if 2 * sum(decodes(line, name) for line in lines) > len(lines):
            if name == GB and (other := _other(b"\n".join(lines))):
                raise BadFile(f"{message}, more likely {other}; save the file as UTF-8")
            return name
    raise BadFile(f"{message}; save the file as UTF-8")


def holds_utf(raw: bytes) -> bool:
    """Return whether bytes of a GB18030 file may have a row in UTF-8 among them."""
    symbols = np.frombuffer(raw, np.uint8)
    follows = (symbols & 0xC0) == 0x80  # noqa: PLR2004  # The two bits of a byte that goes on.
    size = len(symbols) - _UTF_BYTES * _UTF_RUN + 1
    if size <= 0:
        return False
    begins = (symbols - np.uint8(_UTF_FIRST)) < _UTF_FIRSTS
    signs = begins[:-2] & follows[1:-1] & follows[2:]
    run = signs[:size].copy()
    for at in range(1, _UTF_RUN):
        run &= signs[_UTF_BYTES * at : _UTF_BYTES * at + size]
    return bool(run.any())


def is_utf(raw: bytes) -> bool:
    """Return whether a row is Chinese text in UTF-8: it would read as other characters."""
    if raw.isascii() or not decodes(raw, UTF):
        return False
    return sum("\u4e00" <= c <= "\u9fff" for c in raw.decode(UTF)) >= _UTF_WORDS_MIN


def _by_chance(block: bytes) -> bool:
    """
    Return whether bytes are UTF-8 by chance alone: a few words in GB18030 are.

    Such a word has two bytes a sign, and as UTF-8 signs that no one writes.
    """
    if _LONGER.search(block):
        return False
    signs = Counter(c for c in block.decode(UTF) if not c.isascii())
    if any(map(_LETTERS.match, signs)) or not decodes(block, GB):
        return False
    as_gb = Counter(c for c in block.decode(GB) if not c.isascii())
    return all(_row(sign, "gb2312") in _FIRST_LEVEL for sign in as_gb)


def _other(raw: bytes) -> str | None:
    """Return what text is more likely than GB18030; None where that is what it is."""
    signs = Counter(c for c in raw.decode(GB, "ignore") if not c.isascii())
    count = max(1, sum(signs.values()))
    rows = {sign: _row(sign, "gb2312") for sign in signs}
    used = _share(signs, lambda sign: rows[sign] in _FIRST_LEVEL or rows[sign] in _SIGNS)
    usual = _share(signs, _USUAL.__contains__)
    big5 = _share_as(raw, "big5hkscs", lambda sign: _row(sign, "big5hkscs") in _DAILY)
    if big5 > used + _BETTER:
        return "Big5"
    if used < _USED_MIN:
        return "another encoding"
    if count < _ENOUGH or usual > _USUAL_MAX:
        return None
    if _share_as(raw, "cp949", lambda sign: "\uac00" <= sign <= "\ud7a3") >= _HANGUL_MIN:
        return "EUC-KR"
    kana = _share(signs, lambda sign: rows[sign] in _KANA)
    return "EUC-JP" if kana >= _KANA_MIN and decodes(raw, "euc_jp") else None


def _share_as(raw: bytes, name: str, test: Callable[[str], bool]) -> float:
    """Return which share of the characters in another encoding pass a test; 0 where it is none."""
    if not decodes(raw, name):
        return 0
    return _share(Counter(c for c in raw.decode(name) if not c.isascii()), test)


def _share(signs: Counter[str], test: Callable[[str], bool]) -> float:
    passed = sum(count for sign, count in signs.items() if test(sign))
    return passed / max(1, sum(signs.values()))


def _row(sign: str, name: str) -> int:
    """Return the first byte of a character in an encoding of two bytes; 0 where it has none."""
    try:
        return sign.encode(name)[0]
    except UnicodeEncodeError:
        return 0
