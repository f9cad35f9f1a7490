"""
Names of firms made comparable.

`key` takes off what never tells two firms apart: full-width forms, blanks, brackets, how the
legal form is written, a province before its city, the word for city. Equal keys are equal names.
`stem` takes off more (place and legal form altogether): equal stems are only a likeness.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import yaml

_PLACES = yaml.safe_load((Path(__file__).parent / "places.yml").read_text(encoding="utf-8"))
_PROVINCES: list[str] = _PLACES["provinces"]
_CITIES: tuple[str, ...] = tuple(_PLACES["cities"])
_MARKS = re.compile(r"[\s·•.,，。、;；:：'\"“”‘’()（）\[\]【】〔〕<>《》_-]+")
_LEGAL = (
    ("股份有限责任公司", "股份有限公司"),
    ("股份公司", "股份有限公司"),
    ("有限责任公司", "有限公司"),
    ("集团公司", "集团"),
)
_FORMS = re.compile(r"(股份有限公司|集团有限公司|有限公司|集团|公司)$")
_OF_PROVINCE = "省|市|壮族自治区|回族自治区|维吾尔自治区|自治区"
_PROVINCE = re.compile(rf"^({'|'.join(_PROVINCES)})({_OF_PROVINCE})?")
_CITY = re.compile(rf"^({'|'.join(_CITIES)})市")
_PLACE = re.compile(rf"^({'|'.join([*_CITIES, *_PROVINCES])})({_OF_PROVINCE})?")
CACHE = 500_000


@lru_cache(maxsize=CACHE)
def key(name: str) -> str:
    """
    Return the form in which equal names are equal.

    Example:
        >>> key("浙江省杭州市云栖（中国）机械 有限责任公司") == key("杭州云栖(中国)机械有限公司")
        True
        >>> key("云栖机械有限公司") == key("云栖机械股份有限公司")
        False
    """
    plain = _MARKS.sub("", unicodedata.normalize("NFKC", name).casefold())
    for long, short in _LEGAL:
        if plain.endswith(long):
            plain = plain.removesuffix(long) + short
            break
    province = _PROVINCE.match(plain)
    if province is not None:
        rest = plain[province.end() :]
        plain = rest if rest.startswith(_CITIES) else province.group(1) + rest
    return _CITY.sub(r"\1", plain, count=1)


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


def bigrams(name: str) -> set[str]:
    """Return the pairs of neighbouring characters; a single character stands for itself."""
    return {name[at : at + 2] for at in range(len(name) - 1)} or {name}
