"""
Print the figures of docs/demo.md: `demo_figures.py FOLDER HOME PAGE.md`.

FOLDER holds the raw files of `deeptier demo`, HOME the data folder into which they were read and
whose current version was refreshed. The page is rewritten from its marker on, its pictures beside.
"""

import gzip
import io
import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from app.chain.limits.results import MemberResult, Results, open_results

MARKER = "<!-- figures: everything below is written by tests/bench/demo_figures.py -->\n"
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
YUAN = 100
Floats = npt.NDArray[np.float64]


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table, numbers to the right."""
    lines = [f"| {' | '.join(heads)} |", "|---|" + "--:|" * (len(heads) - 1)]
    lines += [f"| {' | '.join(cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def spread(values: Floats) -> list[object]:
    return [float(each) for each in np.quantile(values, SHARES)]


SPREAD_HEADS = ("", "5 %", "25 %", "median", "75 %", "95 %", "most")


def csv(path: Path, encoding: str = "utf-8") -> pl.DataFrame:
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    return pl.read_csv(io.StringIO(raw.decode(encoding)), infer_schema_length=0)


def money(frame: pl.DataFrame, name: str) -> Floats:
    return frame[name].cast(pl.Float64).to_numpy()


def hill(degree: npt.NDArray[np.int64], tail: int) -> float:
    """Return the exponent of the density of a tail (Hill's estimator)."""
    ranked = np.sort(degree)[::-1].astype(np.float64)
    return float(1.0 + 1.0 / np.mean(np.log(ranked[:tail] / ranked[tail])))


def bars(path: Path, title: str, counts: Mapping[str, int]) -> None:
    """Write a small bar chart."""
    most, wide, left = max(counts.values(), default=1) or 1, 420, 110
    high = 22 * len(counts) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + wide + 70}" height="{high}">',
        f'<g font-family="sans-serif" font-size="12"><text x="4" y="16">{title}</text>',
    ]
    for at, (name, count) in enumerate(counts.items()):
        y, width = 26 + 22 * at, count / most * wide
        parts.append(
            f'<text x="{left - 6}" y="{y + 13}" text-anchor="end">{name}</text>'
            f'<rect x="{left}" y="{y}" width="{width:.1f}" height="16" fill="#3b6ea5"/>'
            f'<text x="{left + width + 5:.1f}" y="{y + 13}">{count:,}</text>'
        )
    path.write_text("".join([*parts, "</g></svg>\n"]), encoding="utf-8")


def sizes(folder: Path) -> str:
    manifest = json.loads((folder / "truth" / "manifest.json").read_text(encoding="utf-8"))
    rows = sorted(manifest["rows"].items())
    said = manifest["invoices"]
    lines = f"Of the invoices {said['used']:,} count ({said['red']:,} of them red letters), "
    lines += f"{said['void']:,} are void, {said['duplicate']:,} stand twice.\n"
    hidden = table(("hidden (truth/)", "rows"), sorted(manifest["hidden"].items()))
    return "\n".join([table(("table", "rows"), rows), lines, hidden])


def firms(folder: Path) -> str:
    """Return how large firms are, how they are rated, what they tell."""
    rows = csv(folder / "firms.csv")
    roles = csv(folder / "truth" / "roles.csv")
    told = rows.join(roles, on="firm").filter(pl.col("revenue_yuan").is_not_null())
    by_tier = [
        (name, *spread(money(told.filter(pl.col("tier") == tier), "revenue_yuan") / 1e6))
        for tier, name in (
            ("0", "cores"),
            ("1", "tier 1"),
            ("2", "tier 2"),
            ("3", "tier 3"),
            ("4", "tier 4"),
            ("5", "tier 5"),
            ("-1", "distributors 1"),
            ("-2", "distributors 2"),
        )
    ]
    grades = rows["rating"].fill_null("none").value_counts(sort=True)
    sized = rows["size"].value_counts(sort=True)
    stated = rows["revenue_yuan"].is_not_null().mean()
    coded = rows["uscc"].is_not_null().mean()
    return "\n".join(
        [
            "Revenue in million yuan, where it is told:\n",
            table(SPREAD_HEADS, by_tier),
            "Sizes: " + listed(sized) + ".\n",
            "Ratings: " + listed(grades) + ".\n",
            f"A statement is told by {stated:.0%} of the firms, {coded:.0%} have a code.\n",
        ]
    )


