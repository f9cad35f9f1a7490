"""A run on disk: a folder that appears whole, with the same bytes for the same inputs."""

import json
import shutil
from pathlib import Path
from typing import Any

from app.limits.compute import Outcome
from app.limits.inputs import Inputs
from app.policy import Policy


def save(outcome: Outcome, inputs: Inputs, policy: Policy, folder: Path, facts: Any) -> None:
    """
    Write a run so that its folder appears whole or not at all.

    Args:
        outcome: What the run found.
        inputs: What it was handed.
        policy: The policy it read; the file is kept with the run.
        folder: Where the run lives; a folder that is there already is replaced.
        facts: What `run.json` says beside version, date, policy and run.
    """
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    (part / "policy").mkdir(parents=True)
    (part / "policy" / "policy.yml").write_bytes(policy.raw)
    frames = {
        "cores": outcome.cores,
        "firms": outcome.firms,
        "members": outcome.members,
        "claims": outcome.claims,
        "prepaid": outcome.prepaid,
        "passed": outcome.passed,
        "belonging": inputs.belonging.sort("firm", "core"),
        "losses": inputs.losses.sort("core", "firm"),
        "names": inputs.firms.select("firm", "name"),
    }
    for name, frame in frames.items():
        frame.write_parquet(part / f"{name}.parquet", compression="zstd", statistics=False)
    said = {
        "run": inputs.run,
        "version": inputs.version,
        "as_of": inputs.as_of.isoformat(),
        "policy": policy.version,
        **facts,
    }
    written = json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True)
    (part / "run.json").write_text(written + "\n", encoding="utf-8")
    if folder.exists():
        shutil.rmtree(folder)
    part.rename(folder)
