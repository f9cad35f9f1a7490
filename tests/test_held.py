"""Every rule of the book has its test, and docs/money.md says which."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "money.md"
BEGIN = "## Which test holds what\n"
SECTIONS = [*"12348", *("9", "10", "11", "12"), *(f"kind {number}" for number in range(9, 20))]
HEAD = f"""{BEGIN}
1 words and time, 2 accounts, 3 operations, 4 payables and vouchers, 8 groups, 9 routes, 10 beside
the graph, 11 proof, 12 small print; then kinds of faults in systems that lend.

| | rule | held by |
|---|---|---|
"""


def kept() -> dict[str, Any]:
    """Return the rules with their tests."""
    found: dict[str, Any] = yaml.safe_load(
        (ROOT / "tests" / "held.yml").read_text(encoding="utf-8")
    )
    return found


def table() -> str:
    """Return the table as the page has it."""
    places, lines = kept()["places"], []
    for section, rule, tests in kept()["rules"]:
        named = [f"`{places[place]}` {name}" for place, name in map(str.split, tests)]
        lines.append(f"| {section} | {rule} | {' · '.join(named)} |\n")
    return HEAD + "".join(lines)


def test_every_section_and_kind_has_rules_and_every_rule_a_test_that_is_there() -> None:
    held = kept()
    files = {
        place: (ROOT / path).read_text(encoding="utf-8") for place, path in held["places"].items()
    }
    used = set()
    for _, rule, tests in held["rules"]:
        assert tests, rule
        for place, name in map(str.split, tests):
            assert re.search(rf"^def {name}\(", files[place], re.MULTILINE), (rule, name)
            used.add(place)

    assert list(dict.fromkeys(section for section, _, _ in held["rules"])) == SECTIONS
    assert used == set(held["places"])


def test_the_page_has_the_table_of_rules() -> None:
    assert PAGE.read_text(encoding="utf-8").partition(BEGIN)[2] == table().removeprefix(BEGIN)


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0].rstrip("\n")
    PAGE.write_text(f"{before}\n\n{table()}", encoding="utf-8")
