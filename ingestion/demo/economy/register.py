"""
The register of firms with what is hidden in it: other spellings, second entries, lookalikes.

Nothing here is told by the files: `truth/` holds it.
"""

import unicodedata
from dataclasses import dataclass, replace

import numpy as np

from ingestion.demo.economy.names import Name, parts
from ingestion.demo.economy.world import TextArray, World

ALIASED, DOUBLED, ALIKE = 0.02, 0.0045, 0.004
DECLARED = 0.4
BY_NAME, BY_CODE = 0.06, 0.03  # Parts of the pairs that name a firm by name, by code.
DOUBLE_KINDS = ("same code", "same name", "near name", "typo")
KINDS = ("wide", "brackets", "form", "short", "no region", "typo")


@dataclass(frozen=True, slots=True)
class Alias:
    """A text in the invoices that names a firm by another spelling."""

    firm: int
    text: str
    kind: str
    declared: bool


@dataclass(frozen=True, slots=True)
class Register:
    """
    Names and codes as the firms file gives them, and the text of each pair's two ends.

    `doubles` are (firm, second entry, kind), `alike` pairs of firms that only look the same.
    """

    names: list[str]
    codes: list[str | None]
    declared: list[str | None]
    seller_text: TextArray
    buyer_text: TextArray
    aliases: tuple[Alias, ...]
    doubles: tuple[tuple[int, int, str], ...]
    alike: tuple[tuple[int, int], ...]


def register(made: World) -> Register:
    """
    Return the register of an economy.

    Example:
        >>> from ingestion.demo.economy.plan import Plan
        >>> from ingestion.demo.economy.world import world
        >>> len(register(world(Plan(cores=2, firms=30, months=3))).names)
        30
    """
    random = made.plan.random("register")
    named, codes = list(made.names), list(made.codes)
    alike = _alike(random, made, named, codes)
    names = [name.full for name in named]
    doubles = _doubles(random, made, named, names, codes)
    taken = {firm for pair in alike for firm in pair} | {each[0] for each in doubles}
    seller, buyer = _texts(random, made, names, codes)
    _send_to_doubles(made, doubles, seller, buyer)
    aliases = _aliases(random, made, named, taken)
    declared: list[str | None] = [None] * made.firms
    for alias in aliases:
        _use(random, made, alias, seller, buyer)
        if alias.declared:
            declared[alias.firm] = alias.text
    return Register(names, codes, declared, seller, buyer, tuple(aliases), doubles, alike)


