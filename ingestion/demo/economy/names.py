"""
Names and codes of firms that do not exist.

A name is place, brand, line of business and legal form. The brand is three uncommon characters in
an order no Chinese word has, drawn without return, so that no two firms share one by chance. A
code is whole (GB 32100-2015 with both check digits), but its organisation part begins with YY,
which is not given out.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ingestion.demo.economy.draws import by_weight
from ingestion.demo.economy.plan import Plan
from ingestion.demo.economy.sectors import IntArray, sectors
from ingestion.resolve.codes import check_letter

_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_FILE = Path(__file__).parent / "names.yml"
_STYLES = np.array([0.62, 0.2, 0.12, 0.06])
_FORM_CHANCES = np.array([0.74, 0.12, 0.11, 0.03])


@dataclass(frozen=True, slots=True)
class Name:
    """A firm's name by its parts; `style` 1 puts the place into brackets after the line."""

    place: str
    brand: str
    word: str
    form: str
    style: int

    @property
    def full(self) -> str:
        """Return the registered name."""
        if self.style == 1:
            return f"{self.brand}{self.word}（{self.place}）{self.form}"
        return f"{self.place}{self.brand}{self.word}{self.form}"


@cache
def parts() -> dict[str, Any]:
    """Return the parts of names as the file gives them."""
    read: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return read


def brands(plan: Plan, count: int) -> list[str]:
    """Return that many brands, none twice before all were used once."""
    kinds = parts()
    first, second, third = kinds["first"], kinds["second"], kinds["third"]
    most = len(first) * len(second) * len(third)
    order = plan.random("brands").permutation(most)
    picked = order[np.arange(count) % most]
    return [
        first[at // (len(second) * len(third))]
        + second[at // len(third) % len(second)]
        + third[at % len(third)]
        for at in picked.tolist()
    ]


def places(plan: Plan, count: int) -> IntArray:
    """Return the place of every firm."""
    weights = np.array([place["weight"] for place in parts()["places"]], dtype=np.float64)
    return by_weight(plan.random("places"), weights, count)


def names(plan: Plan, sector: IntArray, place: IntArray) -> list[Name]:
    """
    Return a name for every firm; full names differ.

    Example:
        >>> plan = Plan(cores=2, firms=30)
        >>> made = names(plan, np.array([0, 1]), np.array([0, 1]))
        >>> [name.place for name in made], made[0].full != made[1].full
        (['北京', '上海'], True)
    """
    random = plan.random("names")
    count = len(sector)
    words = sectors().words
    word = random.integers(0, 1_000, count).tolist()
    form = by_weight(random, _FORM_CHANCES, count).tolist()
    style = by_weight(random, _STYLES, count).tolist()
    zh = [each["zh"] for each in parts()["places"]]
    seen: set[str] = set()
    made = []
    for at, brand in enumerate(brands(plan, count)):
        line = words[sector[at]]
        name = Name(
            zh[place[at]], brand, line[word[at] % len(line)], parts()["forms"][form[at]], style[at]
        )
        shift = 0
        while name.full in seen and shift < len(zh):
            shift += 1
            moved = zh[(int(place[at]) + shift) % len(zh)]
            name = Name(moved, name.brand, name.word, name.form, name.style)
        seen.add(name.full)
        made.append(name)
    return made


def code(number: int, division: str) -> str:
    """
    Return the unified social credit code of a firm by its running number.

    Example:
        >>> code(1, "320500")
        '91320500YY000001X7'
    """
    body = "YY" + _digits(number, 6)
    organisation = body + _organisation_check(body)
    first = "91" + division + organisation
    return first + check_letter(first)


def _digits(number: int, length: int) -> str:
    text = ""
    for _ in range(length):
        number, rest = divmod(number, 10)
        text = str(rest) + text
    return text


def _organisation_check(body: str) -> str:
    """Return the check digit of an organisation code from its first eight (GB 11714-1997)."""
    order = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    total = sum(
        order.index(letter) * weight for letter, weight in zip(body, _BODY_WEIGHTS, strict=True)
    )
    check = 11 - total % 11
    return "X" if check == 10 else "0" if check == 11 else str(check)
