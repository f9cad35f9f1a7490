"""From files to proposals, and from these to one description."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.errors import BadFile, ImportRefused
from ingestion.guess import (
    choice,
    documents,
    groups,
    joining,
    keeping,
    meanings,
    owners,
    samples,
    tables,
)
from ingestion.guess.grids import grouped, said_of_grid
from ingestion.guess.joining import Beside
from ingestion.guess.looked import LookedAt
from ingestion.guess.proposing import Proposal
from ingestion.guess.samples import GridSample, PassedOver
from ingestion.guess.writing import BlockMapping, mentioned, text_of, usable
from ingestion.job import unnoticed
from ingestion.notes import note
from ingestion.readers import ENDINGS
from ingestion.sets.files import Files, named

FILES_MAX = 2_000  # Looked at; the others are named.
PROPOSALS_MAX = 40
_IGNORED_MAX, _NAMES_ASKED = 100, 12
_ENDINGS = ", ".join([*ENDINGS, ".xml", ".jsonl"])
_OWNER = "to be named"  # Who answers for a source: put in by whoever asks for the proposal.


@dataclass(slots=True)
class _Gathered:
    """What files gave."""

    grids: list[GridSample] = field(default_factory=list)
    documents: list[Path] = field(default_factory=list)
    lines: list[Path] = field(default_factory=list)
    passed: list[PassedOver] = field(default_factory=list)


def guess(paths: Sequence[Path], *, reading: Callable[[Path], None] = unnoticed) -> dict[str, Any]:
    """
    Return what some files look like: proposals, what is not read, and a description.

    Args:
        paths: Files, and folders of files.
        reading: Told which file is read.

    Raises:
        BadFile: There is no such file or folder.
    """
    files = Files.of(paths)
    gathered = _Gathered()
    names = [Path(name) for name in files.names]
    for path in names[:FILES_MAX]:
        reading(path)
        _gather(path, gathered)
    if (left := len(names) - FILES_MAX) > 0:
        beyond = note("files_beyond", count=left, most=FILES_MAX)
        gathered.passed.append(PassedOver(names[FILES_MAX], beyond))
    gathered.passed += [PassedOver(each.path, each.why) for each in files.links]
    proposals = _proposals(gathered, [named(str(path)) for path in names])
    return {
        "proposals": [each.document() for each in proposals],
        "not_read": [each.document() for each in gathered.passed],
        "description": text_of(_description(proposals)) if proposals else "",
    }


def _gather(path: Path, gathered: _Gathered) -> None:
    name = path.name.lower()
    try:
        if name.endswith(".xml"):
            gathered.documents.append(path)
        elif name.endswith((".json", ".jsonl", ".ndjson")):
            gathered.lines.append(path)
        elif name.endswith(ENDINGS):
            for each in samples.of_file(path):
                (gathered.grids if isinstance(each, GridSample) else gathered.passed).append(each)  # type: ignore[arg-type]
        else:
            gathered.passed.append(PassedOver(path, note("other_ending", endings=_ENDINGS)))
    except (ImportRefused, OSError) as error:
        gathered.passed.append(PassedOver.broken(path, error))


def _proposals(gathered: _Gathered, names: Sequence[str]) -> list[Proposal]:
    found: list[Beside] = []
    for looked, said in _kinds(gathered, names):
        fitting = choice.of(looked)
        found.append(Beside(looked, said, fitting))
    main, lookups = joining.parted(found)
    proposals: list[Proposal] = []
    for each in main[:PROPOSALS_MAX]:
        proposals.append(_proposal(each, [other.set_name for other in proposals]))
    for each in found:
        if each not in main and each not in lookups:
            gathered.passed += [
                PassedOver(path, note("like_no_table"), each.looked.sheet)
                for path in each.looked.paths
            ]
    proposals += joining.join(proposals, lookups)
    for proposal in proposals:
        _complete(proposal)
    return proposals


def _kinds(gathered: _Gathered, names: Sequence[str]) -> Iterator[tuple[LookedAt, dict[str, Any]]]:
    """Yield the rows of each kind, and what a description says of where they are."""
    for group in grouped(gathered.grids):
        yield said_of_grid(group, gathered.grids, names)
    yield from documents.kinds(gathered.documents, gathered.lines, gathered.passed)


def _proposal(each: Beside, taken: Sequence[str]) -> Proposal:
    chosen = each.choices[0]
    found = chosen.meanings
    meanings.prove(each.looked, found)
    proposal = Proposal(each.looked, chosen.table, found, rows=dict(each.said))
    proposal.set_name = joining.free(chosen.table, taken)
    proposal.owner = owners.of(each.looked, chosen.table, found)
    return proposal


def _complete(proposal: Proposal) -> None:
    """Fill in what a description says of the rows of a proposal."""
    if proposal.table is not None:
        groups.told_once(proposal)
        tables.describe(proposal)
        keeping.keep_facts(proposal)


def _description(proposals: Sequence[Proposal]) -> dict[str, Any]:
    sets = {each.set_name: _set(each) for each in proposals}
    every = [table for each in proposals for table in each.tables]
    return {"schema": 1, "owner": _OWNER, "sets": sets, "tables": every}


def _set(proposal: Proposal) -> dict[str, Any]:
    """Return what the description says of a set, with the header that tells its rows."""
    said = dict(proposal.rows)
    looked = proposal.looked
    if "fields" in said:
        used = mentioned([{k: v for k, v in said.items() if k != "fields"}, proposal.tables])
        mine = {name: path for name, path in said["fields"].items() if name in used}
        said["fields"] = BlockMapping(mine or dict(list(said["fields"].items())[:1]))
        if "namespaces" in said:
            paths = " ".join([*said["fields"].values(), str(said.get("records", ""))])
            spaces = said["namespaces"].items()
            said["namespaces"] = BlockMapping({p: s for p, s in spaces if f"{p}:" in paths})
            if not said["namespaces"]:
                del said["namespaces"]
    else:
        read = [name for name in looked.names if proposal.meanings.meaning(name) and _asked(name)]
        read = [name for name in proposal.asked if _asked(name)] or read
        header = read[:_NAMES_ASKED] or [name for name in looked.names if _asked(name)][:1]
        if header:
            said["header"] = header
        used = mentioned([proposal.rows, proposal.tables])
        rest = [
            name
            for name in looked.names
            if usable(name) and not proposal.meanings.meaning(name) and name not in used
        ]
        if rest and proposal.table is not None:
            said["ignored"] = rest[:_IGNORED_MAX]
    return {key: said[key] for key in _ORDER if key in said}


_ORDER = (
    "files", "sheet", "json", "namespaces", "records", "fields", "header", "header_rows",
    "separator", "hold", "joins", "keep", "void", "group", "ignored",
)  # fmt: skip


def _asked(name: str) -> bool:
    """Return whether a header can be asked for by a name: one that files give it."""
    return usable(name) and not name.startswith("_") and "#" not in name


__all__ = ["BadFile", "guess"]
