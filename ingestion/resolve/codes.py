"""
The unified social credit code of an organisation (GB 32100-2015): 18 characters, the last a check.

    check = (31 - sum_i value(c_i) 3^(i-1) mod 31) mod 31,    i = 1 .. 17

over the digits and the letters without I, O, S, V, Z, whose values are 0 to 30. Before it stand who
registered the organisation and of which kind it is (2), the division where that was (6 digits,
GB/T 2260), and its own code (9). Eighteen zeros have a right check character and are no code; one
of 31 identity cards (GB 11643) has one too, and is a person's.
"""

import datetime as dt
import itertools
import unicodedata

import polars as pl

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_WEIGHTS = [pow(3, place, 31) for place in range(17)]
_LENGTH = 18
# Who registers, and the kinds of organisation that each knows.
_KINDS = {
    "1": "1239",
    "2": "19",
    "3": "123459",
    "4": "19",
    "5": "123459",
    "6": "129",
    "7": "129",
    "8": "19",
    "9": "1239",
    "A": "19",
    "N": "1239",
    "Y": "1",
}
# The first two digits of a division; 10 is the country itself.
_PROVINCES = frozenset(
    str(number)
    for first, last in (
        (10, 15),
        (21, 23),
        (31, 37),
        (41, 46),
        (50, 54),
        (61, 65),
        (71, 71),
        (81, 82),
    )
    for number in range(first, last + 1)
)
_PREFECTURES_MAX, _DIRECT = 70, 90  # The third and fourth; under 90 stand counties of a province.
_OWN = slice(8, 17)
_PERIOD_MAX = 3
_CARD_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CARD_CHECKS = "10X98765432"
_CARD_YEARS = (1850, 2150)
# What people write where they have nothing to write.
_NOTHING = frozenset(("无", "暂无", "没有", "空", "未知", "不详", "未填", "待补", "待定"))
_NOTHING |= {"na", "n/a", "#n/a", "nan", "none", "null", "nil", "tbd", "unknown"}
_MARKS = frozenset("-–—―_/\\|.·。*#?？~、,，")
_DIGITS = "0123456789"
_SEVERAL_DIGITS = "|".join(f"{one}+[{_DIGITS.replace(one, '')}]" for one in _DIGITS)
_ZEROS_MIN, _REPEATED_MIN = 6, 15


def check_letter(body: str) -> str:
    """
    Return the check symbol for the first 17 characters of a code.

    Example:
        >>> check_letter("91350100M000100Y4")
        '3'
    """
    total = sum(weight * _VALUE[c] for weight, c in zip(_WEIGHTS, body, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def code(text: str | None) -> str | None:
    """
    Return the code that a text is, in its plain form; None when it is none.

    Example:
        >>> code(" 91350100m000100y43 ")
        '91350100M000100Y43'
        >>> code("91350100M000100Y44") is None, code("000000000000000000") is None
        (True, True)
    """
    if text is None or len(text) < _LENGTH:
        return None
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    if len(plain) != _LENGTH or any(symbol not in _VALUE for symbol in plain):
        return None
    if plain[-1] != check_letter(plain[:-1]):
        return None
    return plain if _is_built_as_one(plain) and not _is_identity_card(plain) else None


def checked(plain: str) -> str | None:
    """
    Return a code whose check character is right and that is no filler, wherever it is registered.

    Beside a name in a described source this is enough: divisions come and go.

    Example:
        >>> checked("91990101MA0000C013"), code("91990101MA0000C013")
        ('91990101MA0000C013', None)
    """
    if len(plain) != _LENGTH or any(symbol not in _VALUE for symbol in plain):
        return None
    own = plain[_OWN]
    filler = _counts(own) or any(_repeats(own, at) for at in range(1, _PERIOD_MAX + 1))
    right = plain[-1] == check_letter(plain[:-1])
    return plain if right and not filler and not _is_identity_card(plain) else None


def is_placeholder(text: str) -> bool:
    """
    Return whether a text stands for nobody: a word for nothing, marks, zeros, one sign, counting.

    Example:
        >>> [is_placeholder(text) for text in ("无", "N/A", "-", "000000", "9" * 18, "0", "A1")]
        [True, True, True, True, True, False, False]
        >>> is_placeholder("123456789012345678")
        True
    """
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    if plain in _NOTHING or set(plain) <= _MARKS:
        return True
    if set(plain) == {"0"}:
        return len(plain) >= _ZEROS_MIN
    if len(plain) == _LENGTH and _counts(plain):
        return True  # Of this length it is meant for a code; a number of other length may count.
    return len(set(plain)) == 1 and len(plain) >= _REPEATED_MIN


def numbers(texts: pl.Series) -> pl.Series:
    """
    Return which texts are numbers of several digits, and so long that they are no code.

    No word for nothing is one, and no filler.

    Example:
        >>> numbers(pl.Series(["26992000000000000201", "0000", "123456789012345678"])).to_list()
        [True, False, False]
    """
    return texts.str.contains(f"^(?:{_SEVERAL_DIGITS})[0-9]*$") & (texts.str.len_bytes() != _LENGTH)


def _is_built_as_one(plain: str) -> bool:
    """Return whether registrar, kind and division exist, and the rest is no filler."""
    kind, division, own = plain[1], plain[2:8], plain[_OWN]
    if kind not in _KINDS.get(plain[0], "") or not division.isdigit():
        return False
    province, prefecture, county = division[:2], int(division[2:4]), int(division[4:])
    if province not in _PROVINCES or (prefecture == 0 and county != 0):
        return False
    if prefecture > _PREFECTURES_MAX and prefecture != _DIRECT:
        return False
    return not _counts(own) and not any(_repeats(own, at) for at in range(1, _PERIOD_MAX + 1))


def _counts(plain: str) -> bool:
    """Return whether every digit follows the one before, up or down: 890123456, 321098765."""
    if not (plain.isascii() and plain.isdigit()):
        return False
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(plain)}
    return steps in ({1}, {9})


def _repeats(own: str, period: int) -> bool:
    return own == (own[:period] * len(own))[: len(own)]


def _is_identity_card(plain: str) -> bool:
    """Return whether the text is a number of an identity card: birthday and check are right."""
    if not plain[:17].isdigit() or plain[:2] not in _PROVINCES:
        return False
    total = sum(weight * int(c) for weight, c in zip(_CARD_WEIGHTS, plain[:17], strict=True))
    if plain[-1] != _CARD_CHECKS[total % 11]:
        return False
    try:
        born = dt.date(int(plain[6:10]), int(plain[10:12]), int(plain[12:14]))
    except ValueError:
        return False
    return _CARD_YEARS[0] <= born.year <= _CARD_YEARS[1]
