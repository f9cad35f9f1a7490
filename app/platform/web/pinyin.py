"""
The initials of Chinese names in pinyin, by which people type them: `hxdz` for 华信电子.

A character that is read in several ways (长 in 长安 and in 成长) takes the reading of the longest
word that it stands in; the words are those of pypinyin's dictionary whose initials differ from
their characters'. Latin letters of a name stay, everything else falls away.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

import polars as pl

LETTERS = re.compile(r"[a-z]{2,}")
WORD_LENGTH_MAX = 4
OTHER = "[^a-z]"


def initials(names: pl.Series) -> pl.Series:
    """
    Return the initials of names.

    Example:
        >>> initials(pl.Series(["深圳华信电子有限公司", "重庆长安（ＴＣＬ）"])).to_list()
        ['szhxdzyxgs', 'cqcatcl']
    """
    plain, words = names.str.normalize("NFKC"), _words()
    characters = {each: _initial(each) for each in set("".join(plain.to_list())) if each > "\u2e7f"}
    if characters:
        plain = plain.str.replace_many(list(words), list(words.values()), leftmost=True)
        plain = plain.str.replace_many(list(characters), list(characters.values()))
    return plain.str.to_lowercase().str.replace_all(OTHER, "")


def could_be_initials(folded: str) -> bool:
    """
    Return whether a folded text may stand for initials: two Latin letters or more.

    Example:
        >>> could_be_initials("hxdz"), could_be_initials("华信"), could_be_initials("h")
        (True, False, False)
    """
    return LETTERS.fullmatch(folded) is not None


@cache
def _initial(character: str) -> str:
    """Return the first letter of a character's most common reading; empty where it has none."""
    from pypinyin.constants import PINYIN_DICT  # noqa: PLC0415  # most processes never search

    return _letter(PINYIN_DICT.get(ord(character), ""))


@cache
def _words() -> Mapping[str, str]:
    """Return the words whose initials are not those of their characters."""
    from pypinyin.constants import PHRASES_DICT  # noqa: PLC0415  # most processes never search

    found = {}
    for word, readings in PHRASES_DICT.items():
        if 1 < len(word) <= WORD_LENGTH_MAX and len(readings) == len(word):
            letters = "".join(_letter(reading[0]) for reading in readings)
            if letters != "".join(map(_initial, word)):
                found[word] = letters
    return found


def _letter(reading: str) -> str:
    """Return the first letter of a reading without its tone."""
    return unicodedata.normalize("NFD", reading)[:1]