def listed(counts: pl.DataFrame) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.iter_rows())


def network(folder: Path, page: Path) -> str:
    """Return degrees, concentration, margins of trade of the last 365 days."""
    rows = csv(folder / "invoices.csv.gz").unique("number")
    last = str(rows["issued_on"].max())
    year = pl.col("issued_on").str.to_date() > pl.lit(last).str.to_date() - pl.duration(days=365)
    kept = rows.filter((pl.col("status") == "valid") & year)
    kept = kept.with_columns(yuan=pl.col("amount_yuan").cast(pl.Float64))
    pairs = kept.group_by("seller", "buyer").agg(pl.col("yuan").sum(), pl.len())
    sold = pairs.group_by("seller").agg(
        buyers=pl.len(), sales=pl.sum("yuan"), square=(pl.col("yuan") ** 2).sum()
    )
    bought = pairs.group_by("buyer").agg(suppliers=pl.len(), purchases=pl.sum("yuan"))
    both = sold.join(bought, left_on="seller", right_on="buyer").filter(pl.col("sales") > 1e6)
    many = sold["buyers"].cast(pl.Int64).to_numpy()
    from_many = bought["suppliers"].cast(pl.Int64).to_numpy()
    edges = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 10_000]
    counts = {
        f"{low}"
        if high == low + 1
        else f"{low} to {high - 1}"
        if high < 10_000
        else f"{low} on": int(((from_many >= low) & (from_many < high)).sum())
        for low, high in itertools.pairwise(edges)
    }
    bars(page.parent / "pictures" / "demo-suppliers.svg", "Firms by number of suppliers", counts)
    into, tail = hill(from_many, 400), hill(many, 400)
    sold = sold.filter(pl.col("sales") > 0)
    hhi = (sold["square"] / sold["sales"] ** 2).to_numpy()
    months = kept.group_by(pl.col("issued_on").str.slice(0, 7).alias("month")).agg(
        pl.sum("yuan") / 1e9, pl.len()
    )
    return "\n".join(
        [
            table(
                SPREAD_HEADS,
                [
                    ("buyers of a firm", *spread(many)),
                    ("suppliers of a firm", *spread(from_many)),
                    ("HHI of a firm's buyers", *spread(hhi)),
                    ("purchases / sales", *spread((both["purchases"] / both["sales"]).to_numpy())),
                    ("a pair's year, thousand yuan", *spread(pairs["yuan"].to_numpy() / 1e3)),
                    ("a pair's invoices", *spread(pairs["len"].cast(pl.Float64).to_numpy())),
                ],
            ),
            f"Tails (Hill, 400 largest): suppliers {into:.2f}, buyers {tail:.2f}.\n",
            "![Firms by number of suppliers](pictures/demo-suppliers.svg)\n",
            table(
                ("month", "billion yuan", "invoices"),
                [(month, worth, count) for month, worth, count in months.sort("month").iter_rows()],
            ),
        ]
    )


