"""What is hidden in an economy, written beside its files for those who test finders."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ingestion.demo.economy.tables import DemoTables


def write_truth(folder: Path, made: DemoTables, frames: Mapping[str, pl.DataFrame]) -> list[Path]:
    """Return the files of the truth, written: one CSV a kind and a manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, frame in frames.items():
        path = folder / f"{name}.csv"
        frame.write_csv(path)
        paths.append(path)
    manifest = folder / "manifest.json"
    written = json.dumps(_manifest(made, frames), ensure_ascii=False, indent=1, sort_keys=True)
    manifest.write_text(written + "\n", encoding="utf-8")
    return [*paths, manifest]


def hidden(made: DemoTables) -> dict[str, pl.DataFrame]:
    """Return what is hidden as tables."""
    ids, known = made.world.ids, made.register
    uses = _uses(made)
    return {
        "aliases": _frame(
            ("firm", "text", "kind", "declared", "rows"),
            [(ids[a.firm], a.text, a.kind, a.declared, uses.get(a.text, 0)) for a in known.aliases],
        ),
        "duplicates": _frame(
            ("firm", "second", "kind"),
            [(ids[firm], ids[second], kind) for firm, second, kind in known.doubles],
        ),
        "lookalikes": _frame(
            ("firm", "other"), [(ids[one], ids[other]) for one, other in known.alike]
        ),
        "circular_trades": _circles(made),
        "double_financed": _frame(("first", "second", "kind"), list(made.twice)),
        "nominee_groups": _nominees(made),
        "groups": _frame(
            ("head", "member"),
            [(ids[head], ids[each]) for head, members in made.ties.groups for each in members],
        ),
        "guarantee_rings": _frame(
            ("ring", "place", "firm"),
            [
                (number, place, ids[firm])
                for number, ring in enumerate(made.ties.rings)
                for place, firm in enumerate(ring)
            ],
        ),
        "coming_failures": _failures(made),
        "roles": _frame(
            ("firm", "tier"),
            [(ids[row], int(role)) for row, role in enumerate(made.world.role.tolist())],
        ),
    }


def _frame(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=list(names), orient="row", infer_schema_length=None)


def _uses(made: DemoTables) -> dict[str, int]:
    """Return how often every text stands in the invoices."""
    rows = made.frames["invoices"]
    both = pl.concat([rows["seller"], rows["buyer"].alias("seller")])
    counted = both.value_counts()
    return dict(zip(counted["seller"].to_list(), counted["count"].to_list(), strict=True))


def _circles(made: DemoTables) -> pl.DataFrame:
    """Return the invoices of circles with the circle they belong to."""
    ids = made.world.ids
    of = {ids[firm]: at for at, circle in enumerate(made.circles) for firm in circle.firms}
    rows = made.circle_invoices
    number = pl.Series([of[seller] for seller in rows["seller"].to_list()], dtype=pl.Int64)
    return rows.with_columns(circle=number).sort("circle", "issued_on", maintain_order=True)


def _nominees(made: DemoTables) -> pl.DataFrame:
    ids = made.world.ids
    rows = []
    for number, group in enumerate(made.ties.nominees):
        rows.append((number, ids[group.controller], "controller"))
        rows += [(number, ids[firm], "nominee") for firm in group.nominees]
        rows += [(number, ids[firm], "member") for firm in group.members]
    return _frame(("group", "firm", "part"), rows)


def _failures(made: DemoTables) -> pl.DataFrame:
    fates, end = made.world.fates, made.world.plan.end
    day = np.datetime64(end)
    return pl.DataFrame(
        {
            "firm": pl.Series(made.world.ids[fates.failing].tolist(), dtype=pl.String),
            "fails_on": pl.Series(day + fates.fails_after_days).cast(pl.Date),
            "drifts_from": pl.Series(day + fates.drifts_from_day).cast(pl.Date),
        }
    )


def _manifest(made: DemoTables, frames: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """Return sizes, counts and totals to check an import against."""
    plan = dataclasses.asdict(made.world.plan)
    invoices, claims = made.frames["invoices"], made.frames["receivables"]
    void = int((invoices["status"] == "void").sum())
    repeated = len(invoices) - invoices["number"].n_unique()
    valid = invoices.filter(pl.col("status") == "valid").unique("number")
    cents = valid["total_yuan"].str.replace(".", "", literal=True).cast(pl.Int64)
    return {
        "plan": {name: str(value) if name == "end" else value for name, value in plan.items()},
        "rows": {name: len(frame) for name, frame in made.frames.items()},
        "hidden": {name: len(frame) for name, frame in frames.items()},
        "invoices": {
            "used": len(valid),
            "void": void,
            "duplicate": repeated,
            "red": int((valid["kind"] == "red").sum()),
            "total_fen": int(cents.sum()),
        },
        "receivables": {
            "total_fen": int(claims["amount_fen"].sum()),
            "by_status": dict(sorted(claims["status"].value_counts().iter_rows())),
        },
        "outside": made.world.flows.outside,
    }
