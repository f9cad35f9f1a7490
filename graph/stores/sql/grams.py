"""
Pairs of neighbouring characters, by which firms are searched.

Every character of a field starts one pair (the last one is paired with the end of the field), so
two characters are found by their pair and a single one by the range of pairs that it starts.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from graph.stores.rows import FIELD_END

IntArray = npt.NDArray[np.int64]
_SHIFT = 21  # A code point takes 21 bits.


def pairs(texts: list[str], firms: IntArray) -> tuple[IntArray, IntArray]:
    r"""
    Return the distinct (pair, firm) of search texts, sorted.

    Example:
        >>> pairs(["\nab\n"], np.array([7]))[0].tolist() == [*grams("ab"), 98 << 21 | 10]
        True
    """
    points = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    owners = np.repeat(firms, [len(text) for text in texts])
    inside = np.flatnonzero(points[:-1] != ord(FIELD_END))
    codes = (points[inside] << _SHIFT) | points[inside + 1]
    order = np.lexsort([owners[inside], codes])
    codes, owners = codes[order], owners[inside][order]
    first = np.ones(len(codes), dtype=np.bool_)
    first[1:] = (codes[1:] != codes[:-1]) | (owners[1:] != owners[:-1])
    return codes[first], owners[first]


def grams(text: str) -> list[int]:
    """Return the pairs that a text of two characters or more holds."""
    points = [ord(character) for character in text]
    return sorted({(a << _SHIFT) | b for a, b in pairwise(points)})


def span(character: str) -> tuple[int, int]:
    """Return the first pair that begins with the character, and the first past them."""
    return ord(character) << _SHIFT, (ord(character) + 1) << _SHIFT
