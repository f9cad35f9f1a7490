"""
All firms of a version: found by text, filtered by facets with counts, a page at a time.

A facet's counts are those of the firms that pass all other filters, so that each says how many
one would see. Tier and core are about the same standing: with a core chosen, tiers are those in
its chain. Firms that are known as counterparties only are hidden by default, and counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from app.chain.limits.shown import UNSEEN, Shown
from app.platform.deps import Resources
from app.platform.process.kept import Kept
from app.platform.web.charts import grade_of
from app.platform.web.pinyin import could_be_initials, initials
from app.platform.web.texts import division_of
from graph.errors import NotFound
from graph.stores.rows import FIELD_END, fold, search_text

FACETS = ("region", "sector", "grade")
TIER, CORE = "tier", "core"
IN_NO_CHAIN, IS_CORE = "none", "core"
SORTS = ("match", "name", "sector", "region", "grade", "nearest", "kind", "chains", "limit")
UNKNOWN = "-"
COLUMN_OF = {"sector": "division"}
COLUMNS = ("firm", "name", "uscc", "sector", "region", "rating", "listed", "aliases")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: a text, a value for some facets, counterparties too or not."""

    text: str = ""
    facets: Mapping[str, str] = field(default_factory=dict)
    counterparties: bool = False


@dataclass(frozen=True, slots=True)
class DirectoryFirm:
    """A firm as it stands in the directory; `place` is that of its nearest standing."""

    id: str
    name: str
    sector: str | None
    region: str | None
    grade: str
    core: bool
    listed: bool
    chains: int
    place: str | None
    limit_fen: int | None


class Directory:
    """The firms of a version and where they stand, made ready to be searched."""

    def __init__(self, firms: pl.DataFrame, standings: pl.DataFrame, cores: Sequence[str]) -> None:
        """
        Make a directory.

        Args:
            firms: A row a firm with `COLUMNS`.
            standings: A row a firm in a chain: `core`, `firm`, `direction`, `tier`, `limit_fen`.
            cores: The ids of the cores.
        """
        grades = {rating: grade_of(rating) for rating in firms["rating"].unique()}
        known = (
            firms.select(COLUMNS)
            .with_columns(core=pl.col("firm").is_in(list(cores)))
            .with_row_index("row")
        )
        self._places = _places(known, standings)
        self._firms = known.with_columns(
            grade=pl.Series([grades[rating] for rating in known["rating"]], dtype=pl.String),
            division=pl.Series([division_of(code) for code in known["sector"]], dtype=pl.String),
            initials=initials(known["name"]),
            text=pl.Series(
                [search_text(row) for row in known.iter_rows(named=True)], dtype=pl.String
            ),
        ).join(_sums(self._places), on="row", how="left", maintain_order="left")

    @property
    def bytes(self) -> int:
        """Return what the directory takes in memory."""
        return int(self._firms.estimated_size() + self._places.estimated_size())

    def count(self, wanted: Wanted) -> tuple[int, int]:
        """Return how many firms pass, and how many more are hidden as counterparties only."""
        whole = self._passing(wanted)["listed"]
        listed = int(whole.sum())
        return (len(whole), 0) if wanted.counterparties else (listed, len(whole) - listed)

    def find(
        self,
        wanted: Wanted,
        *,
        sort: str,
        descending: bool = False,
        start: int = 0,
        size: int | None = None,
    ) -> Sequence[DirectoryFirm]:
        """
        Return a page of the firms that pass, in order.

        Args:
            wanted: Text and filters.
            sort: One of `SORTS`; `match` has equal fields first, then beginnings, last of all those
                that only their initials find.
            descending: Largest first; firms without a value come last either way.
            start: Place of the first firm of the page.
            size: Firms of a page; all that are left by default.
        """
        found = self._passing(wanted).filter(_shown(wanted))
        ordered = found.sort(
            *_order(fold(wanted.text), sort),
            descending=[descending and sort != "match", False, False],
            nulls_last=True,
        )
        return [_listed(row) for row in ordered.slice(start, size).iter_rows(named=True)]

    def facets(self, wanted: Wanted) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Return every facet's values with the number of firms that each would show."""
        shown = self._firms.filter(_contains(wanted.text), _shown(wanted))
        standing = pl.col("row").is_in(self._standing(wanted.facets).implode())
        counts: dict[str, Sequence[tuple[str, int]]] = {}
        for name in FACETS:
            others = [_passes(each, wanted.facets) for each in FACETS if each != name]
            column = pl.col(COLUMN_OF.get(name, name)).fill_null(UNKNOWN).alias("value")
            counts[name] = _counted(shown.filter(standing, *others).group_by(column).len())
        rows = shown.filter(*(_passes(each, wanted.facets) for each in FACETS))["row"].implode()
        for name in (TIER, CORE):
            places = self._standings(wanted.facets, without=name).filter(pl.col("row").is_in(rows))
            pairs = places.filter(pl.col(name) != "").select("row", value=name).unique()
            counts[name] = _counted(pairs.group_by("value").len())
        return counts

    def values(self, column: str) -> Sequence[tuple[str, int]]:
        """Return the values of a column as they are stated, with their firms, the most first."""
        stated = self._firms.filter(pl.col(column).is_not_null())
        return _counted(stated.group_by(value=pl.col(column)).len())

    def matching(self, text: str) -> frozenset[str]:
        """Return the ids of the firms that a text finds, counterparties too."""
        return frozenset(self._firms.filter(_contains(text))["firm"])

    def _passing(self, wanted: Wanted) -> pl.DataFrame:
        return self._firms.filter(
            _contains(wanted.text),
            pl.col("row").is_in(self._standing(wanted.facets).implode()),
            *(_passes(name, wanted.facets) for name in FACETS),
        )

    def _standing(self, facets: Mapping[str, str]) -> pl.Series:
        """Return the rows of the firms that stand in the tier and the core's chain."""
        return self._standings(facets)["row"].unique()

    def _standings(self, facets: Mapping[str, str], *, without: str = "") -> pl.DataFrame:
        chosen = {n: facets[n] for n in (TIER, CORE) if n != without and facets.get(n)}
        return self._places.filter(*(pl.col(name) == value for name, value in chosen.items()))


