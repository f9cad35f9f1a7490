"""A run on disk: a folder that appears whole, with the same bytes for the same inputs."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from app.chain.limits.compute import RunOutcome
from app.chain.limits.inputs import LimitInputs
from app.chain.limits.rows import NOT_COUNTED
from app.policy import Policy
from graph.folders import sealing

# Written only where there is any, so that a run without has the bytes that it always had.
OPTIONAL = (
    *(*NOT_COUNTED, "confirmed_paid_fen"),
    *("confirmed_here_fen", "confirmed_event", "issued_here_fen", "issued_event"),
    *("reserved_event", "lent_fen", "lent_event"),
)
NOTHING: Mapping[str, pl.DataFrame] = MappingProxyType({})


def save(
    outcome: RunOutcome,
    inputs: LimitInputs,
    policy: Policy,
    folder: Path,
    facts: Mapping[str, Any],
    *,
    beside: Mapping[str, pl.DataFrame] = NOTHING,
) -> None:
    """
    Write a run so that its folder appears whole or not at all.

    A finished run of that name is kept as it is: its name tells its content.

    Args:
        outcome: What the run found.
        inputs: What it was handed.
        policy: The policy it read; the file is kept with the run.
        folder: Where the run lives.
        facts: What `run.json` says beside version, date, policy and run.
        beside: Tables that other analyses of the run have found, by name.
    """
    said = {
        "run": inputs.run,
        "version": inputs.version,
        "as_of": inputs.as_of.isoformat(),
        "policy": policy.version,
        "sealed": True,
        **inputs.ledger.book.facts(inputs.as_of),
        **facts,
    }
    written = json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True)
    with sealing(folder) as fresh:
        _write(outcome, inputs, policy, fresh)
        _write_tables(beside, fresh)
        (fresh / "run.json").write_text(written + "\n", encoding="utf-8")


def _write(outcome: RunOutcome, inputs: LimitInputs, policy: Policy, folder: Path) -> None:
    (folder / "policy").mkdir()
    (folder / "policy" / "policy.yml").write_bytes(policy.raw)
    frames = {
        "cores": outcome.cores,
        "firms": outcome.firms,
        "members": outcome.members,
        "claims": outcome.claims,
        "prepaid": outcome.prepaid,
        "passed": outcome.passed,
        "papers": outcome.papers,
        "chains": inputs.chains,
        "belonging": inputs.belonging.sort("firm", "core"),
        "losses": inputs.losses.sort("core", "firm"),
        "partner_losses": inputs.partner_losses.sort("closed", "firm"),
        "names": inputs.firms.select("firm", "name"),
    }
    if not outcome.aged.is_empty():
        frames["aged"] = outcome.aged
    if not outcome.differences.is_empty():
        frames["differences"] = outcome.differences
    _write_tables(frames, folder)


def _write_tables(frames: Mapping[str, pl.DataFrame], folder: Path) -> None:
    for name, frame in frames.items():
        nothing = [each for each in OPTIONAL if each in frame.columns and not frame[each].max()]
        frame.drop(nothing).write_parquet(
            folder / f"{name}.parquet", compression="zstd", statistics=False
        )
