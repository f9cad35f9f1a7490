"""Sentences of `language.yml`, each with a file that it reads or one that it refuses in words."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from graph.stores import open_store
from ingestion.descriptions.faults import Faults
from ingestion.descriptions.reading import read
from tests.ingestion.conftest import House
from tests.ingestion.descriptions.conftest import HEAD, Desk

LANGUAGE = yaml.safe_load(Path(__file__).with_name("language.yml").read_text(encoding="utf-8"))
Sentence = Mapping[str, Any]


def sentences(part: str) -> pytest.MarkDecorator:
    rows = LANGUAGE[part]
    return pytest.mark.parametrize("row", rows, ids=[row["sentence"] for row in rows])


def description(row: Sentence) -> str:
    """Return the description of one table of events from one set."""
    said = f"sets:\n  rows: {{{row['set']}}}\ntables:\n"
    said += f"- {{table: events, from: rows, columns: {{{row['columns']}}}}}\n"
    for word, meaning in LANGUAGE["words"].items():
        said = said.replace(word, meaning)
    return said


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield one desk for all sentences: a trial leaves nothing behind."""
    home = tmp_path_factory.mktemp("language")
    (home / "inbox").mkdir()
    with open_store(f"sqlite:///{home}/graph.db") as store:
        yield Desk(House(home, home / "inbox", store))


def tried(desk: Desk, row: Sentence) -> Mapping[str, Any]:
    """Return what trying the files of a sentence tells."""
    for left in desk.house.inbox.iterdir():
        left.unlink()
    for name, content in row["files"].items():
        plain = isinstance(content, str)
        desk.house.write(name, content if plain else content["text"].encode(content["encoding"]))
    desk.say(description(row))
    return desk.check()


def seen(value: Any) -> Any:
    """Return a party by its name where it has nothing else."""
    return value["name"] if isinstance(value, dict) and list(value) == ["name"] else value


@sentences("reads")
def test_a_sentence_is_read(bench: Desk, row: Sentence) -> None:
    said = tried(bench, row)

    assert said["refused"] is None, said["refused"]
    assert [seen(fact.get(row["column"])) for fact in bench.facts("events")] == row["gives"]


@sentences("faults")
def test_a_sentence_refuses_what_it_does_not_mean(row: Sentence) -> None:
    found = Faults("own")
    read("own", HEAD + description(row), found)

    said = found.messages()
    assert any(row["message"] in each for each in said), said
    assert all(each.startswith("own.yml: line ") for each in said)


@sentences("refuses")
def test_a_file_that_does_not_fit_is_refused(bench: Desk, row: Sentence) -> None:
    assert row["message"] in str(tried(bench, row)["refused"])
