"""Whatever a description and its files say: facts, or a refusal in words; never half an import."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import GraphError
from ingestion.descriptions.faults import Faults
from ingestion.descriptions.reading import read
from ingestion.run import ingest
from tests.graph.effort import examples
from tests.ingestion.descriptions.written import SETS, written

if TYPE_CHECKING:
    from tests.ingestion.descriptions.conftest import Desk

SAMPLES = Path(__file__).parents[3] / "ingestion" / "sources"
SHIPPED = {path.stem: path.read_text(encoding="utf-8") for path in SAMPLES.glob("*.yml")}
WORDS = (
    "TODO: what?",
    "",
    "x",
    "0",
    "-1",
    "true",
    "{",
    "(",
    "a" * 300,
    "\ud7ff",
    "*",
    "{a|999}",
    "方",
)
quick = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def places(node: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the ways to every part of a document."""
    found = [way] if way else []
    inner = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, each in inner:
        found += places(each, (*way, key))
    return found


def at(node: Any, way: Sequence[Any]) -> Any:
    for key in way:
        node = node[key]
    return node


def renamed(parent: Any, key: Any, word: str) -> None:
    if isinstance(parent, dict):
        parent[word] = parent.pop(key)


def deeper(parent: Any, key: Any) -> None:
    for _ in range(60):
        parent[key] = {"when": [{"if": {"a": "b"}, "then": parent[key]}]}


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, str]:
    """Return name and text of a shipped description whose parts are gone, renamed or replaced."""
    name = draw(st.sampled_from(sorted(SHIPPED)))
    document = yaml.load(SHIPPED[name], yaml.BaseLoader)  # noqa: S506  # Texts alone.
    for _ in range(draw(st.integers(1, 4))):
        ways = places(document)
        *way, key = draw(st.sampled_from(ways))
        parent, word = at(document, way), draw(st.sampled_from(WORDS))
        other = json.dumps(at(document, draw(st.sampled_from(ways))))
        changes = (
            lambda p=parent, k=key: p.pop(k),
            lambda p=parent, k=key, w=word: renamed(p, k, w or f"{k}s"),
            lambda p=parent, k=key, w=word: p.__setitem__(k, w),
            lambda p=parent, k=key: p.__setitem__(k, [p[k]]),
            lambda p=parent, k=key, w=word: p.__setitem__(k, {w: p[k]}),
            lambda p=parent, k=key, o=other: p.__setitem__(k, json.loads(o)),
            lambda p=parent, k=key: deeper(p, k),
        )
        draw(st.sampled_from(changes))()
        if not document:
            break
    return name, yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


@quick
@given(mutated())
def test_any_description_gives_facts_or_is_told_with_lines(
    desk: "Desk", drawn: tuple[str, str]
) -> None:
    name, text = drawn
    found = Faults("own")
    description = read("own", text, found)

    assert description is not None or found.told
    assert all(each.startswith("own.yml: line ") for each in found.messages())
    if not found.told:
        desk.say(text)
        said = desk.check(SAMPLES / "samples" / name)
        assert said["refused"] or said["used"] + sum(said["set_aside"].values()) == said["rows"]


@quick
@given(st.text(alphabet="ab:{}[]'\"&*!|>-# \n\t,?%@`方", max_size=80))
def test_any_text_is_a_description_or_told_with_lines(text: str) -> None:
    found = Faults("own")
    read("own", text, found)

    assert found.messages()


ROWS = [["号", "卖", "买", "日", "额"], ["1", "甲", "乙", "2026-01-05", "5"],
        ["2", "甲", "丙", "2026-01-06", "6"], ["3", "丁", "乙", "2026-01-07", "7"]]  # fmt: skip
TABLES = """
tables:
- {table: invoices, from: rows, columns: {number: 号, issued_on: 日, seller: 卖, buyer: 买,
   amount: 额}}
"""


GOOD = {kind: written(kind, ROWS) for kind in SETS}


@pytest.mark.parametrize("kind", SETS)
@settings(parent=quick, max_examples=examples(10))
@given(data=st.data())
def test_a_spoilt_file_gives_facts_or_leaves_everything_as_it_was(
    desk: "Desk", kind: str, data: st.DataObject
) -> None:
    content = bytearray(GOOD[kind])
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, len(content)))
        stop = start + data.draw(st.integers(0, 20))
        content[start:stop] = data.draw(st.binary(max_size=6))
    desk.house.write(f"a.{kind}", bytes(content))
    desk.say(f"sets:\n  rows: {{files: '.*', {SETS[kind]}}}{TABLES}")
    lake, number = desk.house.home / "lake", getattr(desk.house.current, "number", 0)
    before = {path for path in lake.rglob("*") if path.is_file()}
    refused = None
    try:
        outcome = ingest("own", [desk.house.inbox], job=desk.house.job)
    except GraphError as error:
        refused = str(error)
    if refused is None:
        assert outcome.used + sum(outcome.set_aside.values()) == outcome.rows
        return
    assert f"a.{kind}" in refused or "rows" in refused
    assert getattr(desk.house.current, "number", 0) == number
    assert {path for path in lake.rglob("*") if path.is_file() and path.stat().st_size} <= before
