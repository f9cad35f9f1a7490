"""
What a run found, read back: documents of a chain and of a firm, with their derivations.

A run is a folder of Parquet files and a `run.json`; it is opened once, kept in memory by column,
and never computed again. Trees are built on demand from the stored leaves, by the same formulas.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from app.limits.columns import chain_leaves, core_leaves, firm_leaves
from app.limits.facility import Facility, Origin
from app.limits.formulas import Case, Everywhere, Limit
from app.limits.index import Groups, Sorted
from app.limits.leaves import ChainLeaves, ClaimLeaves, CoreLeaves, MemberLeaves, PrepaidLeaves
from app.limits.nodes import ZERO, Node, Plain, Traced
from app.limits.relation import Relation
from app.limits.words import binding, document
from app.policy import Policy, load_policies
from graph.errors import NotFound

OPEN_MAX = 4
FILES = ("cores", "firms", "members", "claims", "prepaid", "passed", "belonging", "names")


@dataclass(frozen=True, slots=True)
class Head:
    """What every document of a run says first."""

    version: int
    as_of: str
    policy: str
    run: str

    def document(self) -> dict[str, Any]:
        """Return the head as a document."""
        return {
            "version": self.version,
            "as_of": self.as_of,
            "policy": self.policy,
            "run": self.run,
        }


class Results:
    """The results of one run, in memory, by column."""

    def __init__(self, folder: Path) -> None:
        facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        self.head = Head(facts["version"], facts["as_of"], facts["policy"], facts["run"])
        frames = {name: pl.read_parquet(folder / f"{name}.parquet") for name in FILES}
        self._policy = _policy(folder, facts["policy"])
        self._ids = frames["names"]["firm"].to_list()
        self._names = frames["names"]["name"].to_list()
        self._row_of = {firm: row for row, firm in enumerate(self._ids)}
        self._cores = {row["row"]: row for row in frames["cores"].iter_rows(named=True)}
        self._firm_at = {row: at for at, row in enumerate(frames["firms"]["row"])}
        self._firms = frames["firms"]
        self._members = Groups(frames["members"], "core")
        self._of_firm = Sorted(frames["members"].with_row_index("at"), "firm")
        self._claims = Groups(frames["claims"], "seller")
        self._prepaid = Sorted(frames["prepaid"], "buyer")
        self._passed = Sorted(frames["passed"], "taker")
        self._belonging = Groups(frames["belonging"], "firm")
        origin = Origin(self.head.version, self.head.run)
        plain, traced = Plain(self._policy), Traced(self._policy)
        self._figures: Limit[Decimal | None] = Limit(plain, origin)
        self._limits: Limit[Node] = Limit(traced, origin)
        self._bases: Relation[Node] = Relation(traced, origin)
        self._facilities: Facility[Node] = Facility(traced, origin)

    @property
    def cores(self) -> list[str]:
        """Return the ids of the cores of this run, in order."""
        return [self._ids[row] for row in self._cores]

    def name(self, firm: str) -> str:
        """Return the name of a firm."""
        return str(self._names[self._row(firm)])

    def facility(self, core: str) -> dict[str, Any] | None:
        """Return the facility of a chain as a document; None where it is absent."""
        head = self._core(core)
        if not head.has_facility:
            return None
        tree = self._facilities.facility(head)
        occupied = self._whole(self._facilities.occupied(head).value)
        limit = self._whole(tree.value)
        return {
            "limit_fen": limit,
            "occupied_fen": occupied,
            "reserved_fen": head.reserved_fen,
            "available_fen": max(0, limit - occupied - head.reserved_fen),
            "binding": binding(tree),
            "derivation": document(tree),
        }

    def why_no_facility(self, core: str) -> str | None:
        """Return why a chain has no facility; None where it has one."""
        tree = self._facilities.facility(self._core(core))
        return None if tree.value is not None else str(tree.source["reason"])

    def members(self, core: str) -> pl.DataFrame:
        """Return the members of a chain: id, name, direction, tier and results, by id."""
        rows = self._members.of(self._core_row(core))
        return rows.select(
            pl.col("firm").map_elements(self._ids.__getitem__, pl.String).alias("id"),
            pl.col("firm").map_elements(self._names.__getitem__, pl.String).alias("name"),
            "direction",
            "tier",
            "limit_fen",
            "reachable_fen",
            "binding",
            "absent",
        )

    def chains_of(self, firm: str) -> list[str]:
        """Return the cores in whose chains a firm stands, in order."""
        return [self._ids[row] for row in self._of_firm.of(self._row(firm))["core"].sort()]

    def firm(self, core: str, firm: str) -> dict[str, Any]:
        """
        Return the limit of a firm in a chain as a document, with its derivations.

        Raises:
            NotFound: There is no such core, or the firm does not stand in its chain.
        """
        core_row, firm_row = self._core_row(core), self._row(firm)
        stored = self._member(core_row, firm_row)
        result = {
            "limit_fen": stored["limit_fen"],
            "reachable_fen": stored["reachable_fen"],
            "binding": stored["binding"],
            "absent": stored["absent"],
        }
        if firm_row not in self._firm_at:
            return result | {"derivation": None, "reachable": None}
        tree, reachable = self.trees(core, firm)
        return result | {
            "derivation": None if stored["absent"] else document(tree),
            "reachable": document(reachable),
        }

    def trees(self, core: str, firm: str) -> tuple[Node, Node]:
        """Return the trees of the limit and of the reachable amount of a listed firm."""
        core_row, firm_row = self._core_row(core), self._row(firm)
        member = self._member_leaves(core_row, firm_row)
        leaves = firm_leaves(self._firms.row(self._firm_at[firm_row], named=True))
        head, chain = self._core(core), self._chain(core)
        facility = self._facility_fen(core_row)
        case = Case(leaves, member, head, chain)
        base = self._bases.base(member)
        tree = self._limits.limit(case, self._everywhere(firm_row), base, facility)
        return tree, self._limits.reachable(head, member, facility)

    def _everywhere(self, firm_row: int) -> Everywhere:
        documents, bases = {}, {}
        for row in self._of_firm.of(firm_row).iter_rows(named=True):
            core = row["core"]
            bases[self._ids[core]] = Decimal(row["base"])
            if row["held_fen"]:
                head = core_leaves(self._cores[core])
                held = MemberLeaves(head.core, "", row["held_fen"], 0)
                worth = self._figures.documents(head, held, self._facility_fen(core))
                documents[head.core] = worth or ZERO
        return Everywhere(documents, bases)

    def _member_leaves(self, core_row: int, firm_row: int) -> MemberLeaves:
        stored = self._member(core_row, firm_row)
        passed = self._passed.of(firm_row).filter(pl.col("core") == core_row)
        arrived: dict[str, int] = {}
        for giver, amount in passed.select("giver", "amount_fen").iter_rows():
            arrived[self._ids[giver]] = arrived.get(self._ids[giver], 0) + amount
        prepaid = self._prepaid.of(firm_row).filter(pl.col("core") == core_row)
        return MemberLeaves(
            core=self._ids[core_row],
            firm=self._ids[firm_row],
            held_fen=stored["held_fen"],
            loss_e12=stored["loss_e12"],
            claims=tuple(self._claim(row, core_row) for row in self._claim_rows(firm_row)),
            prepaid=tuple(
                PrepaidLeaves(self._ids[row["seller"]], row["purchases_fen"], row["chains"])
                for row in prepaid.iter_rows(named=True)
            ),
            arrived=arrived,
        )

    def _claim_rows(self, firm_row: int) -> Sequence[Mapping[str, int]]:
        return self._claims.of(firm_row).to_dicts()

    def _claim(self, row: Mapping[str, int], core_row: int) -> ClaimLeaves:
        shares = self._belonging.of(row["buyer"]).filter(pl.col("core") == core_row)
        columns = {name: row[name] for name in row if name.endswith("_fen")}
        share = int(shares["share_e12"][0]) if len(shares) else 0
        return ClaimLeaves(buyer=self._ids[row["buyer"]], **columns, belonging_e12=share)

    def _member(self, core_row: int, firm_row: int) -> dict[str, Any]:
        found = self._of_firm.of(firm_row).filter(pl.col("core") == core_row)
        if not len(found):
            raise NotFound(f"{self._ids[firm_row]} is not in the chain of {self._ids[core_row]}")
        return found.row(0, named=True)

    def _row(self, firm: str) -> int:
        if firm not in self._row_of:
            raise NotFound(f"no firm {firm!r} in version {self.head.version}")
        return self._row_of[firm]

    def _core_row(self, core: str) -> int:
        row = self._row(core)
        if row not in self._cores:
            raise NotFound(f"{core!r} is no core in version {self.head.version}")
        return row

    def _core(self, core: str) -> CoreLeaves:
        return core_leaves(self._cores[self._core_row(core)])

    def _chain(self, core: str) -> ChainLeaves:
        return chain_leaves(self._cores[self._core_row(core)])

    def _facility_fen(self, core_row: int) -> Decimal | None:
        written = self._cores[core_row]["facility"]
        return None if written is None else Decimal(written)

    @staticmethod
    def _whole(value: Decimal | None) -> int:
        return int(value or 0)


def _policy(folder: Path, version: str) -> Policy:
    for policy in load_policies(folder / "policy"):
        if policy.version == version:
            return policy
    raise NotFound(f"the run keeps no policy {version}")


@lru_cache(maxsize=OPEN_MAX)
def _opened(folder: Path) -> Results:
    return Results(folder)


def open_results(folder: Path) -> Results:
    """
    Return the results of a run; the last few opened stay in memory.

    Raises:
        NotFound: There is no finished run in the folder.
    """
    if not (folder / "run.json").is_file():
        raise NotFound(f"no finished run {folder.name}")
    found: Results = _opened(folder)
    return found
