"""Policy files: strict, versioned by content, chosen by date."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.policy import Policy, in_force, load_policies, read_policy, shipped
from app.policy.loader import SHIPPED
from graph.errors import InvalidInput, NotFound

FIRST = min(SHIPPED.glob("*.yml"))
DAY = dt.date(2026, 6, 30)


def read() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FIRST.read_text(encoding="utf-8"))
    return found


def write(folder: Path, content: Any, name: str = "2030-01-01-mine.yml") -> Path:
    written = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    (folder / name).write_text(written, encoding="utf-8")
    return folder


@pytest.fixture
def policy() -> Policy:
    return in_force(shipped(), DAY)


def test_every_value_has_unit_source_and_both_labels(policy: Policy) -> None:
    for rule in policy.rules.values():
        assert rule.unit
        assert rule.source
        assert rule.label.zh
        assert rule.label.en
        assert rule.label.zh != rule.label.en


# The values that docs/limits.md and the design of limits name, written out again.
NAMED = {
    "trade_share_min": "0.005",
    "tiers_max": 5,
    "past_due_days_document": 0,
    "tenor_days_max": 180,
    "past_due_days_max": 60,
    "age_days_max": 180,
    "cross_age": "0.25",
    "open_days": 90,
    "dilution_free": "0.05",
    "a_verified": "0.85",
    "a_unverified": "0.70",
    "a_confirmed": "0.95",
    "theta_up": "0.8",
    "theta_down": "0.7",
    "phi_confirm": "0.5",
    "phi_prepay": "0.5",
    "tenor_days": 90,
    "prepay_days": 60,
    "margin": "0.3",
    "kappa": "1.0",
    "kappa_relation": "0.5",
    "bank_capital_fen": 50 * 10**9 * 100,
    "data_credit_factor": "0.5",
    "pass_on": "0.8",
    "cut_off_fen": 100_000,
    "sales_share": "0.20",
    "micro_months": 2,
    "omega": "0.5",
    "resilience_min": "0.3",
    "stress_budget_share": "0.10",
    "delta": "0.5",
    "lgd": "0.6",
    "pd_unrated": "0.05",
    "cycle_days": 90,
    "product_cap_fen": 20_000_000 * 100,
    "single_borrower_share": "0.10",
    "cash_multiple": "0.5",
    "contagion.tolerance": "0.01",
    "contagion.partners": 3,
}


@pytest.mark.parametrize("name", sorted(NAMED))
def test_the_standard_policy_has_the_values_that_were_decided(policy: Policy, name: str) -> None:
    assert policy.decimal(name) == Decimal(NAMED[name])


def test_the_grade_tables_run_over_all_grades(policy: Policy) -> None:
    grades = [f"R{number}" for number in range(1, 16)] + ["D"]

    assert list(policy.table("k_by_grade")) == grades
    assert list(policy.table("pd_by_grade")) == grades
    assert list(policy.table("grade_factors")) == [*grades, "none"]
    shares = list(policy.table("k_by_grade").values())
    assert shares == sorted(shares, reverse=True)
    chances = list(policy.table("pd_by_grade").values())
    assert chances == sorted(chances)
    assert (policy.table("pd_by_grade")["D"], policy.table("grade_factors")["D"]) == (1, 0)


def test_the_version_names_the_content(tmp_path: Path, policy: Policy) -> None:
    changed = read()
    changed["values"]["omega"]["value"] = "0.6"
    write(tmp_path, changed)

    other = load_policies(tmp_path)[0]

    assert other.name == policy.name
    assert other.version != policy.version
    assert other.decimal("omega") == Decimal("0.6")


def test_the_latest_that_has_begun_is_in_force(tmp_path: Path) -> None:
    for day in ("2026-06-30", "2024-01-01", "2026-07-01"):
        content = read() | {"from": dt.date.fromisoformat(day), "name": f"p{day[5:7]}"}
        write(tmp_path, content, f"{day}.yml")
    policies = load_policies(tmp_path)

    assert in_force(policies, DAY).name == "p06"
    assert in_force(policies, DAY - dt.timedelta(days=1)).name == "p01"
    with pytest.raises(NotFound, match="in force on 2023-12-31"):
        in_force(policies, dt.date(2023, 12, 31))


def broken(change: str) -> Any:
    """Return the standard policy with one fault."""
    content = read()
    values = content["values"]
    faults: dict[str, Any] = {
        "unknown": lambda: values.update(extra=values["omega"]),
        "missing": lambda: values.pop("omega"),
        "float": lambda: values["omega"].update(value=0.5),
        "word": lambda: values["omega"].update(value="half"),
        "endless": lambda: values["omega"].update(value="NaN"),
        "negative": lambda: values["omega"].update(value="-1"),
        "days": lambda: values["open_days"].update(value="90"),
        "flag": lambda: values["registry_required"].update(value="no"),
        "unit": lambda: values["omega"].update(unit="yuan"),
        "source": lambda: values["omega"].update(source=" "),
        "label": lambda: values["omega"].update(label={"en": "Only one"}),
        "keys": lambda: values["omega"].update(note="more"),
        "top": lambda: content.update(more={}),
        "date": lambda: content.update({"from": "soon"}),
        "share": lambda: values["theta_up"].update(value="80"),
        "schema": lambda: content.update(schema=99),
        "name": lambda: content.update(name="标准\n"),
        "cell": lambda: content["tables"]["k_by_grade"]["value"].update(R1=0.6),
    }
    faults[change]()
    return content


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("unknown", r"unknown values \['values\.extra'\]"),
        ("missing", r"missing values \['values\.omega'\]"),
        ("float", r"values\.omega: write the number in quotes"),
        ("word", r"values\.omega: 'half' is not a number"),
        ("endless", r"values\.omega: 'NaN' must be finite"),
        ("negative", r"values\.omega: '-1' must be finite and not below 0"),
        ("days", r"values\.open_days: must be a whole number"),
        ("flag", r"values\.registry_required: must be true or false"),
        ("unit", r"values\.omega\.unit: must be 'ratio'"),
        ("source", r"values\.omega\.source: must not be blank"),
        ("label", r"missing values \['values\.omega\.label\.zh'\]"),
        ("keys", r"unknown values \['values\.omega\.note'\]"),
        ("top", r"unknown values \['more'\]"),
        ("date", r"from: must be a date"),
        ("share", r"values\.theta_up: a share is at most 1"),
        ("schema", r"schema 99 is not known here"),
        ("name", r"name: may hold letters, digits"),
        ("cell", r"tables\.k_by_grade\.R1: write the number in quotes"),
    ],
)
def test_a_fault_is_refused_with_file_and_key(tmp_path: Path, change: str, said: str) -> None:
    write(tmp_path, broken(change))

    with pytest.raises(InvalidInput, match=rf"2030-01-01-mine\.yml: {said}"):
        load_policies(tmp_path)


def test_a_grade_that_is_missing_from_a_table_is_refused(tmp_path: Path) -> None:
    content = read()
    del content["tables"]["pd_by_grade"]["value"]["R7"]
    write(tmp_path, content)

    with pytest.raises(InvalidInput, match=r"tables\.pd_by_grade: missing keys \['R7'\]"):
        load_policies(tmp_path)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    content = read()
    del content["values"]["omega"], content["contagion"]["partners"]
    content["values"]["margin"]["value"] = 0.3
    write(tmp_path, content)

    told = (
        r"missing values \['contagion\.partners', 'values\.omega'\]; "
        r"values\.margin: write the number in quotes"
    )
    with pytest.raises(InvalidInput, match=told):
        load_policies(tmp_path)


def test_faults_of_every_kind_and_file_are_told_at_once(tmp_path: Path) -> None:
    content = read()
    values = content["values"]
    del values["omega"]
    values["theta_up"]["value"], values["kappa"]["value"] = "80", "1e999999"
    content["tables"]["k_by_grade"]["value"]["R1"] = "1.2"
    write(tmp_path, content, "a.yml")
    write(tmp_path, read() | {"from": "soon"}, "b.yaml")

    with pytest.raises(InvalidInput) as told:
        load_policies(tmp_path)
    first, second = str(told.value).split("\n")
    assert first == (
        "a.yml: missing values ['values.omega']; values.theta_up: a share is at most 1; "
        f"values.kappa: must be at most {2**63 - 1}; tables.k_by_grade.R1: a share is at most 1"
    )
    assert second == "b.yaml: from: must be a date"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("value: 5\n", "value: 010\n", "values.tiers_max: must be a whole number"),
        ("value: 5\n", "value: 1:30\n", "values.tiers_max: must be a whole number"),
        ("value: 5\n", "value: 0x10\n", "values.tiers_max: must be a whole number"),
        ("value: false", "value: no", "values.registry_required: must be true or false"),
        ("from: 2015-01-01", "from: 2015-02-30", "from: must be a date"),
        ("from: 2015-01-01", "from: 2015-01-01 08:00:00", "from: must be a date"),
    ],
)
def test_no_value_is_taken_for_another_than_it_looks(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = FIRST.read_text(encoding="utf-8").replace(old, new, 1)
    (tmp_path / "mine.yml").write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInput, match=re.escape(said)):
        load_policies(tmp_path)
    if "no" in new or "1:30" in new:  # What a run was computed with stays what it was.
        assert read_policy(tmp_path / "mine.yml", stored=True).whole("tiers_max") in (5, 90)


def test_of_two_files_that_begin_on_one_day_neither_is_guessed(tmp_path: Path) -> None:
    for name in ("a.yml", "b.yml"):
        write(tmp_path, read() | {"name": name[0]}, name)

    with pytest.raises(InvalidInput, match=r"b\.yml: from: a\.yml begins on 2015-01-01, too"):
        load_policies(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: " + "[" * 100_000, "line 1 is nested deeper than"),
        ("schema: &a [x, x]\n", "schema of this kind is not known here"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nschema: [*b, *b]\n", "schema of this kind is not known"),
        ("1: 2\nschema: 2\n", "1: a key must be text"),
        ("values: 3\nschema: 2\n", "values: must hold keys and values"),
        ("a: !!python/name:os.system x\n", "could not determine a constructor"),
        ("", "must hold keys and values"),
    ],
)
def test_a_hostile_file_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "a.yml").write_text(content, encoding="utf-8")

    with pytest.raises(InvalidInput, match=re.escape(said)):
        load_policies(tmp_path)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.yml").mkdir()
    (tmp_path / ".hidden.yml").write_text("not a policy", encoding="utf-8")

    with pytest.raises(InvalidInput, match=r"^a\.yml: cannot be read: Is a directory$"):
        load_policies(tmp_path)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    text = FIRST.read_text(encoding="utf-8").replace("  kappa:\n", "  omega:\n")
    (tmp_path / "mine.yml").write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInput, match=r"the keys \['omega'\] stand twice"):
        load_policies(tmp_path)


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InvalidInput, match=r"a\.yml: not a YAML file in UTF-8"):
        load_policies(tmp_path)


def test_a_folder_without_policies_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no policy file"):
        load_policies(tmp_path)


def _third(names: object) -> dict[str, Any]:
    content = read() | {"schema": 3}
    entry = {"value": names, "unit": "text", "source": "x", "label": {"zh": "名", "en": "names"}}
    return content | {"values": content["values"] | {"own_names": entry}}


def test_the_names_of_the_bank_itself_are_a_list_of_texts(tmp_path: Path, policy: Policy) -> None:
    (mine,) = load_policies(write(tmp_path, _third(["甲银行", "91350100M000100Y43"])))

    assert mine.texts("own_names") == ("甲银行", "91350100M000100Y43")
    assert policy.texts("own_names") == ()  # An older file: nobody is the bank itself.


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("甲银行", "values.own_names: input should be a valid list"),
        (["甲银行", " "], "values.own_names.1: must not be blank"),
        ([1], "values.own_names.0: must be text"),
        (["x"] * 1001, "values.own_names: list should have at most 1000 items"),
    ],
)
def test_names_of_the_bank_that_are_none_are_refused(
    tmp_path: Path, names: object, said: str
) -> None:
    with pytest.raises(InvalidInput, match=re.escape(said)):
        load_policies(write(tmp_path, _third(names)))


def test_asking_for_another_kind_of_value_is_refused(policy: Policy) -> None:
    with pytest.raises(NotFound, match="has no rule 'luck'"):
        policy.rule("luck")
    with pytest.raises(InvalidInput, match="is not a number"):
        policy.decimal("contagion.method")
    with pytest.raises(InvalidInput, match="is not a whole number"):
        policy.whole("omega")
    with pytest.raises(InvalidInput, match="is not true or false"):
        policy.flag("omega")
    with pytest.raises(InvalidInput, match="is not a table"):
        policy.table("omega")
    with pytest.raises(InvalidInput, match="is not a list of texts"):
        policy.texts("omega")
