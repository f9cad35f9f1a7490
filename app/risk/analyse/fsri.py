"""`analyse fsri`: what each closure or shock costs banks."""

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np

from app.risk.analyse.economies import economy_of, producers_of, rules_of, scenarios_of
from app.risk.analyse.options import AnalysisResult, Columns, Step
from app.risk.analyse.options import FsriOptions as Options
from app.risk.analyse.tables import (
    CheckedRows,
    Codes,
    InputColumn,
    InputFiles,
    claims_of,
    table,
    trades_of,
)
from graph.contagion import Economy, Exposures, prepare
from graph.fsri import Banks, Books, Default, Lending, Lost, Profit, Terms, bank_losses, summed


def run(options: Options, desk: InputFiles, step: Step) -> AnalysisResult:
    """Return the share of the banks' equity that every closure or scenario costs, one row each."""
    buffers = (
        InputColumn("equity", "amount", needed=options.default != "illiquid"),
        InputColumn("liquidity", "amount", needed=options.default in ("illiquid", "either")),
    )
    firms, codes = producers_of(desk, options.firms, *buffers)
    trades = trades_of(desk, options.trades, codes)
    economy = economy_of(options, desk, firms, trades)
    names, banks = _banks(options, desk, codes)
    lending = Lending(_books(economy, firms), banks, _terms(options))
    kind, scenes, scenarios = scenarios_of(options, desk, codes)
    production = prepare(economy, replaceability=options.replaceability)
    rules = rules_of(options)
    kept: list[Lost] = []

    def followed() -> Iterator[Lost]:
        """Yield the losses of each scenario and say how many are done."""
        every = bank_losses(production, scenarios, lending, rules=rules, threads=options.workers)
        for done, lost in enumerate(every, start=1):
            if options.losses:
                kept.append(lost)
            step("scenarios", done / len(scenarios))
            yield lost

    found = summed(followed(), lending, rules)
    second = {} if found.interbank is None else {"fsri_interbank": found.interbank}
    columns = table(fsri=found.fsri, **second, loss=found.loss, defaults=found.defaults)
    facts = _facts(options, firms=len(codes), trades=len(trades), scenarios=len(scenarios))
    facts |= {"banks": len(names), "denominators": production.denominators}
    losses = _losses(scenes, names, kept) if options.losses else None
    return AnalysisResult({kind: scenes, **columns}, facts, losses)


def _terms(options: Options) -> Terms:
    return Terms(
        lgd=options.lgd,
        default=cast("Default", options.default),
        profit=cast("Profit", options.profit),
        closed_default=options.closed_default,
        eta=options.eta,
    )


def _books(economy: Economy, firms: CheckedRows) -> Books:
    amounts = np.asarray(economy.amounts)

    def traded(ends: object) -> np.ndarray:
        """Return the trade of every firm on one side."""
        return np.bincount(np.asarray(ends), amounts, len(firms))

    return Books(
        traded(economy.suppliers) if economy.revenue is None else economy.revenue,
        traded(economy.buyers) if economy.cost is None else economy.cost,
        firms.floats("equity") if "equity" in firms else None,
        firms.floats("liquidity") if "liquidity" in firms else None,
    )


def _banks(options: Options, desk: InputFiles, firms: Codes) -> tuple[list[str], Banks]:
    sheet = desk.sheet(options.banks, InputColumn("bank", "code"), InputColumn("equity", "amount"))
    sheet = sheet.once("bank", reason="stands twice")
    codes = Codes.of("bank of the banks file", sheet.texts("bank"))
    loans = desk.sheet(
        options.loans,
        InputColumn("bank", "code"),
        InputColumn("firm", "code"),
        InputColumn("amount", "amount"),
    )
    loans = loans.numbered("bank", codes).numbered("firm", firms)
    equity = sheet.floats("equity")
    between = None
    if options.interbank is not None:
        claims = claims_of(desk, options.interbank, codes)
        between = Exposures.build(
            equity,
            creditors=claims.wholes("creditor_row"),
            debtors=claims.wholes("debtor_row"),
            amounts=claims.floats("amount"),
        )
    return codes.names, Banks.build(
        equity,
        banks=loans.wholes("bank_row"),
        firms=loans.wholes("firm_row"),
        amounts=loans.floats("amount"),
        between=between,
    )


def _losses(scenes: list[str], banks: list[str], kept: Sequence[Lost]) -> Iterator[Columns]:
    for name, lost in zip(scenes, kept, strict=True):
        second = lost.loss if lost.interbank is None else np.maximum(lost.loss, lost.interbank)
        hit = np.flatnonzero(second > 0)
        columns = {
            "scenario": [name] * len(hit),
            "bank": [banks[bank] for bank in hit.tolist()],
            "loss": lost.loss[hit].tolist(),
        }
        if lost.interbank is not None:
            columns["equity_lost"] = lost.interbank[hit].tolist()
        yield columns


def _facts(options: Options, *, firms: int, trades: int, scenarios: int) -> dict[str, object]:
    rules = rules_of(options)
    return {
        "analysis": "fsri",
        "firms": firms,
        "trades": trades,
        "scenarios": scenarios,
        "lgd": options.lgd,
        "default": options.default,
        "profit": options.profit,
        "closed_default": options.closed_default,
        "eta": options.eta if options.interbank is not None else None,
        "tolerance": rules.tolerance,
        "rounds_max": rules.rounds_max,
        "dead_sector": rules.dead_sector,
        "replaceability": options.replaceability,
    }
