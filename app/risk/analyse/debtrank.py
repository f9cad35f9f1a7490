"""`analyse debtrank`: what each default or shock costs in equity."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import numpy as np

from app.risk.analyse.options import AnalysisResult, Columns, Step, counting
from app.risk.analyse.options import DebtRankOptions as Options
from app.risk.analyse.tables import (
    Codes,
    InputColumn,
    InputFiles,
    claims_of,
    firms_of,
    shocks_of,
    table,
)
from graph.contagion import DebtRank, Exposures, Kind, Scenarios, bracket_equity, spread_equity
from graph.errors import InvalidInput


def run(options: Options, desk: InputFiles, step: Step) -> AnalysisResult:
    """Return the DebtRank of every default or scenario, one row each."""
    firms, codes = firms_of(
        desk,
        options.firms,
        InputColumn("equity", "amount"),
        InputColumn("weight", "amount", needed=False),
    )
    claims = claims_of(desk, options.claims, codes)
    exposures = Exposures.build(
        firms.floats("equity"),
        creditors=claims.wholes("creditor_row"),
        debtors=claims.wholes("debtor_row"),
        amounts=claims.floats("amount"),
        weights=firms.floats("weight") if "weight" in firms else None,
    )
    kind, names, scenarios = _scenarios(options, desk, codes)
    facts = {
        "analysis": "debtrank",
        "kind": options.kind,
        "method": options.method,
        "firms": len(codes),
        "claims": len(claims),
        "scenarios": len(scenarios),
    }
    if options.method == "bracket":
        columns, more = _bracketed(options, exposures, scenarios, step)
        if more["width_max"] > options.width:
            desk.notes.append(
                f"width {options.width:g} is below what floats can reach: "
                f"the widest bracket is {more['width_max']:.2g} of its upper end"
            )
        return AnalysisResult({kind: names, **columns}, facts | more)
    found = _by_rounds(options, exposures, scenarios, step)
    columns = table(
        debtrank=[each.debtrank for each in found], debtrank_total=[each.total for each in found]
    )
    losses = _losses(names, found, codes) if options.losses else None
    return AnalysisResult(
        {kind: names, **columns}, facts | {"tolerance": options.tolerance}, losses
    )


def _by_rounds(
    options: Options, exposures: Exposures, scenarios: Scenarios, step: Step
) -> list[DebtRank]:
    def one(number: int) -> DebtRank:
        """Return the losses of one scenario."""
        return spread_equity(
            exposures,
            scenarios.some(np.array([number])),
            kind=cast("Kind", options.kind),
            eta=options.eta,
            tolerance=options.tolerance,
        )

    found: list[DebtRank] = []
    with ThreadPoolExecutor(options.workers) as pool:
        for result in pool.map(one, range(len(scenarios))):
            found.append(result)
            step("scenarios", len(found) / len(scenarios))
    return found


def _bracketed(
    options: Options, exposures: Exposures, scenarios: Scenarios, step: Step
) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    if options.kind != "linear" or options.losses:
        raise InvalidInput("--method bracket knows --kind linear only, and no --losses")
    found = bracket_equity(
        exposures,
        scenarios,
        width=options.width,
        threads=options.workers,
        progress=counting(step, "scenarios", len(scenarios)),
    )
    columns = table(
        debtrank=found.debtrank,
        debtrank_total=found.total,
        lower=found.lower,
        upper=found.upper,
        exact=found.exact,
    )
    return columns, {"width_asked": options.width, "width_max": float(np.max(found.width))}


def _scenarios(
    options: Options, desk: InputFiles, codes: Codes
) -> tuple[str, list[str], Scenarios]:
    if options.shocks is None:
        return "firm", codes.names, Scenarios.alone(np.arange(len(codes)))
    shocks = shocks_of(desk, options.shocks, codes, InputColumn("loss", "share"))
    loss = shocks.sheet.floats("loss")
    return "scenario", shocks.names, Scenarios(shocks.offsets, shocks.rows, loss, loss)


def _losses(names: list[str], found: list[DebtRank], codes: Codes) -> Iterator[Columns]:
    for name, each in zip(names, found, strict=True):
        hit = np.flatnonzero(each.losses)
        yield {
            "scenario": [name] * len(hit),
            "firm": [codes.names[row] for row in hit.tolist()],
            "loss": each.losses[hit].tolist(),
        }