def claims(folder: Path) -> str:
    rows = csv(folder / "receivables.csv")
    late = (pl.col("paid_on").str.to_date() - pl.col("due_on").str.to_date()).dt.total_days()
    paid = rows.filter(pl.col("status") == "paid").with_columns(late=late)
    failing = csv(folder / "truth" / "coming_failures.csv")["firm"]
    weak = paid.filter(pl.col("buyer").is_in(failing.to_list())).with_columns(
        quarter=pl.col("due_on").str.slice(0, 4)
        + " Q"
        + ((pl.col("due_on").str.slice(5, 2).cast(pl.Int32) + 2) // 3).cast(pl.String)
    )
    drift = weak.group_by("quarter").agg(pl.col("late").mean(), pl.len()).sort("quarter")
    return "\n".join(
        [
            "Receivables by status: " + listed(rows["status"].value_counts(sort=True)) + ".\n",
            table(SPREAD_HEADS, [("days paid after due", *spread(paid["late"].to_numpy()))]),
            "Days paid after due by firms that will fail:\n",
            table(("due in", "mean days", "rows"), drift.iter_rows()),
        ]
    )


def chains(results: Results, folder: Path) -> str:
    """Return facilities by what decides, sizes of chains, losses when a core fails."""
    decided: Counter[str] = Counter()
    facility, room, scarce = [], [], 0
    for core in results.cores:
        found = results.facility(core)
        decided[found["binding"] if found else f"absent: {results.why_no_facility(core)}"] += 1
        if found:
            facility.append(found["limit_fen"] / YUAN / 1e6)
            room.append(found["available_fen"] / YUAN / 1e6)
            scarce += found["occupied_fen"] > found["limit_fen"]
    lost = pl.read_parquet(folder / "losses.parquet").with_columns(
        loss=pl.col("loss_e12").cast(pl.Float64) / 1e12
    )
    hurt = lost.group_by("core").agg(
        whole=pl.sum("loss"), badly=(pl.col("loss") > 0.3).sum().cast(pl.Float64)
    )
    return "\n".join(
        [
            table(("a facility is decided by", "cores"), sorted(decided.items())),
            table(
                SPREAD_HEADS,
                [
                    ("facility, million yuan", *spread(np.array(facility))),
                    ("room left, million yuan", *spread(np.array(room))),
                    (
                        "production lost when it fails, whole firms",
                        *spread(hurt["whole"].to_numpy()),
                    ),
                    ("firms that lose more than 30 %", *spread(hurt["badly"].to_numpy())),
                ],
            ),
            f"{scarce} cores owe more on papers than the facility holds: these shrink.\n",
        ]
    )


def limits(results: Results, page: Path) -> str:
    """Return limits by tier, by what decides, by kind."""
    found: list[MemberResult] = []
    held = []
    for core in results.cores:
        members = results.members(results.order(core))
        found += members
        held.append(float(sum(member.absent is None for member in members)))
    told = [member for member in found if member.limit_fen is not None]
    positive = [member for member in told if member.limit_fen]
    rows = []
    for direction in ("up", "down"):
        for tier in range(1, 6):
            here = [m for m in told if m.direction == direction and m.tier == tier]
            some = [int(m.limit_fen or 0) / YUAN / 1e3 for m in here if m.limit_fen]
            if some:
                middle, high = np.quantile(some, [0.5, 0.95])
                rows.append(
                    (f"{direction} {tier}", len(here), len(some), float(middle), float(high))
                )
    decided = Counter(str(member.binding) for member in positive)
    edges = [1, 1e3, 1e4, 1e5, 1e6, 5e6, 1e7, 2e7 + 1]
    names = ["to 1,000", "to 10,000", "to 100,000", "to 1 m", "to 5 m", "to 10 m", "to 20 m"]
    worth = np.array([int(m.limit_fen or 0) / YUAN for m in positive])
    counts, _ = np.histogram(worth, edges)
    shown = {"nothing": len(told) - len(positive)} | {
        name: int(count) for name, count in zip(names, counts, strict=True)
    }
    bars(page.parent / "pictures" / "demo-limits.svg", "Limits of firms in chains, yuan", shown)
    return "\n".join(
        [
            table(SPREAD_HEADS, [("listed firms of a chain", *spread(np.array(held)))]),
            table(("a limit above nothing is decided by", "limits"), decided.most_common()),
            table(("", "limits", "above nothing", "median, 1,000 yuan", "95 %"), rows),
            "![Limits of firms in chains](pictures/demo-limits.svg)\n",
        ]
    )


def main() -> None:
    folder, home, page = (Path(each) for each in sys.argv[1:4])
    run = max((home / "runs").iterdir(), key=lambda path: path.stat().st_mtime)
    results = open_results(run)
    told = page.read_text(encoding="utf-8").partition(MARKER)[0]
    parts = [
        "## Sizes\n",
        sizes(folder),
        "## Firms\n",
        firms(folder),
        "## Trade\n",
        network(folder, page),
        "## Claims\n",
        claims(folder),
        "## Chains and facilities\n",
        chains(results, run),
        "## Limits\n",
        limits(results, page),
    ]
    page.write_text(told + MARKER + "\n" + "\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
