"""`analyse clearing`: what everybody can pay when all pay at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import cast

from app.risk.analyse.options import AnalysisResult, Step
from app.risk.analyse.options import ClearingOptions as Options
from app.risk.analyse.tables import Codes, InputColumn, InputFiles, claims_of, firms_of, shocks_of
from graph.clearing import Clearing, Debts, Seniority, clear

BASE = "base"


def run(options: Options, desk: InputFiles, step: Step) -> AnalysisResult:
    """Return what every firm owes and pays in every scenario, one row each."""
    firms, codes = firms_of(
        desk,
        options.firms,
        InputColumn("external_assets", "amount"),
        InputColumn("external_liabilities", "amount"),
    )
    claims = claims_of(desk, options.claims, codes)
    debts = Debts(
        len(codes),
        claims.wholes("creditor_row"),
        claims.wholes("debtor_row"),
        claims.floats("amount"),
        firms.floats("external_assets"),
        firms.floats("external_liabilities"),
    )
    scenarios = _scenarios(options, desk, codes, debts)
    found: list[Clearing] = []

    def one(shocked: Debts) -> Clearing:
        """Return who pays what after one shock."""
        return clear(
            shocked,
            recovery_external=options.recovery_external,
            recovery_internal=options.recovery_internal,
            seniority=cast("Seniority", options.seniority),
        )

    with ThreadPoolExecutor(options.workers) as pool:
        for result in pool.map(one, scenarios.values()):
            found.append(result)
            step("scenarios", len(found) / len(scenarios))
    facts = _facts(options, firms=len(codes), claims=len(claims), found=found)
    return AnalysisResult(_table(list(scenarios), codes, found), facts)


def _facts(
    options: Options, *, firms: int, claims: int, found: list[Clearing]
) -> dict[str, object]:
    return {
        "analysis": "clearing",
        "firms": firms,
        "claims": claims,
        "scenarios": len(found),
        "recovery_external": options.recovery_external,
        "recovery_internal": options.recovery_internal,
        "seniority": options.seniority,
        "defaulted": sum(int(each.defaulted.sum()) for each in found),
    }


def _scenarios(options: Options, desk: InputFiles, codes: Codes, debts: Debts) -> dict[str, Debts]:
    if options.shocks is None:
        return {BASE: debts}
    shocks = shocks_of(desk, options.shocks, codes, InputColumn("loss", "amount"))
    loss = shocks.sheet.floats("loss")
    parts = {name: shocks.part(number) for number, name in enumerate(shocks.names)}
    return {
        name: debts.with_losses(shocks.rows[part].tolist(), loss[part].tolist())
        for name, part in parts.items()
    }


def _table(names: list[str], codes: Codes, found: list[Clearing]) -> dict[str, list[object]]:
    return {
        "scenario": [name for name in names for _ in codes.names],
        "firm": [firm for _ in names for firm in codes.names],
        "liability": [cell for each in found for cell in each.liability.tolist()],
        "payment": [cell for each in found for cell in each.payment.tolist()],
        "defaulted": [cell for each in found for cell in each.defaulted.tolist()],
        "round": [cell for each in found for cell in each.round.tolist()],
    }
