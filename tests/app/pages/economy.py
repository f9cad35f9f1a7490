"""A small economy with documents of the shapes that the services give, for the pages."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from app.data.versions.service import Asked
from app.pages.directory import Directory
from app.pages.reading import Facility, Partner, Standing
from app.platform.auth.sight import Sight
from app.platform.web.charts import Flow, Group
from graph.errors import NotFound

MARKUP = '<img src=x onerror=alert(1)>"精密'
NAMES = {
    "C1": "江州远航装备股份有限公司",
    "C2": "临海恒昌电子有限公司",
    "S1": "青屿宏达材料有限公司",
    "S2": "=HYPERLINK(1)模具厂",
    "S3": MARKUP,
    "D1": "北原商贸有限公司",
}
HEAD = {
    "version": 3,
    "as_of": "2026-06-30",
    "policy": "standard-2015-01-01-1a2b3c",
    "run": "run-3-abc",
}


def node(code: str, op: str, value: object, *children: dict[str, Any], **more: Any) -> Any:
    unit = more.pop("unit", "fen")
    return {
        "code": code,
        "label": {"zh": f"{code} 的中文", "en": f"words for {code}"},
        "op": op,
        "value": value,
        "unit": unit,
        "children": list(children),
        "source": more.pop("source", {}),
    }


def leaf(code: str, value: object, unit: str = "fen") -> Any:
    source = {"version": 3, "table": "receivables"}
    return node(code, "input", value, unit=unit, source=source)


def rule(code: str, value: object, unit: str = "ratio") -> Any:
    source = {"policy": "standard-2015-01-01-1a2b3c", "rule": code, "key": "R3"}
    return node(code, "policy", value, unit=unit, source=source)


def derivation(limit_fen: int) -> Any:
    documents = node(
        "documents", "product", 760_000_000, rule("advance_rate", "0.95"), leaf("held", 800_000_000)
    )
    capacity = node(
        "capacity", "min", 210_000_000, leaf("own", 400_000_000), leaf("base", 210_000_000)
    )
    resilience = node("resilience", "clip", "0.8", leaf("worst", "0.4", "share"), unit="ratio")
    unscaled = node("unscaled", "product", 168_000_000, capacity, resilience)
    relation = node(
        "relation", "product", 168_000_000, unscaled, leaf("chain_factor", "1", "ratio")
    )
    absent = node("need", "absent", None, source={"reason": "neither statement nor sales"})
    smallest = node(
        "smallest",
        "min",
        928_000_000,
        absent,
        node("funding", "sum", 928_000_000, documents, relation),
        leaf("product_cap", "1644067796.61"),
    )
    return node("limit", "floor", limit_fen, smallest)


def standing(firm: str, tier: int, limit_fen: int | None, **more: Any) -> Standing:
    return Standing(
        id=firm,
        name=NAMES.get(firm, firm),
        direction=more.get("direction", "up"),
        tier=tier,
        limit_fen=limit_fen,
        reachable_fen=None if limit_fen is None else more.get("reachable_fen", 0),
        binding=None if limit_fen is None else more.get("binding", "funding"),
        absent="counterparty only" if limit_fen is None else None,
        grade=more.get("grade", "-"),
    )


MEMBERS = [
    standing("S1", 1, 928_000_000, reachable_fen=0, grade="A"),
    standing("S2", 2, 39_000_000, reachable_fen=190_000_000, binding="need"),
    standing("S3", 1, None),
    standing("D1", 1, 5_000_000, direction="down"),
    *(standing(f"X{i:03}", 3, 1_000_000 + 10_000 * i) for i in range(120)),
]


def directory() -> Directory:
    """Return the firms above, the cores, and one who is known as a counterparty only."""
    ratings = {"S1": "R2", "D1": "R14"}
    others = {f"X{i:03}": f"X{i:03}" for i in range(120)}
    firms = [
        {
            "firm": firm,
            "name": name,
            "uscc": f"91330000MA{firm:0>8}" if firm in NAMES else None,
            "sector": "C36" if firm[0] in "CS" else None,
            "region": {"C": "上海", "S": "苏州"}.get(firm[0]),
            "rating": ratings.get(firm),
            "listed": firm != "S3",
            "aliases": "宏材;Hongda" if firm == "S1" else None,
        }
        for firm, name in {**NAMES, **others}.items()
    ]
    standings = [
        {
            "core": "C1",
            "firm": row.id,
            "direction": row.direction,
            "tier": row.tier,
            "limit_fen": row.limit_fen,
        }
        for row in MEMBERS
    ]
    standings.append(
        {"core": "C2", "firm": "S1", "direction": "up", "tier": 2, "limit_fen": 1_000_000}
    )
    return Directory(pl.DataFrame(firms), pl.DataFrame(standings), ["C1", "C2"])


DIRECTORY = directory()


class FakeReading:
    """A `Reading` of written-out documents; remembers which scenarios were asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[Sequence[str], Sequence[str]]] = []
        self.wanted = Asked()

    def at(self, asked: Asked, sight: Sight) -> "FakeReading":
        self.wanted = asked
        return self

    def versions(self) -> Sequence[Mapping[str, Any]]:
        return [{**HEAD, "version": number} for number in (1, 2, 3)]

    def facilities(self) -> Sequence[Facility]:
        known = Facility(
            "C1",
            NAMES["C1"],
            124,
            14_400_000_000,
            9_600_000_000,
            4_800_000_000,
            "need_up_down",
            None,
        )
        absent = Facility("C2", NAMES["C2"], 7, None, None, None, None, "no statement of the core")
        return [known, absent]

    def head(self) -> Mapping[str, Any]:
        return HEAD

    def chain(self, core: str) -> Mapping[str, Any]:
        if core not in {"C1", "C2"}:
            raise NotFound(f"no core {core}")
        smallest = node("smallest", "min", 14_400_000_000, leaf("need_up_down", 14_400_000_000))
        tree = node("facility", "product", 14_400_000_000, rule("colour_factor", "1"), smallest)
        facility = {
            "limit_fen": 14_400_000_000,
            "occupied_fen": 9_600_000_000,
            "reserved_fen": 0,
            "available_fen": 4_800_000_000,
            "binding": "need_up_down",
            "derivation": tree,
        }
        tiers = [
            {
                "direction": "up",
                "tier": 1,
                "firms": 2,
                "limit_fen": 928_000_000,
                "reachable_fen": 0,
            },
            {
                "direction": "up",
                "tier": 2,
                "firms": 1,
                "limit_fen": 39_000_000,
                "reachable_fen": 190_000_000,
            },
            {
                "direction": "up",
                "tier": 3,
                "firms": 120,
                "limit_fen": 191_400_000,
                "reachable_fen": 0,
            },
            {
                "direction": "down",
                "tier": 1,
                "firms": 1,
                "limit_fen": 5_000_000,
                "reachable_fen": 0,
            },
        ]
        head = {"core": {"id": core, "name": NAMES[core]}, **HEAD}
        if core == "C2":
            absent = "no statement of the core"
            return {
                **head,
                "facility": None,
                "absent": absent,
                "tiers": [],
                "data_credit_factor": "0.5",
            }
        return {**head, "facility": facility, "absent": None, "tiers": tiers}

    def members(self, core: str) -> Sequence[Standing]:
        return MEMBERS if core == "C1" else []

    def limit(self, core: str, firm: str) -> Mapping[str, Any]:
        row = next((row for row in MEMBERS if row.id == firm), None)
        if row is None or core != "C1":
            raise NotFound(f"{firm} does not stand in the chain of {core}")
        head = {
            "limit_fen": row.limit_fen,
            "reachable_fen": row.reachable_fen,
            "binding": row.binding,
            "absent": row.absent,
        }
        if row.limit_fen is None:
            return {**head, "derivation": None, "reachable": None}
        passed = node("passable", "sum", 200_000_000, leaf("from:S1", 200_000_000))
        reachable = node("reachable", "floor", row.reachable_fen, passed)
        return {**head, "derivation": derivation(row.limit_fen), "reachable": reachable}

    def picture(self, core: str) -> tuple[Sequence[Group], Sequence[Flow]]:
        if core == "C2":
            return [Group(0, "B", 1)], []
        groups = [
            Group(-3, "B", 70),
            Group(-3, "C", 50),
            Group(-2, "-", 1),
            Group(-1, "A", 1),
            Group(-1, "D", 1),
            Group(0, "A", 1),
            Group(1, "E", 1),
        ]
        flows = [
            Flow((-3, "B"), (-2, "-"), 9_000_000),
            Flow((-2, "-"), (-1, "A"), 90_000_000),
            Flow((-1, "A"), (0, "A"), 400_000_000),
            Flow((-1, "D"), (0, "A"), 100_000_000),
            Flow((0, "A"), (1, "E"), 100_000_000),
        ]
        return groups, flows

    def firm(self, firm: str) -> Mapping[str, Any]:
        if firm not in NAMES:
            raise NotFound(f"no firm {firm}")
        return {
            "firm": firm,
            "name": NAMES[firm],
            "uscc": "91330000MA0000000X",
            "sector": "C36",
            "size": "small",
            "founded_on": dt.date(2011, 4, 7),
            "capital_fen": 500_000_000,
            "advances_fen": 1_867_303_500,
            "core": firm.startswith("C"),
            "expected_growth": 0.05,
            "rating": None,
        }

    def names(self, firms: Sequence[str]) -> Mapping[str, str]:
        unknown = [firm for firm in firms if firm not in NAMES and not firm.startswith("X")]
        if unknown:
            raise NotFound(f"no firm {unknown[0]}")
        return {firm: NAMES.get(firm, firm) for firm in firms}

    def chains_of(self, firm: str) -> Sequence[Standing]:
        rows = [row for row in MEMBERS if row.id == firm]
        return [
            Standing(
                "C1",
                NAMES["C1"],
                row.direction,
                row.tier,
                row.limit_fen,
                row.reachable_fen,
                row.binding,
                row.absent,
            )
            for row in rows
        ]

    def partners(self, firm: str) -> tuple[Sequence[Partner], Sequence[Partner]]:
        if firm == "D1":
            return [], []
        buyers = [Partner("C1", NAMES["C1"], 400_000_000, 24, "2026-06-18")]
        suppliers = [
            Partner(f"X{i:03}", f"X{i:03}", 1_000_000 * (20 - i), 3, None) for i in range(15)
        ]
        return buyers, suppliers

    def directory(self) -> Directory:
        return DIRECTORY

    async def stress(self, firms: Sequence[str], channels: Sequence[str], who: str) -> str:
        self.asked.append((firms, channels))
        return "scenario-1"

    def scenario(self, scenario: str) -> Mapping[str, Any]:
        if scenario != "scenario-1":
            raise NotFound(f"no scenario {scenario}")
        rows = [
            {
                "id": "C1",
                "name": NAMES["C1"],
                "loss_fen": 30_000_000,
                "production_fen": 30_000_000,
                "payments_fen": 0,
                "loss_share": "1",
                "round": 0,
            },
            {
                "id": "S3",
                "name": NAMES["S3"],
                "loss_fen": 9_000_000,
                "production_fen": 8_200_000,
                "payments_fen": 800_000,
                "loss_share": "0.41",
                "round": 1,
            },
        ]
        rounds = [
            {"round": 0, "firms": 1, "loss_fen": 30_000_000, "largest": rows[:1]},
            {"round": 1, "firms": 134, "loss_fen": 9_000_000, "largest": rows[1:]},
            {"round": 2, "firms": 0, "loss_fen": 0, "largest": []},
        ]
        return {
            "scenario": scenario,
            "version": 3,
            "as_of": "2026-06-30",
            "parameters": {},
            "closed": [{"id": "C1", "name": NAMES["C1"]}],
            "others_fen": 9_000_000,
            "channels": ["production", "orders"],
            "rounds": rounds,
            "firms": rows,
            "loss_fen": 39_000_000,
        }
