"""What the pages read, from the run that is served, its network, its store and its scenarios."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pyarrow as pa
from anyio import to_thread

from app.chain.chains.picture import Picture as Chain
from app.chain.chains.picture import picture_of
from app.chain.firms.service import firm_document
from app.chain.limits.documents import results_of
from app.chain.limits.shown import UNSEEN, Shown
from app.data.versions.networks import network_of
from app.data.versions.service import Asked, documents
from app.pages.directory import COLUMNS, Directory
from app.pages.reading import Document, Facility, Partner, Standing
from app.platform.auth.sight import NOTHING, Sight
from app.platform.deps import Resources
from app.platform.process.kept import Kept
from app.platform.web.charts import INK, Flow, Group, grade_of
from app.risk.stress.schemas import closure
from app.risk.stress.service import read_scenario
from app.risk.stress.workbench import Workbench, name_of
from graph.errors import NotFound
from graph.model import FirmId, Trade
from graph.network import Network
from graph.stores.base import Reader

TRADES_MAX = 5000
DIRECTORIES_BYTES_MAX = 128 * 2**20  # The last one stays, whatever its size.
FACILITY_BYTES, GROUP_BYTES, FLOW_BYTES = 700, 160, 240
UP = "up"
Picture = tuple[Sequence[Group], Sequence[Flow]]


class StoredReading:
    """Reads what was computed; nothing here computes a limit."""

    def __init__(
        self,
        resources: Resources,
        asked: Asked | None = None,
        sight: Sight = NOTHING,
        *,
        directories: Kept[Directory] | None = None,
        workbench: Workbench | None = None,
    ) -> None:
        self._resources = resources
        self._workbench = workbench or Workbench(resources.settings.threads)
        self._asked = asked or Asked()
        self._sight = sight
        if directories is None:
            directories = Kept(DIRECTORIES_BYTES_MAX, lambda each: each.bytes, count_min=1)
        self._directories = directories

    def at(self, asked: Asked, sight: Sight) -> "StoredReading":
        """Return the same of a version, as a reader sees it; what is kept is shared."""
        return StoredReading(
            self._resources, asked, sight, directories=self._directories, workbench=self._workbench
        )

    def versions(self) -> Sequence[Document]:
        """Return every published version, oldest first."""
        return documents(self._resources, self._sight)

    def _results(self) -> Shown:
        return results_of(self._resources, self._asked, self._sight)

    def _reader(self) -> Reader:
        return self._resources.store.reader(self._results().head.version)

    def facilities(self) -> Sequence[Facility]:
        """Return every chain with its facility."""
        results = self._results()
        kept = self._resources.shelf("facilities", 1 / 16, _bytes_of_list)
        return kept.made(
            (results.head.run, self._sight),
            lambda: [_facility(results, core) for core in results.cores],
        )

    def head(self) -> Document:
        """Return version, as-of date, policy and run of what is shown."""
        return self._results().head.document()

    def chain(self, core: str) -> Document:
        """Return a chain's document: core, facility, absent, tiers."""
        results = self._results()
        return {
            "core": {"id": core, "name": results.name(core)},
            **results.head.document(),
            "facility": results.facility(core),
            "absent": results.why_no_facility(core),
            "data_credit_factor": results.data_credit_factor,
            "tiers": results.tiers(core),
        }

    def members(self, core: str) -> Sequence[Standing]:
        """Return every firm of a chain that the reader knows by name; its grade is the bank's."""
        results = self._results()
        members, _ = results.members(core)
        if not self._sight.is_whole:
            return [Standing(**each.document()) for each in members]
        grades = self._grades(results, [each.id for each in members])
        return [
            Standing(**each.document(), grade=grade)
            for each, grade in zip(members, grades, strict=True)
        ]

    def _grades(self, results: Shown, firms: Sequence[str]) -> Sequence[str]:
        network = network_of(self._resources, results.head.version)
        ratings = network.column("rating").take(pa.array(network.rows(list(firms))))
        return [grade_of(rating) for rating in ratings.to_pylist()]

    def limit(self, core: str, firm: str) -> Document:
        """Return the document of one limit, with its derivations."""
        return self._results().firm(core, firm)

    def picture(self, core: str) -> Picture:
        """Return the firms of a chain by tier and grade, and the trade between these groups."""
        results = self._results()
        if not self._sight.is_whole:
            return by_tier(picture_of(self._resources, core, self._asked, self._sight))

        def draw() -> Picture:
            network = network_of(self._resources, results.head.version)
            members, _ = results.members(core)
            where = {each.id: _column(each.direction, each.tier) for each in members}
            return grouped(network, {**where, core: 0})

        kept = self._resources.shelf("drawings", 1 / 16, _bytes_of_picture)
        return kept.made((results.head.run, core), draw)

    def firm(self, firm: str) -> Document:
        """Return what is known of a firm: its attributes."""
        return firm_document(self._reader(), firm, self._sight)

    def names(self, firms: Sequence[str]) -> Mapping[str, str]:
        """Return the names of firms."""
        results = self._results()
        return {firm: results.name(firm) for firm in firms}

    def chains_of(self, firm: str) -> Sequence[Standing]:
        """Return the chains a firm stands in; `id` and `name` are the core's."""
        results = self._results()
        found = []
        for core in results.chains_of(firm):
            member = results.member(core, firm).document()
            found.append(Standing(**{**member, "id": core, "name": results.name(core)}))
        found.sort(key=lambda row: -(row.limit_fen or 0))
        return found

    def partners(self, firm: str) -> tuple[Sequence[Partner], Sequence[Partner]]:
        """Return the buyers and the suppliers of a firm, largest first."""
        trades = self._reader().trades_of(FirmId(firm), size=TRADES_MAX)
        sold = [t for t in trades if t.supplier == firm and t.buyer != firm]
        bought = [t for t in trades if t.buyer == firm and t.supplier != firm]
        return self._named(sold, "buyer"), self._named(bought, "supplier")

    def _named(self, trades: Sequence[Trade], end: str) -> Sequence[Partner]:
        results = self._results()
        found = [
            Partner(
                id=getattr(trade, end),
                name=results.name(getattr(trade, end)),
                amount_fen=trade.amount_fen,
                count=trade.count,
                last_on=trade.last_on.isoformat(),
            )
            for trade in trades
            if trade.count
        ]
        return sorted(found, key=lambda partner: (-partner.amount_fen, partner.id))

    def directory(self) -> Directory:
        """Return all firms of the version with their standings, made once a run; the bank's."""
        if not self._sight.is_whole:
            raise NotFound(UNSEEN)
        results = self._results()

        def make() -> Directory:
            firms = pl.DataFrame(pl.from_arrow(self._reader().columns("firms", list(COLUMNS))))
            return Directory(firms, results.standings(), results.cores)

        return self._directories.made(results.head.run, make)

    async def stress(self, firms: Sequence[str], channels: Sequence[str], who: str) -> str:
        """Return the id of the scenario in which these firms fail, computed where it is new."""
        results = await to_thread.run_sync(self._results)
        scenario, version = closure(firms, channels), results.head.version
        return await name_of(self._workbench, self._resources, scenario, version=version, who=who)

    def scenario(self, scenario: str) -> Document:
        """Return the document of a scenario."""
        return read_scenario(self._resources.runs / "scenarios", scenario)


