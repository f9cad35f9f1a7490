"""`analyse esri`: what each closure or shock costs in production."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np

from app.risk.analyse.economies import economy_of, producers_of, rules_of, scenarios_of
from app.risk.analyse.options import AnalysisResult, Columns, Step, counting
from app.risk.analyse.options import EsriOptions as Options
from app.risk.analyse.placing import placed
from app.risk.analyse.tables import Codes, InputFiles, table, trades_of
from graph.contagion import (
    EXACT,
    Precision,
    Production,
    Rules,
    Scenarios,
    bracket,
    esri,
    losses,
    prepare,
)
from graph.errors import InvalidInput
from graph.executors import Executor

Figures = dict[str, np.ndarray]


def run(options: Options, desk: InputFiles, step: Step) -> AnalysisResult:
    """Return the index of every closure or scenario, one row each."""
    firms, codes = producers_of(desk, options.firms)
    method = options.method or ("fixed-point" if "revenue" in firms else "rounds")
    trades = trades_of(desk, options.trades, codes)
    economy = economy_of(options, desk, firms, trades)
    production = prepare(economy, replaceability=options.replaceability)
    kind, names, scenarios = scenarios_of(options, desk, codes)
    facts = {"method": method, "firms": len(codes), "trades": len(trades)}
    rules = rules_of(options) if method == "rounds" else EXACT
    with placed(options, production) as (there, threads):
        run = EsriRun(there, scenarios, rules, threads, counting(step, "closures", len(scenarios)))
        columns, more = (
            _by_rounds(options, run) if method == "rounds" else _at_rest(options, run, desk)
        )
    facts |= {"denominators": production.denominators, **_facts(options, columns["esri"]), **more}
    return AnalysisResult(
        {kind: names, **table(**columns)},
        {"analysis": "esri", **facts},
        _losses(options, production, scenarios, names, codes, rules) if options.losses else None,
    )


@dataclass(frozen=True, slots=True)
class EsriRun:
    """What runs, by which rules and where, and who is told."""

    production: Production
    scenarios: Scenarios
    rules: Rules
    threads: int | Executor
    progress: Callable[[int], None]


def _by_rounds(options: Options, run: EsriRun) -> tuple[Figures, dict[str, object]]:
    found = esri(
        run.production,
        run.scenarios,
        rules=run.rules,
        precision=cast("Precision", options.precision),
        threads=run.threads,
        progress=run.progress,
    )
    columns = {"esri": found.total, "esri_downstream": found.down, "esri_upstream": found.up}
    facts: dict[str, object] = {
        "tolerance": run.rules.tolerance,
        "rounds_max": run.rules.rounds_max,
        "dead_sector": run.rules.dead_sector,
        "precision": options.precision,
        "relative_error_max": found.relative_error_max,
    }
    return {**columns, "rounds": found.rounds}, facts


def _at_rest(options: Options, run: EsriRun, desk: InputFiles) -> tuple[Figures, dict[str, object]]:
    if options.precision != "double" or options.dead_sector != "one":
        raise InvalidInput("fixed-point knows --precision double and --dead-sector one only")
    width = 1.0 if options.tolerance is None else options.tolerance
    if not 0.0 <= width <= 1.0:
        raise InvalidInput(f"tolerance {width} of fixed-point is not in [0, 1]")
    width = max(width, sys.float_info.min)  # At 0 every scenario is iterated until it stands still.
    found = bracket(
        run.production, run.scenarios, width=width, threads=run.threads, progress=run.progress
    )
    reached = float(np.max(found.width, initial=0.0))
    if reached > width:
        desk.notes.append(
            f"tolerance {width:g} is below what floats can reach: "
            f"the widest bracket is {reached:.2g} of its upper end"
        )
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
        "width_max": reached,
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
    with placed(options, production) as (there, threads):
        every = losses(there, scenarios, rules=rules, threads=threads)
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
