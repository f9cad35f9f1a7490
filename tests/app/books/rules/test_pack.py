"""Rule packs: strict, dated, and asked for a value on a day."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.books.rules import Rulebook
from app.books.rules.forms import SHAPES
from app.books.rules.pack import SHIPPED, read_pack
from app.platform.errors import Unready
from graph.errors import InvalidInput

FIRST = min(SHIPPED.glob("*.yml"))
DAY = dt.date(2026, 6, 30)
SHIPPED_BOOK = Rulebook(None)


def read() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FIRST.read_text(encoding="utf-8"))
    return found


def write(folder: Path, content: Any, name: str = "mine.yml") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


# What the products and the regulation behind them name, written out again.
NAMED = {
    "voucher.tenor.soft_days": 183,
    "voucher.tenor.hard_days": 365,
    "voucher.transition_end": dt.date(2027, 6, 15),
    "voucher.registry_id_required": True,
    "platform.holds_funds": False,
    "bill.persistent_overdue": {"overdue": 3, "months": 6},
    "pay.sme.large_buyer_days": 60,
    "pay.sme.public_buyer_days": {"usual": 30, "agreed": 60},
    "pay.back_to_back_allowed": False,
    "pay.noncash_forced": False,
    "receivable.confirm_days": 30,
    "pay.late_interest": Decimal("0.0005"),
    "wc.term.max_years": {"usual": 3, "long_cycle": 5},
    "wc.extension": {"up_to_one_year": Decimal(1), "longer": Decimal("0.5")},
    "draw.entrusted_payment_min": 1_000_000_000,
    "fee.prepayment_free": ["small", "micro"],
    "class.overdue_days": {"special_mention": 0, "substandard": 90, "doubtful": 270, "loss": 360},
    "lex.loan_single": Decimal("0.10"),
    "lex.single_nonbank": Decimal("0.15"),
    "lex.group_nonbank": Decimal("0.20"),
    "lex.interbank": {"usual": Decimal("0.25"), "between_gsibs": Decimal("0.15")},
    "lex.basel_limit": Decimal("0.25"),
    "lex.basel_report": Decimal("0.10"),
    "lex.identify_from": Decimal("0.05"),
    "lex.dependence_share": Decimal("0.50"),
    "bo.threshold": Decimal("0.25"),
    "aml.retention_years": 10,
    "pii.impact_assessment": 3,
    "credit.negative_retention_years": 5,
}


def test_the_shipped_rules_have_the_values_that_the_regulation_has() -> None:
    held = SHIPPED_BOOK.on(DAY).held

    assert {name: held[name].value for name in NAMED} == NAMED
    assert set(held) == set(SHAPES)


def test_every_rule_has_source_and_words_in_both_languages() -> None:
    for rule in read_pack(FIRST).rules:
        assert rule.source
        assert rule.label.zh != rule.label.en


@pytest.mark.parametrize(
    ("day", "days"), [("2025-06-14", None), ("2025-06-15", 365), ("2026-12-31", 365)]
)
def test_a_rule_holds_from_its_first_day_on(day: str, days: int | None) -> None:
    rules = SHIPPED_BOOK.on(dt.date.fromisoformat(day))

    assert rules.days("voucher.tenor.hard_days") == days


def test_what_is_announced_without_a_day_is_not_in_force() -> None:
    rules = SHIPPED_BOOK.on(dt.date(2040, 1, 1))

    assert rules.days("voucher.tenor.hard_days") == 365
    assert [(each.id, each.value) for each in rules.coming] == [("voucher.tenor.hard_days", 183)]


def test_a_rule_ends_with_its_last_day_and_the_next_one_follows(tmp_path: Path) -> None:
    content = read()
    now, coming = content["rules"]["voucher.tenor.hard_days"]
    now["to"], coming["from"] = dt.date(2027, 3, 31), dt.date(2027, 4, 2)
    write(tmp_path / "rules", content)

    told = [
        Rulebook(tmp_path).on(dt.date(2027, month, day)).days("voucher.tenor.hard_days")
        for month, day in ((3, 31), (4, 1), (4, 2))
    ]
    assert told == [365, None, 183]


def test_values_are_asked_for_by_their_kind_and_a_wrong_word_is_an_error() -> None:
    rules = SHIPPED_BOOK.on(DAY)

    assert rules.share("lex.single_nonbank") == Decimal("0.15")
    assert rules.flag("confirm.final") is True
    assert rules.text("core.stop_issue_on") == ["voucher_unpaid", "bond_default", "bill_overdue"]
    for name in ("voucher.tenor.hard_dais", "lex.single_nonbank", "class.overdue_days"):
        with pytest.raises(KeyError):
            rules.days(name)


def test_a_refusal_names_rule_source_and_words() -> None:
    error = SHIPPED_BOOK.on(DAY).refuse("voucher.tenor.hard_days", zh="超过一年", en="over a year")

    assert (error.status, error.code, str(error)) == (409, "rule", "over a year")
    assert error.further["rule"] == "voucher.tenor.hard_days"
    assert "art. 11" in str(error.further["source"])
    assert (error.further["zh"], error.further["en"]) == ("超过一年", "over a year")


HARD = "rules.voucher.tenor.hard_days.0"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": "365"}, "value"),
        ({"value": -1}, "must not be below 0"),
        ({"value": True}, "must be a whole number"),
        ({"unit": "weeks"}, "unit must be one of"),
        ({"unit": "months"}, "voucher.tenor.hard_days: unit must be 'days'"),
        ({"value": {"usual": 1}}, r"value must have the keys \[\], not \['usual'\]"),
        ({"from": "soon"}, "must be a date"),
        ({"to": dt.date(2025, 6, 14)}, "to must not be before from"),
        ({"from": None, "to": dt.date(2027, 1, 1)}, "to must not be before from"),
        ({"source": " "}, "must not be blank"),
        ({"severity": "huge"}, "severity: must be 'low', 'medium' or 'high'"),
        ({"action": "shrug"}, "action: must be"),
        ({"label": {"zh": "期限"}}, r"missing values .*label\.en"),
        ({"colour": "red"}, "unknown values"),
    ],
)
def test_a_fault_is_refused_with_file_and_key(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    content = read()
    content["rules"]["voucher.tenor.hard_days"][0].update(change)
    path = write(tmp_path, content)

    with pytest.raises(InvalidInput, match=rf"^mine\.yml: .*{said}"):
        read_pack(path)


def test_a_pack_written_before_a_rule_came_may_lack_it(tmp_path: Path) -> None:
    content = read()
    del content["rules"]["fee.prepayment_free"]

    assert read_pack(write(tmp_path, content)).on(DAY).text("fee.prepayment_free") == ()


def test_rules_that_are_missing_unknown_or_twice_at_once_are_told_together(tmp_path: Path) -> None:
    content = read()
    rules = content["rules"]
    rules["wc.needs"] = rules.pop("wc.need")
    rules["bo.threshold"].append(rules["bo.threshold"][0] | {"from": dt.date(2025, 1, 1)})
    path = write(tmp_path, content)

    with pytest.raises(InvalidInput) as told:
        read_pack(path)
    assert str(told.value) == (
        "mine.yml: missing rules ['wc.need']; unknown rules ['wc.needs']; "
        "bo.threshold: from 2025-01-01 lies in the time of the one from 2024-11-01"
    )


def test_a_bank_has_packs_of_its_own_beside_its_policies(tmp_path: Path) -> None:
    assert Rulebook(tmp_path).on(DAY).pack.name == "standard"  # None of its own: the shipped.
    content = read() | {"name": "mine", "from": dt.date(2026, 7, 1)}
    content["rules"]["voucher.tenor.hard_days"][0]["value"] = 300
    write(tmp_path / "rules", content)

    assert Rulebook(tmp_path).on(dt.date(2026, 7, 1)).days("voucher.tenor.hard_days") == 300
    with pytest.raises(Unready, match="none is in force on 2026-06-30"):
        Rulebook(tmp_path).on(DAY)


def test_a_changed_pack_is_read_again_and_a_broken_one_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "rules", read())
    before = Rulebook(tmp_path).on(DAY).pack.version
    path.write_text("rules: [\n", encoding="utf-8")

    with pytest.raises(Unready, match=r"no rule pack can be used: mine\.yml: not a YAML file"):
        Rulebook(tmp_path).on(DAY)
    assert before.startswith("standard-1995-07-01-")
