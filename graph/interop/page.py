"""
One chain as one HTML page that needs nothing else: no network, no server, no other file.

pyvis carries vis-network, and its own template loads from elsewhere and lets names become
markup. So the page has our template: escaped, its scripts named by their hashes in a content
security policy, its firms placed here and not by a simulation. Firms and trades reach the
script as a block of JSON, and names are only ever drawn as text.

Every firm of the chain is in the file, in its list and for its search. Drawn at once are so many
as can be read, a fair part of each tier, with their paths to the core; a firm that is chosen is
drawn with all of its partners and trades. What is left out anywhere is said on the page.
"""

import base64
import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyvis.network
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from graph.interop.layout import ChainLayout, lay_out, signed_tier, strongest
from graph.interop.view import ChainTrade, ChainView, ListedMember
from graph.interop.words import WORDS, Language
from graph.model import shown_id

FIRMS_MAX = 600  # Drawn at once; beyond, a picture of single firms is mud.
LISTED_MAX = 20_000  # In the file; a browser still scrolls so many rows.
TRADES_MAX = 100_000
TITLE_ABOVE = 150.0
CORE_SIZE = 26.0
TEMPLATES = Path(__file__).parent / "templates"
VIS = Path(pyvis.network.__file__).parent / "templates/lib/vis-9.1.2/vis-network.min.js"

GRADES = ("A", "B", "C", "D", "E", "")
RATINGS_A_GRADE = 3  # R1 to R3 are A, and so on; worse than R12, and D, is E.
STEPS: Mapping[str, Sequence[tuple[float, int, str, str]]] = {  # Size in yuan, places, words.
    "zh": ((1e8, 1, "", " 亿元"), (1e4, 0, "", " 万元"), (1.0, 2, "", " 元")),
    "en": ((1e9, 1, "CNY ", "bn"), (1e6, 1, "CNY ", "m"), (1.0, 2, "CNY ", "")),
}


@dataclass(frozen=True, slots=True)
class Cut:
    """What of a chain is in the file, and what of that is drawn at once."""

    members: Sequence[ListedMember]  # Of the list, the drawn ones first.
    drawn: int
    trades: Sequence[ChainTrade]  # Of the file, largest first.
    paths: Sequence[ChainTrade]  # Drawn.
    layout: ChainLayout


def page(shown: ChainView, *, language: Language, firms_max: int = FIRMS_MAX) -> str:
    """Return the page; of a chain with more firms than `firms_max` a part of each tier is drawn."""
    words = WORDS[language]
    cut = _cut(shown, firms_max)
    graph = _pyvis()
    _add_firms(graph, shown, cut)
    _add_titles(graph, cut.layout, words)
    for trade in cut.paths:
        graph.add_edge(trade.supplier, trade.buyer)
    graded = Counter(grade(member.rating) for member in cut.members)
    said = {
        "language": language,
        "words": words,
        "name": shown.core_name,
        "firms": _columns(shown, cut, words, language),
        "trades": _numbered(shown, cut),
        "notes": list(_notes(shown, cut, words)),
        "tiers": [(band.tier, _tier(band.tier, words), band.firms) for band in cut.layout.bands],
        "grades": [
            (letter, words[f"grade_{letter}" if letter else "unrated"], graded[letter])
            for letter in GRADES
            if graded[letter]
        ],
        "steps": STEPS[language],
    }
    return _render(graph, said)


def _cut(shown: ChainView, firms_max: int) -> Cut:
    listed = strongest(shown.members, LISTED_MAX)
    drawn = strongest(listed, firms_max)
    first = {member.id for member in drawn}
    rest = [member for member in listed if member.id not in first]
    known = {shown.core, *(member.id for member in listed)}
    inside = [trade for trade in shown.trades if trade.supplier in known and trade.buyer in known]
    trades = sorted(inside, key=lambda trade: (-trade.amount_fen, trade.supplier, trade.buyer))[
        :TRADES_MAX
    ]
    nodes = {shown.core, *first}
    legs = {frozenset((member.id, member.via)) for member in drawn if member.via in nodes}
    paths = [trade for trade in trades if frozenset((trade.supplier, trade.buyer)) in legs]
    return Cut([*drawn, *rest], len(drawn), trades, paths, lay_out(shown.core, drawn, rest))


def _notes(shown: ChainView, cut: Cut, words: Mapping[str, str]) -> Iterator[str]:
    """Yield what the page says of its contents, and of what it leaves out."""
    firms, trades = len(shown.members), len(shown.trades)
    whole = cut.drawn == firms
    yield _said(words["firms" if whole else "cut"], shown=cut.drawn, firms=firms)
    if len(cut.members) < firms:
        yield _said(words["unlisted"], shown=len(cut.members), firms=firms)
    yield _said(words["trades"], shown=len(cut.paths), trades=trades)
    if len(cut.trades) < trades:
        yield _said(words["untold"], shown=len(cut.trades), trades=trades)


def _said(words: str, **numbers: int) -> str:
    return words.format(**{name: f"{number:,}" for name, number in numbers.items()})


def _tier(tier: int, words: Mapping[str, str]) -> str:
    kind = "core" if tier == 0 else "up" if tier < 0 else "down"
    return words[kind].format(tier=abs(tier))