BYTES_MAX = 128 * 2**20  # Of all that are kept; the last one stays, whatever its size.
KEPT: Kept[Directory] = Kept(BYTES_MAX, lambda each: each.bytes, count_min=1)


def directory_of(resources: Resources, results: Shown) -> Directory:
    """
    Return the firms of a run's version with their standings, made once a run; the bank's.

    Raises:
        NotFound: The reader may not see all of them.
    """
    if not results.sight.is_whole:
        raise NotFound(UNSEEN)

    def make() -> Directory:
        """Return the directory, read from the version that the results are of."""
        reader = resources.store.reader(results.head.version)
        firms = pl.DataFrame(pl.from_arrow(reader.columns("firms", list(COLUMNS))))
        return Directory(firms, results.standings(), results.cores)

    return KEPT.made((resources.runs, results.head.run), make)


def _contains(text: str) -> pl.Expr:
    folded = fold(text)
    inside = pl.col("text").str.contains(folded, literal=True)
    if not could_be_initials(folded):
        return inside
    return inside | pl.col("initials").str.contains(folded, literal=True)


def _shown(wanted: Wanted) -> pl.Expr:
    return pl.col("listed") | wanted.counterparties


def _passes(name: str, facets: Mapping[str, str]) -> pl.Expr:
    value, column = facets.get(name), pl.col(COLUMN_OF.get(name, name))
    if not value:
        return pl.lit(value=True)
    return column.fill_null(UNKNOWN) == value


def _counted(counted: pl.DataFrame) -> Sequence[tuple[str, int]]:
    """Return values with their counts, the most first."""
    rows = counted.sort("len", "value", descending=[True, False]).rows()
    return [(str(value), int(number)) for value, number in rows]


def _places(firms: pl.DataFrame, standings: pl.DataFrame) -> pl.DataFrame:
    """Return where each firm stands: in chains, as a core, or nowhere."""
    rows = firms.select("row", "firm")
    inside = standings.join(rows, on="firm").select(
        "row",
        "core",
        "limit_fen",
        tier=pl.col("direction") + pl.col("tier").cast(pl.String),
        near=pl.col("tier").cast(pl.Int64) * 2 + (pl.col("direction") != "up"),
    )
    kinds = {"limit_fen": pl.lit(None, pl.Int64), "near": pl.lit(0, pl.Int64)}
    as_core = firms.filter("core").select("row", core="firm", tier=pl.lit(IS_CORE), **kinds)
    known = pl.concat([inside["row"], as_core["row"]]).implode()
    nowhere = rows.filter(~pl.col("row").is_in(known)).select(
        "row", core=pl.lit(""), tier=pl.lit(IN_NO_CHAIN), **kinds
    )
    columns = ["row", "core", "tier", "limit_fen", "near"]
    return pl.concat([each.select(columns) for each in (inside, as_core, nowhere)])


def _sums(places: pl.DataFrame) -> pl.DataFrame:
    """Return of each firm its chains, the nearest of its places, and its limits together."""
    return (
        places.filter(pl.col("near") > 0)
        .sort("near", "core", maintain_order=True)
        .group_by("row", maintain_order=True)
        .agg(
            chains=pl.len().cast(pl.Int64),
            place=pl.col("tier").first(),
            near=pl.col("near").first(),
            limit_fen=pl.when(pl.col("limit_fen").is_not_null().any()).then(
                pl.col("limit_fen").sum()
            ),
        )
    )


def _order(text: str, sort: str) -> list[pl.Expr]:
    """Return what the firms are sorted by, and what decides between equal ones."""
    field = FIELD_END + text
    rank = (
        pl.when(pl.col("text").str.contains(field + FIELD_END, literal=True))
        .then(0)
        .when(pl.col("text").str.contains(field, literal=True))
        .then(1)
        .when(pl.col("text").str.contains(text, literal=True))
        .then(2)
        .otherwise(3)
    )
    kind = pl.when(pl.col("core")).then(0).when(~pl.col("listed")).then(1)
    column = {"nearest": "near", "limit": "limit_fen", **COLUMN_OF}.get(sort, sort)
    first = {"match": rank, "kind": kind}.get(sort, pl.col(column))
    return [first, pl.col("name") if sort != "match" else pl.col("firm"), pl.col("row")]


def _listed(row: Mapping[str, object]) -> DirectoryFirm:
    known = {name: row[name] for name in DirectoryFirm.__slots__ if name in row}
    return DirectoryFirm(**{**known, "id": row["firm"], "chains": row["chains"] or 0})  # type: ignore[arg-type]  # The frame's kinds are those of the row.
