"""
Names of firms made comparable.

`key` takes off what never tells two firms apart: width, case, invisible characters, blanks and
marks between Chinese characters, how the legal form is written, a province before a city of its
own, the word for city. What stands between digits or letters stays: 3.5 is not 35, and "Green
Land" is not "Greenland". Equal keys are equal names.
`stem` takes off more (place and legal form altogether): equal stems are only a likeness.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import yaml

_PLACES = yaml.safe_load((Path(__file__).parent / "places.yml").read_text(encoding="utf-8"))
_REGIONS: dict[str, str] = dict.fromkeys(_PLACES["municipalities"], "市") | _PLACES["regions"]
_CITIES_OF: dict[str, tuple[str, ...]] = {p: tuple(c) for p, c in _PLACES["cities"].items()}
_CITIES = tuple(city for cities in _CITIES_OF.values() for city in cities)
_PROVINCES = tuple(dict.fromkeys([*_REGIONS, *_CITIES_OF]))
_MARKS = re.compile(r"[\s·•.,，。、;；:：'\"“”‘’()（）\[\]【】〔〕<>《》_-]+")
_NUMERALS = frozenset("〇零一二三四五六七八九十百千")
_ONE_FORM = str.maketrans("·•。，、；：【】〔〕[]“”‘’", "...,,;:()()()\"\"''")
_LEGAL = (
    ("股份有限责任公司", "股份有限公司"),
    ("股份公司", "股份有限公司"),
    ("有限责任公司", "有限公司"),
)
_FORMS = re.compile(r"(股份有限公司|集团有限公司|有限公司|集团|公司)$")
_NO_CITY = "场政民郊区容"  # 杭州市场管理 and 杭州市政工程 do not begin with the word for city.
_SURE_OF = {  # 吉林市 is a city of 吉林省: both words stay there.
    province: _REGIONS.get(province, "省") for province in _PROVINCES if province != "吉林"
}
_OF = "|".join(rf"{p}(?:{of}(?![{_NO_CITY}]))?" for p, of in _SURE_OF.items())
_PROVINCE = re.compile(rf"^(?:{_OF}|吉林省?)")
_CITY = re.compile(rf"^({'|'.join(_CITIES)})市(?![{_NO_CITY}])")
_PLACE = re.compile(rf"^({'|'.join([*_CITIES, *_PROVINCES])})(省|市|[^区]{{0,3}}自治区)?")
_LETTERS = ("Ll", "Lu", "Lt", "Lm")  # Of alphabets; a Chinese character is "Lo".
CACHE = 500_000
STEM_MIN = 2  # Shorter stems stand inside too many names.


@lru_cache(maxsize=CACHE)
def key(name: str) -> str:
    """
    Return the form in which equal names are equal.

    Example:
        >>> key("浙江省杭州市云栖（中国）机械 有限责任公司") == key("杭州云栖(中国)机械有限公司")
        True
        >>> key("云栖机械有限公司") == key("云栖机械股份有限公司")
        False
        >>> key("浙江中山机械厂") == key("中山机械厂"), key("云栖3.5厂") == key("云栖35厂")
        (False, False)
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    shown = "".join(symbol for symbol in folded if unicodedata.category(symbol) != "Cf")
    plain = _MARKS.sub(_kept, shown)
    for long, short in _LEGAL:
        if plain.endswith(long):
            plain = plain.removesuffix(long) + short
            break
    return _CITY.sub(r"\1", _without_province(plain), count=1)


def _kept(marks: re.Match[str]) -> str:
    """Return what stays of marks: a blank between letters, the marks themselves beside a digit."""
    around = marks.string[marks.start() - 1 : marks.start()], marks.string[marks.end() :][:1]
    kinds = {_kind(symbol) for symbol in around}
    if "other" in kinds:
        return ""
    if kinds == {"letter"}:
        return " "
    return "".join(marks.group().translate(_ONE_FORM).split()) or " "


def _kind(symbol: str) -> str:
    if not symbol:
        return "other"
    category = unicodedata.category(symbol)
    if category.startswith("N") or symbol in _NUMERALS:
        return "digit"
    return "letter" if category in _LETTERS else "other"


def _without_province(plain: str) -> str:
    """Return a name without the province before a city of it; without the word for province."""
    matched = _PROVINCE.match(plain)
    if matched is None:
        return plain
    province = next(p for p in _PROVINCES if matched.group().startswith(p))
    rest = plain[matched.end() :]
    if rest.startswith(_CITIES_OF.get(province, ())):
        return rest
    return (matched.group() if province == "吉林" else province) + rest


@lru_cache(maxsize=CACHE)
def stem(name: str) -> str:
    """
    Return what is left of a name without its place and its legal form.

    Example:
        >>> stem("深圳市云栖机械有限公司"), stem("云栖机械")
        ('云栖机械', '云栖机械')
    """
    plain = key(name)
    short = _FORMS.sub("", _PLACE.sub("", plain, count=1), count=1)
    return short or plain


def alike(one: str, other: str) -> bool:
    """
    Return whether two names may be of one firm: they are equal, or one stands inside the other.

    Example:
        >>> alike("华东重工", "华东重工集团有限公司"), alike("东湖机械厂", "西岭机械厂")
        (True, False)
    """
    if key(one) == key(other):
        return True
    short, long = sorted((stem(one), stem(other)), key=len)
    return len(short) >= STEM_MIN and short in long


def bigrams(name: str) -> set[str]:
    """Return the pairs of neighbouring characters; a single character stands for itself."""
    return {name[at : at + 2] for at in range(len(name) - 1)} or {name}
