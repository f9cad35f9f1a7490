"""A home with descriptions of its own, and what trying them tells."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from ingestion.trial import TrialWishes, check

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

HEAD = "schema: 1\nowner: risk@bank.example\nchecks: {set_aside_rows_free: 100}\n"


@dataclass
class Desk:
    """Writes descriptions and files, and tries them."""

    house: "House"

    def say(self, text: str, name: str = "own") -> None:
        folder = self.house.home / "sources"
        folder.mkdir(exist_ok=True)
        plain = dedent(text)
        (folder / f"{name}.yml").write_text(
            plain if plain.startswith("schema") else HEAD + plain, encoding="utf-8"
        )

    def check(self, *paths: Path, name: str = "own") -> Mapping[str, Any]:
        out = self.house.home / "facts.jsonl"
        given = paths or (self.house.inbox,)
        return check(name, given, job=self.house.job, wishes=TrialWishes(facts=out)).document

    def facts(self, table: str) -> list[dict[str, Any]]:
        lines = (self.house.home / "facts.jsonl").read_text(encoding="utf-8").splitlines()
        told = [json.loads(line) for line in lines]
        return [each["fact"] for each in told if each["table"] == table]

    def faults(self, text: str) -> list[str]:
        self.say(text)
        refused = self.check()["refused"]
        return [] if refused is None else refused.splitlines()


@pytest.fixture
def desk(house: "House") -> Desk:
    return Desk(house)
