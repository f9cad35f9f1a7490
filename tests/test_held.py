"""Every rule of the book has its test, and docs/money.md says which."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "money.md"
BEGIN = "## Which test holds what\n"
SECTIONS = {
    "1": "Words and time",
    "2": "Accounts",
    "3": "Operations",
    "4": "Payables and vouchers",
    "5": "From asking to money",
    "6": "Loan arithmetic",
    "7": "Portfolio",
    "8": "Groups",
    "9": "Routes",
    "10": "Beside the graph",
    "11": "Proof",
    "12": "Small print",
    "kinds 1 to 8": "Kinds of faults in systems that lend",
    **{f"kind {number}": "" for number in range(9, 20)},
}
LATER = {"lending": "comes with lending", "signals": "comes with signals"}
HEAD = f"""{BEGIN}
What the contract says of the book, and which test holds it. The tests are named by their files:

"""


def kept() -> dict[str, Any]:
    """Return the rules with their tests."""
    found: dict[str, Any] = yaml.safe_load(
        (ROOT / "tests" / "held.yml").read_text(encoding="utf-8")
    )
    return found


def table() -> str:
    """Return the tables as the page has them."""
    held, begun = kept(), set()
    lines = [HEAD, "| name | file |\n|---|---|\n"]
    lines += [f"| {place} | `{path}` |\n" for place, path in held["places"].items()]
    for section, claim, tests in held["rules"]:
        if section not in begun and SECTIONS[section]:
            lines.append(f"\n### {SECTIONS[section]}\n\n| | claim | held by |\n|---|---|---|\n")
        begun.add(section)
        named = LATER.get(tests) if isinstance(tests, str) else " · ".join(map(_code, tests))
        lines.append(f"| {section} | {claim} | {named} |\n")
    return "".join(lines)


def _code(test: str) -> str:
    place, name = test.split()
    return f"{place} `{name}`"


def test_every_section_and_kind_has_claims_and_every_claim_a_test_that_is_there() -> None:
    held = kept()
    files = {
        place: (ROOT / path).read_text(encoding="utf-8") for place, path in held["places"].items()
    }
    used = set()
    for _, claim, tests in held["rules"]:
        assert tests, claim
        assert not isinstance(tests, str) or tests in LATER, claim
        for place, name in [] if isinstance(tests, str) else map(str.split, tests):
            assert re.search(rf"^(?:    )?def {name}\(", files[place], re.MULTILINE), (claim, name)
            used.add(place)

    assert list(dict.fromkeys(section for section, _, _ in held["rules"])) == list(SECTIONS)
    assert used == set(held["places"])
    claims = [(section, claim) for section, claim, _ in held["rules"]]
    assert len(set(claims)) == len(claims) > 200


def test_the_page_has_the_table_of_rules() -> None:
    assert PAGE.read_text(encoding="utf-8").partition(BEGIN)[2] == table().removeprefix(BEGIN)


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0].rstrip("\n")
    PAGE.write_text(f"{before}\n\n{table()}", encoding="utf-8")
