"""`analyse esri`: what each closure or shock costs in production."""

from collections.abc import Callable, Iterator
from typing import cast

import numpy as np
import polars as pl

from app.analyse.options import Answer, Columns, Step
from app.analyse.options import Esri as Options
from app.analyse.tables import Codes, Column, Desk, Sheet, firms_of, shocks_of, table, trades_of
from graph.contagion import (
    EXACT,
    Economy,
    Production,
    Rules,
    Scenarios,
    bracket,
    esri,
    losses,
    prepare,
)
from graph.contagion.economy import TOLERANCE, DeadSector
from graph.contagion.running import Precision
from graph.errors import InvalidInput, NotFound


def run(options: Options, desk: Desk, step: Step) -> Answer:
    """Return the index of every closure or scenario, one row each."""
    firms, codes = firms_of(
        desk,
        options.firms,
        Column("sector", "code", empty=True),
        *(Column(name, "amount", needed=False, empty=True) for name in ("revenue", "cost")),
        Column("weight", "amount", needed=False),
        Column("market", "code", needed=False, empty=True),
    )
    method = options.method or ("fixed-point" if "revenue" in firms else "rounds")
    trades = trades_of(desk, options.trades, codes)
    economy = _economy(options, desk, firms, trades)
    production = prepare(economy, replaceability=options.replaceability)
    kind, names, scenarios = _scenarios(options, desk, codes)
    done = 0

    def progress(more: int) -> None:
        nonlocal done
        done += more
        step("closures", done / max(1, len(scenarios)))

    facts = {"method": method, "firms": len(codes), "trades": len(trades)}
    if method == "rounds":
        rules = _rules(options)
        columns, more = _by_rounds(options, production, scenarios, rules, progress)
    else:
        rules = EXACT
        columns, more = _at_fixed_point(options, production, scenarios, progress)
    facts |= {"denominators": production.denominators, **_facts(options, columns["esri"]), **more}
    return Answer(
        {kind: names, **table(**columns)},
        {"analysis": "esri", **facts},
        _losses(options, production, scenarios, names, codes, rules) if options.losses else None,
    )


def _rules(options: Options) -> Rules:
    tolerance = TOLERANCE if options.tolerance is None else options.tolerance
    return Rules(tolerance, options.rounds_max, cast("DeadSector", options.dead_sector))


def _by_rounds(
    options: Options,
    production: Production,
    scenarios: Scenarios,
    rules: Rules,
    progress: Callable[[int], None],
) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    found = esri(
        production,
        scenarios,
        rules=rules,
        precision=cast("Precision", options.precision),
        threads=options.threads,
        progress=progress,
    )
    columns = {"esri": found.total, "esri_downstream": found.down, "esri_upstream": found.up}
    facts: dict[str, object] = {
        "tolerance": rules.tolerance,
        "rounds_max": rules.rounds_max,
        "dead_sector": rules.dead_sector,
        "precision": options.precision,
        "relative_error_max": found.relative_error_max,
    }
    return {**columns, "rounds": found.rounds}, facts


def _at_fixed_point(
    options: Options,
    production: Production,
    scenarios: Scenarios,
    progress: Callable[[int], None],
) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    if options.precision != "double" or options.dead_sector != "one":
        raise InvalidInput("fixed-point knows --precision double and --dead-sector one only")
    width = 1.0 if options.tolerance is None else options.tolerance
    found = bracket(production, scenarios, width=width, threads=options.threads, progress=progress)
    columns = {
        "esri": found.total,
        "esri_downstream": found.down,
        "esri_upstream": found.up,
        "rounds": found.rounds,
        "lower": found.lower,
        "upper": found.upper,
        "exact": found.exact,
    }
    facts: dict[str, object] = {
        "width_asked": width,
        "width_max": float(np.max(found.width, initial=0.0)),
        "exact": int(found.exact.sum()),
    }
    return columns, facts


def _economy(options: Options, desk: Desk, firms: Sheet, trades: Sheet) -> Economy:
    sectors = Codes.of("sector", firms.texts("sector"))
    ends = trades.wholes("supplier_row"), trades.wholes("buyer_row")
    amounts = trades.floats("amount")
    numbers = _numbers(firms, "sector", sectors)
    return Economy(
        len(firms),
        *ends,
        amounts,
        classes=_classes(options, desk, sectors, (numbers[ends[0]], numbers[ends[1]])),
        sectors=numbers,
        markets=_markets(firms),
        revenue=_stated(desk, firms, "revenue", np.bincount(ends[0], amounts, len(firms))),
        cost=_stated(desk, firms, "cost", np.bincount(ends[1], amounts, len(firms))),
        weights=firms.floats("weight") if "weight" in firms else None,
    )


