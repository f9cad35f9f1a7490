"""
A decision made again from what was kept of it, and what of it is not the same.

Policies, versions and the book may have moved on: nothing of them is read. Where a newer formula
works it out, the answer says so, and names whatever comes out otherwise.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.lending.decisions.case import FORMULA
from app.lending.decisions.deciding import decided_from
from app.lending.decisions.gathering import found_in
from app.lending.decisions.repository import DecisionRow
from app.platform.documents import Document
from app.platform.events import canonical
from app.platform.release import code_version

DIFFERS_MAX = 100
UNREADABLE = (ArithmeticError, AttributeError, KeyError, LookupError, TypeError, ValueError)


def replayed(row: DecisionRow) -> Document:
    """
    Return whether a decision comes out the same, and each input or figure that differs.

    `formula` and `code` say what decided then, and what decides now.
    """
    differs, kept = [], _read(row.inputs)
    try:
        for each in _differences(row, kept):
            differs.append(each)
            if len(differs) == DIFFERS_MAX:
                break
    except UNREADABLE as error:
        differs.append(_told("inputs", "readable", f"{type(error).__name__}: {error}"))
    return {
        "same": not differs,
        "decision": row.decision,
        "differs": differs,
        "formula": {"was": kept.get("formula"), "is": FORMULA},
        "code": {"was": kept.get("code"), "is": code_version()},
    }


def _read(inputs: str) -> Mapping[str, Any]:
    """Return what was kept; nothing where it cannot be read, which is told then."""
    try:
        read = json.loads(inputs)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _differences(row: DecisionRow, kept: Mapping[str, Any]) -> Iterator[Document]:
    """Yield what differs: the inputs first, then figures of the trees, then the decision."""
    inputs = row.inputs.encode()
    told, digest = json.loads(row.told), hashlib.sha256(inputs).hexdigest()
    if told["inputs_hash"] != digest:
        yield _told("inputs_hash", told["inputs_hash"], digest)
    yield from _between("", kept["found"], found_in(kept))
    again = decided_from(inputs).document()
    for name in sorted(told.keys() | again.keys() - {"inputs_hash"}):
        if name != "inputs_hash" and canonical(told.get(name)) != canonical(again.get(name)):
            yield _told(name, told.get(name), again.get(name))


def _between(place: str, was: Any, now: Any) -> Iterator[Document]:
    """Yield where two trees differ, by the codes on the way."""
    if was == now:
        return
    if not isinstance(was, dict) or not isinstance(now, dict):
        yield _told(place, was, now)
        return
    children = was.get("children", ()), now.get("children", ())
    inside = "/".join(part for part in (place, str(was.get("code", ""))) if part)
    if len(children[0]) == len(children[1]) > 0:
        for one, other in zip(*children, strict=True):
            yield from _between(inside, one, other)
    for name in sorted((was.keys() | now.keys()) - {"children"}):
        further = "/".join(part for part in (inside, name) if part)
        yield from _between(further, was.get(name), now.get(name))
    if len(children[0]) != len(children[1]):
        yield _told(f"{inside}/children", len(children[0]), len(children[1]))


def _told(name: str, was: Any, now: Any) -> Document:
    return {"input": name, "was": was, "is": now}
