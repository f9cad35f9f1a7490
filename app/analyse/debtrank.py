"""`analyse debtrank`: what each default or shock costs in equity."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np

from app.analyse.options import Answer, Columns, Step
from app.analyse.options import DebtRank as Options
from app.analyse.tables import Codes, Column, Desk, claims_of, firms_of, shocks_of, table
from graph.contagion import DebtRank, Exposures, Scenarios, spread_equity
from graph.contagion.debtrank import Kind


def run(options: Options, desk: Desk, step: Step) -> Answer:
    """Return the DebtRank of every default or scenario, one row each."""
    firms, codes = firms_of(
        desk, options.firms, Column("equity", "amount"), Column("weight", "amount", needed=False)
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
    found: list[DebtRank] = []

    def one(scenario: Scenarios) -> DebtRank:
        return spread_equity(
            exposures,
            scenario,
            kind=cast("Kind", options.kind),
            eta=options.eta,
            tolerance=options.tolerance,
        )

    with ThreadPoolExecutor(options.threads) as pool:
        for result in pool.map(one, scenarios):
            found.append(result)
            step("scenarios", len(found) / len(scenarios))
    columns = table(
        debtrank=[each.debtrank for each in found], debtrank_total=[each.total for each in found]
    )
    facts = {
        "analysis": "debtrank",
        "kind": options.kind,
        "firms": len(codes),
        "claims": len(claims),
        "scenarios": len(found),
        "tolerance": options.tolerance,
    }
    losses = _losses(names, found, codes) if options.losses else None
    return Answer({kind: names, **columns}, facts, losses)


def _scenarios(
    options: Options, desk: Desk, codes: Codes
) -> tuple[str, list[str], list[Scenarios]]:
    if options.shocks is None:
        return "firm", codes.names, [Scenarios.together([row]) for row in range(len(codes))]
    shocks = shocks_of(desk, options.shocks, codes, Column("loss", "share"))
    loss = shocks.sheet.floats("loss")
    scenarios = []
    for number in range(len(shocks.names)):
        part = shocks.part(number)
        rows, shares = shocks.rows[part], loss[part]
        scenarios.append(Scenarios(np.array([0, len(rows)]), rows, shares, shares))
    return "scenario", shocks.names, scenarios


def _losses(names: list[str], found: list[DebtRank], codes: Codes) -> Iterator[Columns]:
    for name, each in zip(names, found, strict=True):
        hit = np.flatnonzero(each.losses)
        yield {
            "scenario": [name] * len(hit),
            "firm": [codes.names[row] for row in hit.tolist()],
            "loss": each.losses[hit].tolist(),
        }
