"""Leaves in columns: how a run is stored; `app.chain.limits.rows` reads them back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from app.chain.limits.exact import written
from app.chain.limits.leaves import STATEMENT, ChainLeaves, CoreLeaves, FirmLeaves
from app.chain.limits.rows import CHAIN

if TYPE_CHECKING:  # The kernels behind it are loaded by those who compute, not by those who read.
    from graph.credit import Passed


def core_columns(
    cores: Mapping[int, CoreLeaves],
    chains: Mapping[int, ChainLeaves | None],
    facilities: Mapping[int, Decimal | None],
) -> pl.DataFrame:
    """Return one row a core: its leaves, its chain's leaves and its facility."""
    rows: list[dict[str, Any]] = []
    for row, head in sorted(cores.items()):
        found, facility = chains[row], facilities[row]
        chain = {name: None if found is None else written(getattr(found, name)) for name in CHAIN}
        amount = None if facility is None else written(facility)
        rows.append({"row": row, **asdict(head), **chain, "facility": amount})
    whole = [entry.name for entry in fields(CoreLeaves) if entry.name.endswith("_fen")]
    schema = {"row": pl.Int64, "core": pl.String, "colour": pl.String, "rating": pl.String}
    schema |= dict.fromkeys(whole, pl.Int64) | dict.fromkeys((*CHAIN, "facility"), pl.String)
    return pl.DataFrame(rows, schema=schema)


def firm_columns(firms: Sequence[FirmLeaves | None]) -> pl.DataFrame:
    """Return one row a listed firm: its leaves."""
    rows: list[dict[str, Any]] = []
    for row, firm in enumerate(firms):
        if firm is None:
            continue
        statement = firm.statement or dict.fromkeys(STATEMENT)
        plain = {
            entry.name: getattr(firm, entry.name)
            for entry in fields(FirmLeaves)
            if entry.name not in ("statement", "expected_growth", "understated")
        }
        growth = None if firm.expected_growth is None else written(firm.expected_growth)
        below = ",".join(firm.understated) or None
        plain |= {"understated": below, "expected_growth": growth}
        rows.append({"row": row, **plain, **statement})
    schema = {
        "row": pl.Int64,
        "firm": pl.String,
        "size": pl.String,
        "rating": pl.String,
        "loans_fen": pl.Int64,
        "sales_fen": pl.Int64,
        "worst_e12": pl.Int64,
        "worst_firm": pl.String,
        "understated": pl.String,
        "expected_growth": pl.String,
    } | dict.fromkeys(STATEMENT, pl.Int64)
    return pl.DataFrame(rows, schema=schema)


def passed_columns(passed: "Passed") -> pl.DataFrame:
    """Return one row an amount that moved."""
    names = ("step", "core", "giver", "taker", "amount_fen")
    frame = pl.DataFrame({name: getattr(passed, name) for name in names})
    return frame.sort("core", "taker", "step", "giver")
