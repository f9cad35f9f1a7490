"""
One chain as one HTML page that needs nothing else: no network, no server, no other file.

pyvis carries vis-network, and its own template loads from elsewhere and lets names become
markup. So the page has our template: escaped, its scripts named by their hashes in a content
security policy, its firms placed here and not by a simulation. Firms and trades reach the
script as a block of JSON, and names are only ever drawn as text.
"""

import base64
import hashlib
import math
from pathlib import Path
from typing import Any, Literal

import pyvis.network
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from graph.interop.layout import Layout, lay_out
from graph.interop.view import Member, Tie, View

FIRMS_MAX = 600  # Beyond, a picture of single firms is mud: the strongest paths are drawn.
TRADES_MAX = 3000
WEIGHT_MAX = 8.0  # Pixels of the widest line.
TEMPLATES = Path(__file__).parent / "templates"
VIS = Path(pyvis.network.__file__).parent / "templates/lib/vis-9.1.2/vis-network.min.js"

GRADES = {
    "A": ("#2A6FB8", "#1D5896"),
    "B": ("#86B9DE", "#4B86B4"),
    "C": ("#EBC85E", "#A8842A"),
    "D": ("#D9701C", "#A34F0C"),
    "E": ("#8C1443", "#5E0A2B"),
    "": ("#C9D1DB", "#5F6B7C"),
}
RATINGS_A_GRADE = 3  # R1 to R3 are A, and so on; worse than R12, and D, is E.

WORDS = {
    "zh": {
        "title": "产业链",
        "core": "核心企业",
        "up": "{tier} 级供应商",
        "down": "{tier} 级经销商",
        "firms": "{firms} 家企业",
        "cut": "显示 {shown} / {firms} 家企业（按路径强度）",
        "trades": "交易（示 {shown} / {trades} 条）",
        "grade": "评级",
        "unrated": "未评级",
        "rating": "评级",
        "tier": "层级",
        "via": "经由",
        "strength": "路径最小交易额",
        "sells": "销售给",
        "buys": "采购自",
        "choose": "选择企业查看详情；拖动与滚轮缩放。",
        "table": "企业列表",
        "firm": "企业",
    },
    "en": {
        "title": "Supply chain",
        "core": "Core enterprise",
        "up": "Tier {tier} suppliers",
        "down": "Tier {tier} distributors",
        "firms": "{firms} firms",
        "cut": "{shown} of {firms} firms shown, strongest paths first",
        "trades": "Trades ({shown} of {trades} drawn)",
        "grade": "Grade",
        "unrated": "unrated",
        "rating": "Rating",
        "tier": "Tier",
        "via": "Reached through",
        "strength": "Smallest amount on the path",
        "sells": "Sells to",
        "buys": "Buys from",
        "choose": "Choose a firm for its figures; drag to move, wheel to zoom.",
        "table": "List of firms",
        "firm": "Firm",
    },
}


def page(shown: View, *, language: Literal["zh", "en"], firms_max: int = FIRMS_MAX) -> str:
    """Return the page; of a chain with more firms than `firms_max` the nearest and strongest."""
    words = WORDS[language]
    members = sorted(shown.members, key=lambda m: (m.tier, -m.strength_fen, m.id))[:firms_max]
    drawn = {shown.core, *(member.id for member in members)}
    inside = [tie for tie in shown.trades if tie.supplier in drawn and tie.buyer in drawn]
    trades = sorted(inside, key=lambda tie: (-tie.amount_fen, tie.supplier, tie.buyer))
    layout = lay_out(shown.core, members)
    graph = _pyvis()
    _add_firms(graph, shown, members, layout)
    _add_titles(graph, layout, words)
    _add_trades(graph, trades[:TRADES_MAX], shown.core)
    count = {"shown": len(members), "firms": len(shown.members)}
    ties = {"shown": min(len(trades), TRADES_MAX), "trades": len(shown.trades)}
    said = {
        "language": language,
        "words": words,
        "name": shown.core_name,
        "members": [_row(member, words, language) for member in members],
        "subtitle": words["firms" if len(members) == len(shown.members) else "cut"].format(**count),
        "trades": words["trades"].format(**ties),
        "grades": [(letter or words["unrated"], *colours) for letter, colours in GRADES.items()],
    }
    return _render(graph, said)


def _pyvis() -> pyvis.network.Network:
    graph = pyvis.network.Network(height="100%", width="100%", directed=True)
    graph.set_template_dir(str(TEMPLATES), "chain.html")
    graph.templateEnv = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    return graph


def _add_firms(graph: Any, shown: View, members: list[Member], layout: Layout) -> None:
    largest = max((member.strength_fen for member in members), default=1)
    x, y = layout.places[shown.core]
    graph.add_node(shown.core, label=shown.core_name, x=x, y=y, size=26, color="#14304F")
    for member in members:
        x, y = layout.places[member.id]
        letter = grade(member.rating)
        fill, line = GRADES[letter]
        graph.add_node(
            member.id,
            label=f"{letter} · {member.name}" if letter else member.name,
            x=x,
            y=y,
            size=5 + 11 * math.sqrt(member.strength_fen / largest),
            color={"background": fill, "border": line},
        )


def _add_titles(graph: Any, layout: Layout, words: dict[str, str]) -> None:
    for band in layout.bands:
        kind = "core" if band.tier == 0 else "up" if band.tier < 0 else "down"
        title = words[kind].format(tier=abs(band.tier))
        graph.add_node(
            f"\0{band.tier}",  # No firm's id: ids of files hold no such sign.
            label=f"{title}\n{words['firms'].format(firms=band.firms)}" if band.tier else title,
            x=band.x,
            y=layout.top - 110,
            shape="text",
            font={"size": 30},  # Read before one zooms in.
            chosen=False,
        )


def _add_trades(graph: Any, trades: list[Tie], core: str) -> None:
    largest = max((tie.amount_fen for tie in trades), default=1)
    for tie in trades:
        at_core = core in (tie.supplier, tie.buyer)
        graph.add_edge(
            tie.supplier,
            tie.buyer,
            width=max(0.6, WEIGHT_MAX * math.sqrt(tie.amount_fen / largest)),
            color="#8C97A6" if at_core else "#C3CAD4",
            amount=tie.amount_fen / 100,
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
    if language == "zh":
        steps = ((1e8, "{:,.1f} 亿元"), (1e4, "{:,.0f} 万元"), (1.0, "{:,.2f} 元"))
    else:
        steps = ((1e9, "CNY {:,.1f}bn"), (1e6, "CNY {:,.1f}m"), (1.0, "CNY {:,.2f}"))
    size, form = next((step for step in steps if yuan >= step[0]), steps[-1])
    return form.format(yuan / size)


def _row(member: Member, words: dict[str, str], language: str) -> dict[str, str]:
    return {
        "id": member.id,
        "name": member.name,
        "rating": member.rating or words["unrated"],
        "tier": words[member.direction].format(tier=member.tier),
        "via": member.via,
        "strength": money(member.strength_fen, language),
    }


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
