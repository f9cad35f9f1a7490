"""
The unified social credit code of an organisation (GB 32100-2015): 18 characters, the last a check.

    check = (31 - sum_i value(c_i) 3^(i-1) mod 31) mod 31,    i = 1 .. 17

over the digits and the letters without I, O, S, V, Z, whose values are 0 to 30.
"""

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_WEIGHTS = [pow(3, place, 31) for place in range(17)]
_LENGTH = 18


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
        >>> code("91350100M000100Y44") is None
        True
    """
    if text is None or len(text) < _LENGTH:
        return None
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    if len(plain) != _LENGTH or any(symbol not in _VALUE for symbol in plain):
        return None
    return plain if plain[-1] == check_letter(plain[:-1]) else None
