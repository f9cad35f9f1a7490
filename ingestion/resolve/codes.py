"""
Unified social credit codes and their check digit.

Eighteen places from an alphabet of 31 (digits and capitals without I, O, S, V, Z); the last is
31 - (sum of c_i 3^(i-1) mod 31) mod 31 over the first seventeen (GB 32100-2015).
"""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}


def check_letter(first: str) -> str:
    """
    Return the last letter that belongs to the first seventeen.

    Example:
        >>> check_letter("91350100M000100Y4")
        '3'
    """
    total = sum(_VALUE[letter] * pow(3, place, 31) for place, letter in enumerate(first))
    return ALPHABET[(31 - total % 31) % 31]


def is_code(text: str) -> bool:
    """
    Return whether a text is a code whose check digit is right.

    Example:
        >>> is_code("91350100M000100Y43"), is_code("91350100M000100Y44")
        (True, False)
    """
    if len(text) != LENGTH or any(letter not in _VALUE for letter in text):
        return False
    return check_letter(text[:-1]) == text[-1]


def normal_code(text: str | None) -> str | None:
    """Return a code in capitals without blanks where it is one, else nothing."""
    if text is None:
        return None
    plain = "".join(text.split()).upper()
    return plain if is_code(plain) else None
