"""
Formats of cells that add to a number what everybody sees: `000000`, `"S"0000`.

A number kept with such a format is a code whose noughts, and maybe letters, are in the format.
"""

import re
from dataclasses import dataclass

# A literal of a format, in quotes or behind a backslash, or a sign that needs neither.
_LITERAL = r'(?:"[^"]*"|\\.|[-/ ])'
_FORMAT = re.compile(rf"(?P<before>{_LITERAL}*)(?P<noughts>0{{2,}})(?P<behind>{_LITERAL}*)")
_PLAIN = re.compile(r'"([^"]*)"|\\(.)|([-/ ])')
_WHOLE_MAX = 1e15


@dataclass(frozen=True, slots=True)
class Shape:
    """What a format adds: the least number of digits, and what stands before and behind them."""

    digits: int
    before: str = ""
    behind: str = ""

    def written(self, number: object) -> object:
        """
        Return a number as it is seen; anything else, and what is no whole number, as it is.

        Example:
            >>> Shape(6).written(123.0), Shape(4, "S").written(7.0), Shape(6).written(0.5)
            ('000123', 'S0007', 0.5)
        """
        if not isinstance(number, float) or not number.is_integer():
            return number
        if not 0 <= number < _WHOLE_MAX:
            return number
        return f"{self.before}{number:0{self.digits}.0f}{self.behind}"


def shape_of(code: str) -> Shape | None:
    r"""
    Return what a format adds to a whole number; None where it adds nothing of the kind.

    Example:
        >>> shape_of("00000000"), shape_of('"S"0000'), shape_of("0.00"), shape_of("0")
        (Shape(digits=8, before='', behind=''), Shape(digits=4, before='S', behind=''), None, None)
    """
    found = _FORMAT.fullmatch(code.partition(";")[0])
    if found is None:
        return None
    before, behind = (_plain(found[side]) for side in ("before", "behind"))
    return Shape(len(found["noughts"]), before, behind)


def _plain(literals: str) -> str:
    return "".join("".join(each) for each in _PLAIN.findall(literals))