def _alike(
    random: np.random.Generator, made: World, named: list[Name], codes: list[str | None]
) -> tuple[tuple[int, int], ...]:
    """Return pairs of firms that are made to look alike: a sister elsewhere, one letter off."""
    count = min(len(made.traders) // 4, round(made.firms * ALIKE / 2))
    coded = np.array([firm for firm in made.traders.tolist() if codes[firm] is not None], np.int64)
    drawn = random.permutation(coded)[: 2 * count].reshape(-1, 2).tolist()
    zh = [place["zh"] for place in parts()["places"]]
    for at, (one, other) in enumerate(drawn):
        model = named[one]
        if at % 2:
            elsewhere = zh[(zh.index(model.place) + 7) % len(zh)]
            named[other] = replace(model, place=elsewhere)
        else:
            named[other] = replace(model, brand=_near(model.brand, at))
    return tuple((one, other) for one, other in drawn)


def _near(brand: str, at: int) -> str:
    """Return a brand with its last character changed."""
    third = parts()["third"]
    return brand[:2] + str(third[(third.index(brand[2]) + 11 + at) % len(third)])


def _doubles(
    random: np.random.Generator,
    made: World,
    named: list[Name],
    names: list[str],
    codes: list[str | None],
) -> tuple[tuple[int, int, str], ...]:
    """Return firms with a second entry; the entry takes an idle row."""
    spare = made.idle[: round(made.firms * DOUBLED)].tolist()
    firms = random.choice(made.traders, len(spare), replace=False).tolist()
    found = []
    for at, (firm, second) in enumerate(zip(firms, spare, strict=True)):
        kind = DOUBLE_KINDS[at % len(DOUBLE_KINDS)]
        if kind == "same code" and codes[firm] is None:
            kind = "same name"
        if kind == "same code":
            names[second] = spelled(named[firm], "short")
        else:
            other = {"same name": "wide", "near name": "no region", "typo": "typo"}[kind]
            names[second] = spelled(named[firm], other)
        codes[second] = codes[firm] if kind == "same code" else None
        found.append((firm, second, kind))
    return tuple(found)


def spelled(name: Name, kind: str) -> str:
    """
    Return a name as careless people write it.

    Example:
        >>> spelled(Name("苏州", "珩舸旒", "机械", "有限公司", 0), "no region")
        '珩舸旒机械有限公司'
    """
    if kind == "wide":
        return f"{name.full[:2]}\u3000{name.full[2:]}"
    if kind == "brackets":
        plain = replace(name, style=1)
        return unicodedata.normalize("NFKC", plain.full) if name.style == 1 else f"({name.full})"
    if kind == "form":
        other = {"有限公司": "有限责任公司", "有限责任公司": "有限公司"}
        return replace(name, form=other.get(name.form, "股份公司")).full
    if kind == "short":
        return f"{name.place}{name.brand}{name.word}"
    if kind == "no region":
        return f"{name.brand}{name.word}{name.form}"
    return replace(name, brand=_near(name.brand, 0)).full


def _texts(
    random: np.random.Generator, made: World, names: list[str], codes: list[str | None]
) -> tuple[TextArray, TextArray]:
    """Return how each pair's ends are named: most by id, some by name or code."""
    sides = []
    for firms in (made.supplier, made.buyer):
        text = made.texts[firms].copy()
        spot = random.random(len(firms))
        other = np.flatnonzero((spot < BY_NAME + BY_CODE) & (firms < made.firms))
        for pair in other.tolist():
            firm = int(firms[pair])
            name, code = names[firm], codes[firm]
            text[pair] = code if spot[pair] < BY_CODE and code is not None else name
        sides.append(text)
    return sides[0], sides[1]


def _pairs_of(made: World, firm: int) -> list[tuple[int, int]]:
    """Return the pairs of a firm as (pair, side): side 0 where it sells."""
    sells = [(int(pair), 0) for pair in np.flatnonzero(made.supplier == firm)]
    return sells + [(int(pair), 1) for pair in np.flatnonzero(made.buyer == firm)]


def _send_to_doubles(
    made: World,
    doubles: tuple[tuple[int, int, str], ...],
    seller: TextArray,
    buyer: TextArray,
) -> None:
    """Let a third of a firm's pairs, one at least, name its second entry."""
    for firm, second, _ in doubles:
        for at, (pair, side) in enumerate(_pairs_of(made, firm)):
            if at % 3 == 0:
                (seller, buyer)[side][pair] = made.ids[second]


def _aliases(
    random: np.random.Generator, made: World, named: list[Name], taken: set[int]
) -> list[Alias]:
    """Return other spellings of some firms; brackets only where the name has them."""
    free = np.array([firm for firm in made.traders.tolist() if firm not in taken], dtype=np.int64)
    count = min(len(free), max(2, round(made.firms * ALIASED)))
    found: list[Alias] = []
    for at, firm in enumerate(random.choice(free, count, replace=False).tolist()):
        kind = KINDS[at % len(KINDS)]
        if kind == "brackets" and named[firm].style != 1:
            kind = "form"
        declared = kind in ("short", "no region") and bool(random.random() < DECLARED)
        found.append(Alias(firm, spelled(named[firm], kind), kind, declared))
    return found


def _use(
    random: np.random.Generator, made: World, alias: Alias, seller: TextArray, buyer: TextArray
) -> None:
    """Let some of the firm's pairs, one at least, carry the alias."""
    pairs = _pairs_of(made, alias.firm)
    count = max(1, len(pairs) // 3)
    for at in random.choice(len(pairs), min(count, len(pairs)), replace=False).tolist():
        pair, side = pairs[at]
        (seller, buyer)[side][pair] = alias.text