def _bytes_of_list(facilities: Sequence[Facility]) -> int:
    return FACILITY_BYTES * (1 + len(facilities))


def _bytes_of_picture(picture: Picture) -> int:
    groups, flows = picture
    return GROUP_BYTES * (1 + len(groups)) + FLOW_BYTES * len(flows)


def _facility(results: Shown, core: str) -> Facility:
    document = results.facility(core) or {}
    figures = {
        name: document.get(name)
        for name in ("limit_fen", "occupied_fen", "reserved_fen", "available_fen", "binding")
    }
    return Facility(
        core=core,
        name=results.name(core),
        firms=results.size(core),
        absent=results.why_no_facility(core),
        **figures,
    )


def _column(direction: str, tier: int) -> int:
    return -tier if direction == UP else tier


def by_tier(picture: Chain) -> Picture:
    """Return one group a tier, without a grade, and the trade of each tier with the one nearer."""
    groups, flows = [Group(0, INK, 1)], []
    for each in picture.tiers:
        column = _column(each.direction, each.tier)
        near = _column(each.direction, each.tier - 1)
        ends = (column, near) if each.direction == UP else (near, column)
        groups.append(Group(column, INK, each.firms))
        flows.append(Flow((ends[0], INK), (ends[1], INK), each.amount_fen))
    return groups, flows


def grouped(network: Network, columns: Mapping[str, int]) -> Picture:
    """
    Return firms by column and grade, and the trade between groups in neighbouring columns.

    Args:
        network: The network of the version.
        columns: Where each firm of the chain stands: the core at 0, suppliers below.
    """
    rows = np.array(network.rows(list(columns)), np.int64)
    at = np.array(list(columns.values()), np.int64)
    ratings = network.column("rating").take(pa.array(rows)).to_pylist()
    members = pl.DataFrame(
        {"row": rows, "column": at, "grade": [grade_of(rating) for rating in ratings]}
    )
    counted = members.group_by("column", "grade").len().sort("column", "grade")
    groups = [Group(column, grade, firms) for column, grade, firms in counted.iter_rows()]
    starts, ends = network.out_indptr[rows], network.out_indptr[rows + 1]
    edges = np.concatenate(
        [np.arange(a, b) for a, b in zip(starts, ends, strict=True)] or [np.empty(0, np.int64)]
    )
    trades = pl.DataFrame(
        {
            "row": np.repeat(rows, ends - starts),
            "buyer": network.out_indices[edges].astype(np.int64),
            "amount_fen": network.out_amount_fen[edges],
        }
    )
    flows = (
        trades.join(members, on="row")
        .join(members.rename({"row": "buyer"}), on="buyer", suffix="_to")
        .filter(pl.col("column_to") == pl.col("column") + 1)
        .group_by("column", "grade", "column_to", "grade_to")
        .agg(pl.col("amount_fen").sum())
        .sort("column", "grade", "column_to", "grade_to")
    )
    return groups, [Flow((a, b), (c, d), amount) for a, b, c, d, amount in flows.iter_rows()]
