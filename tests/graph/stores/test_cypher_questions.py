"""docs/neo4j.md as a test: its network is loaded, every question asked, every answer compared."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import neo4j
import pytest
import yaml

from graph import model
from graph.stores import open_store
from graph.testing import economy
from graph.testing.economy import DAY, NOW, firm, publish, rows_of, trade

PAGE = (Path(__file__).parents[3] / "docs" / "neo4j.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(csv [a-z ]+|cypher|answer)\n(.*?)```", PAGE, re.DOTALL)
TABLES = {kind[4:]: text for kind, text in BLOCKS if kind.startswith("csv")}
TITLES = re.findall(r"^### (\d+)\. (.*)$", PAGE, re.MULTILINE)
QUESTIONS = [text for kind, text in BLOCKS if kind == "cypher"]
ANSWERS = [text for kind, text in BLOCKS if kind == "answer"]

pytestmark = pytest.mark.neo4j


def rows(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(TABLES[table].splitlines()))


def trades(table: str) -> list[dict[str, model.Value]]:
    return [trade(r["supplier"], r["buyer"], int(r["amount_fen"])) for r in rows(table)]


def load(url: str) -> None:
    """Publish the two versions that the page describes."""
    given = {
        "trades": trades("trades"),
        "receivables": [
            economy.receivable(
                r["id"], r["seller"], r["buyer"], status=r["status"],
                amount_fen=int(r["amount_fen"]),
            )
            for r in rows("receivables")
        ],
        "holdings": [
            economy.holding(r["id"], r["owner"], r["owned"], float(r["share"]))
            for r in rows("holdings")
        ],
        "guarantees": [
            {**economy.guarantee(r["id"], r["guarantor"], r["debtor"]),
             "amount_fen": int(r["amount_fen"])}
            for r in rows("guarantees")
        ],
    }  # fmt: skip
    names = {
        row[end]
        for table, found in given.items()
        for row in found
        for end in model.table(table).ends
    }
    with open_store(url) as store:
        firms = [firm(str(name), core=str(name).startswith("K")) for name in sorted(names, key=str)]
        publish(store, firms=firms, **given)
        with store.stage() as stage:
            stage.write("trades", rows_of("trades", trades("changed trades")))
            stage.remove("trades", rows_of("trades", rows("removed trades")))
            stage.publish(DAY, published_at=NOW)


@pytest.fixture(scope="module")
def asked(neo4j_url: str, run_folder: Path) -> Iterator[list[list[str]]]:
    """Yield what the server answers to every question, as the page writes answers."""
    from graph.testing import servers  # noqa: PLC0415  # Beside its only use.

    parts = urlsplit(neo4j_url)
    with (
        servers.locked(run_folder / "neo4j.test"),
        neo4j.GraphDatabase.driver(
            f"{parts.scheme}://{parts.hostname}:{parts.port}",
            auth=(parts.username or "", parts.password or ""),
        ) as driver,
    ):
        driver.execute_query("MATCH (n) DETACH DELETE n", database_="neo4j")
        load(neo4j_url)
        yield [answer(driver, question) for question in QUESTIONS]


def answer(driver: neo4j.Driver, question: str) -> list[str]:
    given: dict[str, object] = {}
    if question.startswith(":params"):
        line, question = question.split("\n", 1)
        given = yaml.safe_load(line.removeprefix(":params "))
    found = driver.execute_query(question, given, database_="neo4j").records  # type: ignore[arg-type]
    return [",".join(shown(value) for value in record.values()) for record in found]


def shown(value: object) -> str:
    return ">".join(value) if isinstance(value, list) else str(value)


def test_the_page_asks_at_least_ten_questions_and_answers_each() -> None:
    assert len(TITLES) == len(QUESTIONS) == len(ANSWERS) >= 10
    assert [int(number) for number, _ in TITLES] == list(range(1, len(TITLES) + 1))


@pytest.mark.parametrize("number", range(len(QUESTIONS)), ids=[title for _, title in TITLES])
def test_the_answer_on_the_page_is_the_servers(asked: list[list[str]], number: int) -> None:
    assert asked[number] == ANSWERS[number].splitlines()