def _numbers(firms: Sheet, column: str, codes: Codes) -> np.ndarray:
    numbers = firms.frame[column].replace_strict(codes.places, default=None, return_dtype=pl.Int64)
    return np.asarray(numbers.fill_null(-1).to_numpy())


def _markets(firms: Sheet) -> np.ndarray | None:
    if "market" not in firms:
        return None
    return _numbers(firms, "market", Codes.of("market", firms.texts("market")))


def _stated(desk: Desk, firms: Sheet, column: str, inside: np.ndarray) -> np.ndarray | None:
    """Return a stated total; a firm that states none has what it trades inside."""
    if column not in firms:
        return None
    stated = firms.floats(column)
    if silent := int(np.isnan(stated).sum()):
        desk.notes.append(f"{firms.file}: {silent} firms state no {column}: their trades count")
    nothing = pl.Series((stated == 0) & (inside > 0))
    if nothing.any():
        desk.keep_going = False  # The firm's trades are read: it cannot be left out any more.
        desk.refuse(firms, nothing, column, f"a firm that trades has a {column} above 0")
    return np.where(np.isnan(stated), inside, stated)


def _classes(
    options: Options, desk: Desk, sectors: Codes, ends: tuple[np.ndarray, np.ndarray]
) -> np.ndarray | None:
    """Return the class of every trade; sectors that no firm has are no fault."""
    if options.essential is None:
        return None
    sheet = desk.sheet(
        options.essential,
        Column("supplier_sector", "code"),
        Column("buyer_sector", "code"),
        Column("class", "class"),
    ).once("supplier_sector", "buyer_sector", reason="the pair stands twice")
    listed = {
        (sectors.places.get(supplier, -1), sectors.places.get(buyer, -1)): int(kind)
        for supplier, buyer, kind in sheet.frame.select(
            "supplier_sector", "buyer_sector", "class"
        ).iter_rows()
    }
    width = len(sectors) + 1
    keys, place = np.unique((ends[0] + 1) * width + ends[1] + 1, return_inverse=True)
    known = [
        listed.get((int(key) // width - 1, int(key) % width - 1), 0)
        if key >= width and key % width
        else 0
        for key in keys
    ]
    return np.array(known, np.int64)[place] if len(keys) else np.zeros(0, np.int64)


def _scenarios(options: Options, desk: Desk, codes: Codes) -> tuple[str, list[str], Scenarios]:
    if options.shocks is None:
        wanted = set(options.close)
        if unknown := [firm for firm in options.close if firm not in codes.places]:
            raise NotFound(f"--close {unknown[0]}: no such firm in the firms file")
        rows = [row for row, firm in enumerate(codes.names) if not wanted or firm in wanted]
        return "firm", [codes.names[row] for row in rows], Scenarios.alone(rows)
    shocks = shocks_of(
        desk,
        options.shocks,
        codes,
        Column("loss_downstream", "share"),
        Column("loss_upstream", "share", needed=False, empty=True),
    )
    down = shocks.sheet.floats("loss_downstream")
    up = shocks.sheet.floats("loss_upstream") if "loss_upstream" in shocks.sheet else down
    up = np.where(np.isnan(up), down, up)
    return "scenario", shocks.names, Scenarios(shocks.offsets, shocks.rows, down, up)


def _losses(
    options: Options,
    production: Production,
    scenarios: Scenarios,
    names: list[str],
    codes: Codes,
    rules: Rules,
) -> Iterator[Columns]:
    every = losses(production, scenarios, rules=rules, threads=options.threads)
    for name, found in zip(names, every, strict=True):
        yield {
            "scenario": [name] * len(found.rows),
            "firm": [codes.names[row] for row in found.rows.tolist()],
            "loss_downstream": found.down.tolist(),
            "loss_upstream": found.up.tolist(),
        }


def _facts(options: Options, total: np.ndarray) -> dict[str, object]:
    return {
        "scenarios": len(total),
        "replaceability": options.replaceability,
        "mean": float(np.mean(total)) if len(total) else 0.0,
        "max": float(np.max(total, initial=0.0)),
    }
