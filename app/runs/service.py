"""A run of a version: computed once, stored, and the same bytes when it is run again."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.limits.compute import compute
from app.limits.storage import save
from app.policy import Policy
from app.runs.analyses import Place, inputs_of
from graph.errors import InvalidInput

FORMAT = 1  # Of the files of a run; another one makes another run.


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its name, where it is, and how many chains and limits it holds."""

    run: str
    folder: Path
    version: int
    policy: str
    cores: int
    members: int
    fresh: bool

    def document(self) -> dict[str, Any]:
        """Return the run as a document."""
        return {
            "run": self.run,
            "version": self.version,
            "policy": self.policy,
            "cores": self.cores,
            "limits": self.members,
            "computed": self.fresh,
        }


def run_name(
    version: int, policy: Policy, code: str, cores: Sequence[str], reserved: Mapping[str, int]
) -> str:
    """Return the name of a run: a hash of everything its figures depend on."""
    facts = [FORMAT, version, policy.version, code, sorted(cores), sorted(reserved.items())]
    written = json.dumps(facts, ensure_ascii=False).encode()
    return f"run-{version}-{hashlib.sha256(written).hexdigest()[:12]}"


def refresh(
    place: Place,
    policy: Policy,
    cores: Sequence[str],
    runs: Path,
    *,
    code: str,
    reserved: Mapping[str, int] | None = None,
) -> Run:
    """
    Return the run of a version; it is computed where it is not there yet.

    Args:
        place: Where the version is read.
        policy: The policy in force on its date.
        cores: The core enterprises.
        runs: The folder of runs.
        code: The version of the code.
        reserved: What is reserved on each core's facility, in fen.

    Raises:
        InvalidInput: There is no core.
        NotFound: A core is no firm of the version.
    """
    if not cores:
        raise InvalidInput("no core enterprise; choose one with `deeptier core add FIRM`")
    held = dict(reserved or {})
    version = place.reader.version
    name = run_name(version.number, policy, code, cores, held)
    folder = runs / name
    fresh = not (folder / "run.json").is_file()
    if fresh:
        inputs = inputs_of(place, policy, sorted(cores), run=name, reserved=held)
        outcome = compute(inputs, policy)
        facts = {"code": code, "cores": len(cores), "members": len(outcome.members)}
        save(outcome, inputs, policy, folder, facts)
    said = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return Run(
        run=name,
        folder=folder,
        version=version.number,
        policy=policy.version,
        cores=said["cores"],
        members=said["members"],
        fresh=fresh,
    )
