"""
Which encoding a file is in: UTF-8 or GB18030, decided by what most of its rows can be.

Nearly any bytes can be read as GB18030, so that they can be is no proof: most characters must be
ones that are in use. Text in Big5, Shift JIS, EUC-KR, EUC-JP or a code page of one byte turns into
characters that no one writes, or says plainly what it is; such a file is refused.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from ingestion.errors import BadFile

UTF, GB = "utf-8", "gb18030"
_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff")
WIDE = "utf-16"
_TWO_BYTES = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_FOUR_BYTES = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
SAMPLE_LINES = 20_000  # So many lines say what a file is in, the first few what text it is.
_TEXT_LINES = 2_000
_HEAD_BYTES, _NULS = 4096, 8  # One byte in eight is a NUL where characters have two or four.
# Text in seven bits: ISO-2022 has an escape before each change of characters, HZ braces around.
_SEVEN = re.compile(rb"\x1b\$[@B()]|~\{(?:[!-}][!-~])+~\}")
# Of the characters of a text so many are in daily use (the first level of GB 2312, and signs).
_USED_MIN = 0.5
# Below so many characters the encodings of Japan and Korea cannot be told; where only that they
# are no usual ones tells it, below so many.
_ENOUGH, _ENOUGH_UNUSUAL, _LETTERS_MIN = 6, 10, 6
_FEW = 0.05
_CYRILLIC = ("koi8_r", "cp1251")
_WORD, _RUSSIAN = re.compile(r"[^\x00-@\[-`{-\x7f]+"), re.compile("[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+")
_KANA_MIN, _HANGUL_MIN, _USUAL_MAX, _BETTER = 0.1, 0.98, 0.2, 0.3
# Characters of which business data in Chinese is full, and other encodings read as GB18030 not.
_USUAL = frozenset(
    "有限公司股份责任集团科技发展贸易实业工程建设材料机械电子市省县区中国上海北京广州深圳江苏浙东南西北"
    "新华天大山长安信和金银行业务商品货物发票号码开日期销售购买方名称额税价合计状态类型正常作废是否红蓝字"
    "企业编代统一社会用应收账款债权人到付登记订单下交凭证持担保事件来源地址备注服务产品一二三年月元"
)
# First bytes of characters: signs and the first level of GB 2312, signs and daily ones of Big5.
_SIGNS, _FIRST_LEVEL = (0xA1, 0xA2, 0xA3, 0xA8), range(0xB0, 0xD8)
_DAILY = range(0xA1, 0xC7)
_IN_USE = frozenset((*_FIRST_LEVEL, *_SIGNS))
_KANA, _LAST_QUARTER, _SECOND_MIN = (0xA4, 0xA5), range(0xD0, 0xD8), 0xA0
_LONGER = re.compile(rb"[\xe0-\xf4]")
# Letters that are written: Latin, Greek, Cyrillic, Hebrew, Arabic.
_LETTERS = re.compile("[\u00a0-\u024f\u0386-\u03ce\u0400-\u045f\u05d0-\u05ea\u0621-\u064a]")


def without_mark(path: Path, start: bytes) -> bytes:
    """
    Return the first bytes of a file without a byte-order mark.

    Raises:
        BadFile: It is in UTF-16 or UTF-32, with a mark or without.
    """
    head = start[:_HEAD_BYTES]
    if start.startswith(_OTHER_MARKS) or _NULS * head.count(0) > len(head):
        raise BadFile(f"{path.name}: line 1: UTF-16 is not read; save the file as UTF-8")
    return start.removeprefix(_MARK)


def wide(path: Path, start: bytes, said: str | None) -> str | None:
    """
    Return which kind of UTF-16 a text is in, by its mark; None where it is in none.

    Args:
        path: The file, for messages.
        start: Its first bytes.
        said: The encoding that it is said to be in: UTF-16 is told by its noughts then.

    Raises:
        BadFile: It is in UTF-32.
    """
    if start.startswith(_FOUR_BYTES):
        raise BadFile(f"{path.name}: line 1: UTF-32 is not read; save the file as UTF-8")
    for mark, name in _TWO_BYTES.items():
        if start.startswith(mark):
            return name
    if said != WIDE:
        return None
    head = start[:_HEAD_BYTES]
    return "utf-16-be" if head[::2].count(0) > head[1::2].count(0) else "utf-16-le"


def narrowed(path: Path, pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    """
    Yield text in UTF-16 as UTF-8, without its mark.

    Raises:
        BadFile: Bytes of it are no text.
    """
    decoder = codecs.getincrementaldecoder(name)()
    first = True
    try:
        for piece in chain(pieces, [b""]):
            text = decoder.decode(piece, final=not piece)
            if first and text:
                text, first = text.removeprefix("\ufeff"), False
            if text:
                yield text.encode(UTF)
    except UnicodeDecodeError as error:
        raise BadFile(f"{path.name}: broken text: it is not UTF-16 all through") from error


def decodes(raw: bytes, name: str | None) -> bool:
    """Return whether bytes are text in an encoding (None: ASCII so far)."""
    return decoded(raw, name) is not None


def settle(path: Path, settled: str | None, block: bytes) -> str | None:
    """
    Return the file's encoding, None while only ASCII has been seen.

    A file is what most of its rows beyond ASCII can be read as: one spoilt byte does not turn a
    UTF-8 file into GB18030.

    Raises:
        BadFile: Most rows are text in neither encoding.
    """
    if settled is not None:
        return settled
    if block.isascii():
        if _SEVEN.search(block):
            raise BadFile(
                f"{path.name}: text in ISO-2022 or HZ is not read; save the file as UTF-8"
            )
        return None
    if decodes(block, UTF):
        return GB if by_chance(block) else UTF
    lines = [line for line in block.splitlines() if not line.isascii()][:SAMPLE_LINES]
    at = block.splitlines().index(lines[0]) + 1
    message = f"{path.name}: line {at}: neither UTF-8 nor GB18030"
    for name in (UTF, GB):
        if 2 * sum(decodes(line, name) for line in lines) > len(lines):
            if name == GB and (other := _other(b"\n".join(lines[:_TEXT_LINES]))):
                raise BadFile(f"{message}, more likely {other}; save the file as UTF-8")
            return name
    raise BadFile(f"{message}; save the file as UTF-8")


def by_chance(block: bytes) -> bool:
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
    usual = _share(signs, _USUAL.__contains__)
    used, big5 = share_in_use(raw), used_as_big5(raw)
    if big5 > used + _BETTER or (usual == 0 and big5 == 1 and used < 1):
        return "Big5"
    if used < _USED_MIN:
        return "another encoding"
    if usual <= _FEW and any(_is_cyrillic(raw, name) for name in _CYRILLIC):
        return "a Cyrillic code page"
    if count < _ENOUGH or usual > _USUAL_MAX:
        return None
    return _other_of_two_bytes(raw, signs, usual)


def _other_of_two_bytes(raw: bytes, signs: Counter[str], usual: float) -> str | None:
    """Return which encoding of Japan or Korea text is in; None where it is in none of them."""
    if _share_as(raw, "cp949", lambda sign: "\uac00" <= sign <= "\ud7a3") >= _HANGUL_MIN:
        return "EUC-KR"
    if not decodes(raw, "euc_jp"):
        return None
    kana = _share(signs, lambda sign: _row(sign, "gb2312") in _KANA)
    # Of the daily characters those from X to Z, a quarter, have no place among those of Japan.
    words = Counter({sign: n for sign, n in signs.items() if "\u4e00" <= sign <= "\u9fff"})
    last = _share(words, lambda sign: _row(sign, "gb2312") in _LAST_QUARTER)
    unusual = usual <= _FEW and last == 0 and sum(words.values()) >= _ENOUGH_UNUSUAL
    return "EUC-JP" if kana >= _KANA_MIN or unusual else None


def _is_cyrillic(raw: bytes, name: str) -> bool:
    """Return whether text reads as words in a Cyrillic code page, small or with a capital first."""
    words = _WORD.findall(raw.decode(name, "ignore"))
    letters = sum(len(word) for word in words if not word.isascii())
    wrong = [word for word in words if not word.isascii() and not _RUSSIAN.fullmatch(word)]
    return letters >= _LETTERS_MIN and not wrong


def share_in_use(raw: bytes) -> float:
    """Return which share of the characters in GB18030 is in daily use."""
    signs = Counter(c for c in raw.decode(GB, "ignore") if not c.isascii())
    return _share(signs, _in_use)


def _in_use(sign: str) -> bool:
    first, *rest = sign.encode(GB)
    return first in _IN_USE and len(rest) == 1 and rest[0] > _SECOND_MIN


def used_as_big5(raw: bytes) -> float:
    """Return which share of the characters in Big5 is in daily use; 0 where it is no Big5."""
    return _share_as(raw, "big5hkscs", lambda sign: _row(sign, "big5hkscs") in _DAILY)


def decoded(raw: bytes, name: str | None) -> str | None:
    """Return the text of bytes in an encoding (None: ASCII so far); None where they are none."""
    try:
        return raw.decode(name or "ascii")
    except UnicodeDecodeError:
        return None


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
