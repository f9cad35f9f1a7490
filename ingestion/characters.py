"""
Characters that no reader can see, and blanks of odd kinds: they never tell two texts apart.

Patterns are for Python's `re` and for Arrow's RE2 alike.
"""

import re

# Characters without a width of their own: format, control and filler characters, variation marks.
INVISIBLE = (
    "[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# The wide blank of Chinese type is no odd one: a name keeps it, and no two are told apart by it.
BLANK = "[\x0b\x0c\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800]"
_INVISIBLE, _BLANK = re.compile(INVISIBLE), re.compile(rf"(?:\s|{BLANK})+")


def visible(text: str) -> str:
    r"""
    Return a text without what cannot be seen, blanks as single plain ones.

    Example:
        >>> visible("\ufeffamount\u00a0\nyuan ")
        'amount yuan'
    """
    return _BLANK.sub(" ", _INVISIBLE.sub("", text)).strip()
