"""`analyse esri`: what each closure or shock costs in production."""

from collections.abc import Callable, Iterator
from typing import cast

import numpy as np

from app.analyse.economies import economy_of, producers_of, rules_of, scenarios_of
from app.analyse.options import Answer, Columns, Step
from app.analyse.options import Esri as Options
from app.analyse.tables import Codes, Desk, table, trades_of
from graph.contagion import (
    EXACT,
    Production,
    Rules,
    Scenarios,
    bracket,
    esri,
    losses,
    prepare,
)
from graph.contagion.running import Precision
from graph.errors import InvalidInput


def run(options: Options, desk: Desk, step: Step) -> Answer:
    """Return the index of every closure or scenario, one row each."""
    firms, codes = producers_of(desk, options.firms)
    method = options.method or ("fixed-point" if "revenue" in firms else "rounds")
    trades = trades_of(desk, options.trades, codes)
    economy = economy_of(options, desk, firms, trades)
    production = prepare(economy, replaceability=options.replaceability)
    kind, names, scenarios = scenarios_of(options, desk, codes)
    done = 0

    def progress(more: int) -> None:
        nonlocal done
        done += more
        step("closures", done / max(1, len(scenarios)))

    facts = {"method": method, "firms": len(codes), "trades": len(trades)}
    if method == "rounds":
        rules = rules_of(options)
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
