"""`analyse credit`: confirmed credit passed down the tiers, never more than was confirmed."""

from fractions import Fraction

import numpy as np
import polars as pl

from app.risk.analyse.options import AnalysisResult, Step
from app.risk.analyse.options import CreditOptions as Options
from app.risk.analyse.tables import CheckedRows, Codes, InputColumn, InputFiles, claims_of, firms_of
from graph.credit import Claims, Held, Passed, Rules, pass_on
from graph.errors import InvalidInput

# What moves is counted in whole units so small that all together still fit 64 bits.
TOTAL_MAX = 10**17
PLACES_MAX = 9
FEN = "_fen"


def run(options: Options, desk: InputFiles, step: Step) -> AnalysisResult:
    """Return what arrives at every firm from every source in every tier, one row each."""
    if not 0.0 <= options.haircut <= 1.0:
        raise InvalidInput(f"haircut {options.haircut} is not in [0, 1]")
    if options.tiers < 0 or options.cut_off < 0:
        raise InvalidInput("tiers and cut-off are not negative")
    _, codes = firms_of(desk, options.firms)
    claims = claims_of(desk, options.claims, codes)
    sources = _sources(options, desk, codes)
    claims, sources = (_in_whole_fen(desk, sheet) for sheet in (claims, sources))
    unit = _unit(desk, sources, claims)
    pairs = claims.frame.group_by("creditor_row", "debtor_row", maintain_order=True).agg(
        pl.col("amount").sum()
    )
    rows = sources.wholes("source_row")
    passed = pass_on(
        Held(rows, rows, _whole(sources.floats("amount"), unit)),
        Claims(
            pairs["creditor_row"].to_numpy(),
            pairs["debtor_row"].to_numpy(),
            _whole(pairs["amount"].to_numpy(), unit),
        ),
        Rules(
            Fraction(str(options.haircut)),
            steps_max=options.tiers,
            cut_off_fen=round(options.cut_off * unit),
        ),
    )
    step("tiers", 1.0)
    facts = {
        "analysis": "credit",
        "firms": len(codes),
        "claims": len(claims),
        "sources": len(sources),
        "tiers": options.tiers,
        "haircut": options.haircut,
        "cut_off": options.cut_off,
    }
    return AnalysisResult(_table(passed, codes, sources, unit), facts)


def _sources(options: Options, desk: InputFiles, codes: Codes) -> CheckedRows:
    sheet = desk.sheet(
        options.sources, InputColumn("source", "code"), InputColumn("amount", "amount")
    )
    sheet = sheet.numbered("source", codes).once("source", reason="stands twice")
    if not len(sheet):
        raise InvalidInput(f"{options.sources.name}: the file names no source")
    return sheet


def _in_whole_fen(desk: InputFiles, sheet: CheckedRows) -> CheckedRows:
    """Return the sheet; where its file says that amounts are fen, they are whole."""
    if FEN not in desk.units:
        return sheet
    amounts = sheet.frame["amount"]
    return desk.refuse(sheet, amounts != amounts.floor(), "amount", "is no whole fen")


def _unit(desk: InputFiles, sources: CheckedRows, claims: CheckedRows) -> int:
    """Return into how many parts one unit of money is divided: fen into none."""
    if FEN in desk.units:
        return 1
    total = max(float(np.sum(each.floats("amount"))) for each in (sources, claims))
    places = PLACES_MAX
    while places and total * 10**places > TOTAL_MAX:
        places -= 1
    if total * 10**places > TOTAL_MAX:
        raise InvalidInput(f"the amounts sum to {total:.3g}: more than {TOTAL_MAX:.0e}")
    return int(10**places)


def _whole(amounts: np.ndarray, unit: int) -> np.ndarray:
    whole: np.ndarray = np.rint(amounts * unit).astype(np.int64)
    return whole


def _table(
    passed: Passed, codes: Codes, sources: CheckedRows, unit: int
) -> dict[str, list[object]]:
    """Sum what arrived by source, tier and firm, in the order of the sources and firms."""
    order = {row: place for place, row in enumerate(sources.wholes("source_row").tolist())}
    frame = pl.DataFrame(
        {
            "place": [order[core] for core in passed.core.tolist()],
            "tier": passed.step.astype(np.int64),
            "firm": passed.taker.astype(np.int64),
            "amount": passed.amount_fen.astype(np.int64),
        },
        schema_overrides={"place": pl.Int64},
    )
    sums = frame.group_by("place", "tier", "firm").agg(pl.col("amount").sum())
    sums = sums.sort("place", "tier", "firm")
    names = sources.texts("source")
    return {
        "source": [names[place] for place in sums["place"]],
        "tier": sums["tier"].to_list(),
        "firm": [codes.names[row] for row in sums["firm"]],
        "amount": sums["amount"].to_list() if unit == 1 else (sums["amount"] / unit).to_list(),
    }