def _columns(
    shown: ChainView, cut: Cut, words: Mapping[str, str], language: Language
) -> dict[str, list[Any]]:
    """Return the core and the members by column, in the order of the list."""
    places = [cut.layout.places[firm] for firm in (shown.core, *(m.id for m in cut.members))]
    names = {member.id: member.name for member in cut.members} | {shown.core: shown.core_name}
    return {
        "id": [shown.core, *(m.id for m in cut.members)],
        "shown_id": [shown.core, *(shown_id(m.id) for m in cut.members)],
        "name": [shown.core_name, *(m.name for m in cut.members)],
        "tier": [0, *(signed_tier(m) for m in cut.members)],
        "place": [_tier(0, words), *(_tier(signed_tier(m), words) for m in cut.members)],
        "grade": ["core", *(grade(m.rating) for m in cut.members)],
        "rating": ["", *(m.rating or words["unrated"] for m in cut.members)],
        "via": ["", *(m.via for m in cut.members)],
        "through": ["", *(names.get(m.via, m.via) for m in cut.members)],
        "strength_fen": [0, *(m.strength_fen for m in cut.members)],
        "strength": ["", *(money(m.strength_fen, language) for m in cut.members)],
        "size": [CORE_SIZE, *_sizes(cut.members)],
        "x": [round(x) for x, _ in places],
        "y": [round(y) for _, y in places],
    }


def _numbered(shown: ChainView, cut: Cut) -> list[tuple[int, int, int]]:
    """Return the trades with their ends as places in the columns."""
    at = {firm: n for n, firm in enumerate((shown.core, *(m.id for m in cut.members)))}
    return [(at[trade.supplier], at[trade.buyer], trade.amount_fen) for trade in cut.trades]


def _pyvis() -> pyvis.network.Network:
    graph = pyvis.network.Network(height="100%", width="100%", directed=True)
    graph.set_template_dir(str(TEMPLATES), "chain.html")
    graph.templateEnv = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    return graph


def _sizes(members: Sequence[ListedMember]) -> list[float]:
    largest = max((member.strength_fen for member in members), default=1) or 1
    return [
        round(5 + 11 * math.sqrt(max(0, member.strength_fen) / largest), 1) for member in members
    ]


def _add_firms(graph: Any, shown: ChainView, cut: Cut) -> None:
    x, y = cut.layout.places[shown.core]
    graph.add_node(shown.core, label=shown.core_name, x=x, y=y, size=CORE_SIZE)
    drawn = cut.members[: cut.drawn]
    for member, size in zip(drawn, _sizes(cut.members), strict=False):
        x, y = cut.layout.places[member.id]
        letter = grade(member.rating)
        label = f"{letter} · {member.name}" if letter else member.name
        graph.add_node(member.id, label=label, x=x, y=y, size=size)


def _add_titles(graph: Any, layout: ChainLayout, words: Mapping[str, str]) -> None:
    for band in layout.bands:
        title = _tier(band.tier, words)
        graph.add_node(
            f"\0{band.tier}",  # No firm's id: ids of files hold no such sign.
            label=f"{title}\n{_said(words['firms'], firms=band.firms)}" if band.tier else title,
            x=band.x,
            y=layout.top - TITLE_ABOVE,
            shape="text",
            font={"size": 46},  # Read before one zooms in.
            chosen=False,
        )


def grade(rating: str | None) -> str:
    """
    Return the letter A to E of a rating R1 to R15 or D; nothing for one that is not known.

    Example:
        >>> grade("R1"), grade("R6"), grade("R14"), grade("D"), grade(None)
        ('A', 'B', 'E', 'E', '')
    """
    if rating == "D":
        return "E"
    if rating is None or not rating.startswith("R") or not rating[1:].isdecimal():
        return ""
    return "ABCDE"[min((max(1, int(rating[1:])) - 1) // RATINGS_A_GRADE, 4)]


def money(amount_fen: int, language: str) -> str:
    """
    Return an amount as people of the language write it.

    Example:
        >>> money(1_386_000_000, "zh"), money(1_386_000_000, "en"), money(950, "en")
        ('1,386 万元', 'CNY 13.9m', 'CNY 9.50')
    """
    yuan = amount_fen / 100
    steps = STEPS[language]
    size, places, before, after = next((s for s in steps if abs(yuan) >= s[0]), steps[-1])
    return f"{before}{yuan / size:,.{places}f}{after}"


def _render(graph: Any, said: dict[str, Any]) -> str:
    scripts = {
        "vis": VIS.read_text(encoding="utf-8"),
        "script": (TEMPLATES / "chain.js").read_text(encoding="utf-8"),
    }
    style = (TEMPLATES / "chain.css").read_text(encoding="utf-8")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(_hash(text) for text in scripts.values())}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "require-trusted-types-for 'script'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    # Our own files and the installed package's: none of them holds a word of the input.
    trusted = {name: Markup(text) for name, text in (scripts | {"style": style}).items()}  # noqa: S704  # The same.
    graph.templateEnv.globals.update(said=said, policy=policy, **trusted)
    return str(graph.generate_html("chain.html"))


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
