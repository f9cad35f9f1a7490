"""Every command: facts as JSON on standard output, the exit status, help with an example."""

import html
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from app import cli
from app.platform.auth.tokens import read
from app.platform.clock import utc_now
from app.platform.config import Settings
from app.policy.loader import SHIPPED
from graph.stores import open_store
from graph.testing.waiting import WAIT_S
from tests.app.economy import write_files

ROOT = Path(__file__).parent.parent.parent.parent
# A command that is interrupted, as by a key, when it says for the first time how far it is.
INTERRUPTED = """
import os, signal, sys
from app.platform.console import progress
from contextlib import contextmanager

@contextmanager
def pressed(title):
    yield lambda step, share: os.kill(os.getpid(), signal.SIGINT)

progress.progress = pressed
from app.cli import main
main(sys.argv[1:])
"""


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def deeptier(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Return a function that runs a command in this process as the entry point does."""
    monkeypatch.setenv("DEEPTIER_HOME", str(home))

    def run(*arguments: str) -> Said:
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        out, err = capsys.readouterr()
        return Said(int(ended.value.code or 0), out, err)

    return run


def commands() -> list[tuple[str, ...]]:
    """Return every command by its words."""
    found: list[tuple[str, ...]] = []

    def walk(command: Any, words: tuple[str, ...]) -> None:
        for name, each in getattr(command, "commands", {}).items():
            found.append((*words, name))
            walk(each, (*words, name))

    walk(typer.main.get_command(cli.app), ())
    return found


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(cli.app, [*words, "--help"])

    assert said.exit_code == 0
    called = " ".join(word for word in words if word != "issue")  # `token ROLE` needs no word more.
    assert f"Example: deeptier {called}" in " ".join(said.output.split())


def test_facts_are_one_json_document(deeptier: Run) -> None:
    for words in (
        ["versions"],
        ["cores"],
        ["cores", "--suggest", "3"],
        ["chain", "CORE1"],
        ["limits", "CORE1"],
        ["explain", "CORE1", "MILL"],
        ["stress", "--close", "MILL"],
        ["jobs"],
        ["doctor"],
        ["ledger", "verify"],
        ["token", "risk"],
        ["refresh"],
    ):
        said = deeptier(*words, "--json")
        assert said.status == 0, (words, said.err)
        assert isinstance(said.json, dict), words
        plain = deeptier(*words)
        assert plain.status == 0, (words, plain.err)
        assert plain.out, words


def test_versions_and_cores_have_the_promised_form(deeptier: Run) -> None:
    (version,) = deeptier("versions", "--json").json["items"]
    assert set(version) == {
        *("version", "as_of", "published_at", "firms", "trades", "current", "sources")
    }
    assert [each["source"] for each in version["sources"]] == ["files"]
    assert version["sources"][0]["files"] > 1
    assert "from files (" in deeptier("doctor").out
    assert (version["version"], version["as_of"], version["current"]) == (1, "2026-06-30", True)
    cores = deeptier("cores", "--json").json["items"]
    assert cores == [
        {"id": "CORE1", "name": "华东重工集团有限公司", "firms": 4},
        {"id": "CORE2", "name": "北方汽车股份有限公司", "firms": 1},
    ]


def test_suggested_cores_come_by_trade(deeptier: Run) -> None:
    found = deeptier("cores", "--suggest", "2", "--json").json["items"]

    assert [each["id"] for each in found] == ["CORE1", "MILL"]
    assert found[1]["purchases_fen"] + found[1]["sales_fen"] == 5_999_999_400


def test_a_core_that_is_added_gets_limits_and_outlives_an_import(
    deeptier: Run, tmp_path: Path
) -> None:
    assert deeptier("core", "add", "MILL").status == 0
    assert [c["id"] for c in deeptier("cores", "--json").json["items"]] == [
        "CORE1",
        "CORE2",
        "MILL",
    ]
    assert deeptier("chain", "MILL", "--json").json["run"] is None
    assert deeptier("refresh").status == 0
    files = write_files(tmp_path / "again")
    assert deeptier("ingest", "files", str(files), "--as-of", "2026-07-01").status == 0
    assert deeptier("refresh").status == 0
    limits = deeptier("limits", "MILL", "--json").json
    assert limits["version"] == 2
    assert [firm["id"] for firm in limits["firms"] if firm["direction"] == "up"] == ["ORE"]
    assert deeptier("core", "remove", "MILL").status == 0
    assert deeptier("core", "remove", "CORE2").status == 0
    assert [c["id"] for c in deeptier("cores", "--json").json["items"]] == ["CORE1"]


def test_a_chain_may_be_cut(deeptier: Run) -> None:
    whole = deeptier("chain", "CORE1", "--json").json
    near = deeptier("chain", "CORE1", "--tiers", "1", "--json").json

    assert [f["id"] for f in whole["firms"]] == ["MILL", "PART", "ORE", "SHOP"]
    assert [f["id"] for f in near["firms"]] == ["MILL", "PART", "SHOP"]
    assert whole["next"] is None


def test_what_is_not_there_ends_with_one_and_a_message(deeptier: Run, password_file: str) -> None:
    for words in (
        ["chain", "NONE"],
        ["chain", "MILL"],
        ["core", "add", "NONE"],
        ["limits", "NONE"],
        ["explain", "CORE1", "NONE"],
        ["export", "NONE", "--format", "csv", "--out", "x.csv"],
        ["refresh", "--version", "9"],
        ["jobs", "run", "none"],
        ["stress", "--close", "NONE"],
        ["ingest", "files", "nowhere"],
        ["user", "password", "nobody", "--password-file", password_file],
        ["user", "password", "nobody", "--password-file", "nowhere"],
    ):
        said = deeptier(*words)
        assert (said.status, said.out) == (1, ""), words
        assert said.err.startswith("error: "), words
        assert "Traceback" not in said.err, words


def test_wrong_usage_ends_with_two(deeptier: Run) -> None:
    for words in (
        ["nothing"],
        ["chain"],
        ["chain", "CORE1", "--tiers", "x"],
        ["export", "CORE1", "--format", "pdf", "--out", "x"],
        ["token", "king"],
        ["token", "core"],
        ["token", "core", "--firm", "X"],
        ["token", "risk", "--core", "CORE1"],
        ["token", "risk", "--days", "0"],
    ):
        assert deeptier(*words).status == 2, words


def test_wrong_words_are_told_in_plain_words(deeptier: Run, tmp_path: Path) -> None:
    for words, told in (
        (["limits", "CORE1", "--as-of", "soon"], "'--as-of': 'soon' is no day; give it as 2026-"),
        (["ingest", "files", ".", "--as-of", "2026-13-01"], "'2026-13-01' is no day; give it as"),
        (["limits", "CORE1", "--csv", str(tmp_path)], f"error: {tmp_path}: is a folder, not a"),
        (
            ["export", "CORE1", "--format", "json", "--out", str(tmp_path)],
            "is a folder, not a file",
        ),
        (["export", "CORE1", "--format", "json", "--out", "/proc/x"], "error: /proc/x: no such"),
        (
            ["analyse", "esri", "--firms", str(tmp_path), "--trades", "x", "--out", "y.csv"],
            "is a f",
        ),
        (
            ["user", "password", "x", "--password-file", "no"],
            "error: no: no such file or directory",
        ),
    ):
        said = deeptier(*words)
        assert said.status in (1, 2), words
        assert told in said.err, said.err
        assert "Value error" not in said.err
        assert "Errno" not in said.err


def test_a_stack_trace_is_shown_on_demand_only(deeptier: Run) -> None:
    assert "Traceback" in deeptier("chain", "NONE", "--debug").err
    assert "Traceback" in deeptier("--debug", "chain", "NONE").err


def test_a_book_proves_itself_and_a_head_that_is_gone_is_named(deeptier: Run) -> None:
    deeptier("token", "risk")  # An event.
    found = deeptier("ledger", "verify", "--json").json
    number, _, digest = found["head"].partition(":")
    assert (found["ok"], found["first_difference"]) == (True, None)
    assert found["events"] == int(number) > 0
    assert deeptier("ledger", "verify", "--head", found["head"]).status == 0

    gone = deeptier("ledger", "verify", "--head", f"{int(number) + 9}:{digest}", "--json")

    assert gone.status == 1
    assert gone.json["first_difference"] == {
        "event": int(number) + 9,
        "field": "number",
        "expected": f"{int(number) + 9}, as it was told",
        "found": int(number),
    }
    assert deeptier("ledger", "verify", "--head", "7").status == 2


def test_a_wrong_setting_is_named(deeptier: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPTIER_RECORDS_URL", "neo4j://x")
    said = deeptier("versions")

    assert said.status == 1
    assert "DEEPTIER_RECORDS_URL: records live in SQLite or PostgreSQL" in said.err
    checks = deeptier("doctor", "--json")
    assert checks.status == 1
    assert [each["name"] for each in checks.json["checks"] if not each["ok"]] == ["settings"]


def test_a_token_holds_at_a_service_with_the_same_folder(deeptier: Run, home: Path) -> None:
    token = deeptier("token", "supplier", "--firm", "PART", "--days", "2").out.strip()

    _, bearer = read(token, Settings(home=home).signing_key(), now=utc_now())

    assert (bearer.role, bearer.firm) == ("supplier", "PART")


@pytest.mark.parametrize("form", ["html", "graphml", "csv", "json"])
def test_a_chain_is_exported(deeptier: Run, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"chain.{form}"
    said = deeptier("export", "CORE1", "--format", form, "--out", str(out))

    assert said.status == 0, said.err
    assert "临江钢铁有限公司" in html.unescape(out.read_text(encoding="utf-8-sig"))


def test_a_chain_as_csv_is_three_tables(deeptier: Run, tmp_path: Path) -> None:
    asked = tmp_path / "asked.csv"
    assert deeptier("limits", "CORE1", "--csv", str(asked)).status == 0
    beside, folder = tmp_path / "chain.csv", tmp_path / "chain"

    for out in (beside, folder):
        assert deeptier("export", "CORE1", "--format", "csv", "--out", str(out)).status == 0

    for name, one in (("firms", "chain.csv"), ("trades", "chain-trades.csv")):
        assert (folder / f"{name}.csv").read_bytes() == (tmp_path / one).read_bytes()
    assert (folder / "limits.csv").read_bytes() == asked.read_bytes()
    assert (tmp_path / "chain-limits.csv").read_bytes() == asked.read_bytes()
    trades = (folder / "trades.csv").read_text(encoding="utf-8-sig").splitlines()
    known = deeptier("export", "CORE1", "--format", "json", "--out", str(tmp_path / "c.json"))
    assert known.status == 0
    whole = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert trades[0] == "supplier,buyer,amount_fen"
    assert trades[1:] == [
        f"{t['supplier']},{t['buyer']},{t['amount_fen']}" for t in whole["trades"]
    ]


def test_an_export_of_a_core_without_limits_says_so(deeptier: Run, tmp_path: Path) -> None:
    assert deeptier("core", "add", "MILL").status == 0

    said = deeptier("export", "MILL", "--format", "csv", "--out", str(tmp_path / "mill"))

    assert said.status == 0
    assert "note: without limits" in said.err
    assert (tmp_path / "mill" / "limits.csv").read_text(encoding="utf-8-sig").count("\n") == 1


def test_an_export_is_the_chain_of_the_run_that_is_served(
    deeptier: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def firms() -> str:
        out = tmp_path / "chain.csv"
        assert deeptier("export", "CORE1", "--format", "csv", "--out", str(out)).status == 0
        return out.read_text(encoding="utf-8-sig")

    before = firms()
    policies = tmp_path / "policies"
    policies.mkdir()
    (shipped,) = SHIPPED.glob("*.yml")
    text = re.sub(r"(tiers_max:\s+value: )\d+", r"\g<1>1", shipped.read_text(encoding="utf-8"))
    assert "value: 1\n" in text
    (policies / shipped.name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("DEEPTIER_POLICY", str(policies))

    assert firms() == before, "another policy is not in force before the next refresh"
    listed = {row["id"] for row in deeptier("limits", "CORE1", "--json").json["firms"]}
    assert {line.split(",")[2] for line in before.splitlines()[1:]} == listed


def test_nothing_is_written_into_a_folder_that_is_not_there(deeptier: Run, tmp_path: Path) -> None:
    said = deeptier("export", "CORE1", "--format", "csv", "--out", str(tmp_path / "no" / "c.csv"))

    assert (said.status, list(tmp_path.glob("no*"))) == (1, [])
    assert "there is no such folder" in said.err


def test_the_doctor_names_what_is_ill(deeptier: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPTIER_GRAPH_URL", "postgresql+psycopg://bank:hidden@127.0.0.1:1/nowhere")
    said = deeptier("doctor", "--json")

    ill = {each["name"]: each["detail"] for each in said.json["checks"] if not each["ok"]}
    assert said.status == 1
    assert "graph" in ill
    assert "hidden" not in said.out + said.err


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    place = tmp_path / "password"
    place.write_text("long enough for this\n", encoding="utf-8")
    return str(place)


def test_a_user_is_added_and_changed(deeptier: Run, password_file: str) -> None:
    password = ("--password-file", password_file)

    assert deeptier("user", "add", "lin", "officer", *password).status == 0
    assert "there is a user" in deeptier("user", "add", "lin", "officer", *password).err
    assert deeptier("user", "password", "lin", *password).status == 0


def test_where_a_user_is_told_by_mail_is_set_and_ended(deeptier: Run, password_file: str) -> None:
    add = ("user", "add", "ann", "supplier", "--firm", "MILL", "--password-file", password_file)
    refused = deeptier(*add, "--email", "ann@mill.example\nBcc: all@bank.example")
    assert (refused.status, "no address of mail" in refused.err) == (1, True)
    assert deeptier("user", "list", "--json").json["items"] == []
    assert deeptier(*add, "--email", "ann@mill.example", "--language", "fr").status == 2
    assert deeptier(*add, "--email", "ann@mill.example", "--language", "en").status == 0
    assert deeptier("user", "list", "--json").json["items"][0]["mail"] == "ann@mill.example"

    assert "no mail is sent yet" in deeptier("user", "email", "ann", "a@mill.example").err
    assert deeptier("user", "email", "ann").status == 0
    assert deeptier("user", "list", "--json").json["items"][0]["mail"] is None
    assert deeptier("user", "email", "nobody", "a@mill.example").status == 1


def test_a_password_is_never_a_word_of_the_command(deeptier: Run) -> None:
    said = deeptier("user", "add", "lin", "officer", "--password", "long enough for this")
    assert (said.status, "No such option" in said.err) == (2, True)

    assert deeptier("user", "add", "lin", "officer").status == 2  # There is nobody to ask.


def test_a_user_is_disabled_enabled_and_revoked(deeptier: Run, password_file: str) -> None:
    deeptier("user", "add", "lin", "officer", "--password-file", password_file)
    assert deeptier("token", "officer", "--user", "lin").status == 0
    assert deeptier("token", "risk", "--user", "lin").status == 1
    (row,) = deeptier("user", "list", "--json").json["items"]
    assert (row["name"], row["active"], row["tokens"]) == ("lin", True, 1)

    assert "0 sessions and 1 tokens are ended" in deeptier("user", "disable", "lin").err
    assert deeptier("token", "officer", "--user", "lin").status == 1
    (row,) = deeptier("user", "list", "--json").json["items"]
    assert (row["active"], row["tokens"]) == (False, 0)

    assert deeptier("user", "enable", "lin").status == 0
    assert deeptier("user", "revoke", "lin").status == 0
    assert deeptier("user", "disable", "mo").status == 1


def test_a_token_names_somebody_who_is_no_user_and_their_unit(deeptier: Run) -> None:
    said = deeptier("token", "core", "--core", "CORE1", "--user", "mo", "--json").json
    assert (said["user"], said["unit"]) == ("mo", "head")
    assert deeptier("token", "officer", "--user", "mo", "--unit", "branch").status == 0
    rows = deeptier("token", "list", "--json").json["items"]
    assert sorted((row["user"], row["role"], row["unit"]) for row in rows) == [
        ("mo", "core", "head"),
        ("mo", "officer", "branch"),
    ]

    said = deeptier("token", "officer", "--unit", "moon")
    assert (said.status, "no unit 'moon'; there are head, branch" in said.err) == (1, True)
    assert deeptier("token", "officer", "--user", "").status == 1


def test_a_user_has_a_role_by_name_and_a_unit_that_their_tokens_have(
    deeptier: Run, password_file: str
) -> None:
    add = ("user", "add", "lin", "--unit", "outlet", "--password-file", password_file)
    assert deeptier(*add).status == 2  # In no role.
    assert deeptier(*add, "officer", "--role", "officer").status == 2  # In one, and another.
    assert deeptier(*add, "--role", "officer").status == 0
    (row,) = deeptier("user", "list", "--json").json["items"]

    assert (row["role"], row["unit"]) == ("officer", "outlet")
    said = deeptier("token", "officer", "--user", "lin", "--json")
    assert said.json["unit"] == "outlet"
    assert deeptier("token", "officer", "--user", "lin", "--unit", "head").status == 1
    assert deeptier("user", "add", "mo", "risk", "--unit", "moon").status == 2


def test_a_token_is_listed_and_revoked(deeptier: Run) -> None:
    deeptier("token", "risk")
    (row,) = deeptier("token", "list", "--json").json["items"]

    assert (row["role"], row["user"], row["revoked_at"]) == ("risk", None, None)
    assert row["token"] in deeptier("token", "list").out
    assert deeptier("token", "revoke", row["token"]).status == 0
    assert deeptier("token", "revoke", row["token"]).status == 1


def test_the_module_is_the_command(home: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "app.cli", "--version"],
        cwd=ROOT,
        env={**os.environ, "DEEPTIER_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.startswith("deeptier 0.")


def test_names_are_printed_where_the_terminal_lacks_their_characters(home: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "app.cli", "cores", "--json"],
        cwd=ROOT,
        env={**os.environ, "DEEPTIER_HOME": str(home), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(said.stdout)["items"][0]["name"] == "华东重工集团有限公司"


def test_a_job_is_run_by_hand(deeptier: Run) -> None:
    said = deeptier("jobs", "run", "sweep", "--json")

    assert (said.status, said.json["state"]) == (0, "done")
    assert deeptier("jobs", "run", "sweep").out.startswith("sweep: done")
    (row,) = [line for line in deeptier("jobs").out.splitlines() if line.startswith("sweep")]
    assert re.search(r"done +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  0 sessions", row), row


def test_a_job_that_fails_ends_with_one(
    deeptier: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPTIER_POLICY", str(tmp_path))
    said = deeptier("jobs", "run", "refresh")

    assert said.status == 1
    assert "no policy file" in said.err


@pytest.mark.slow
def test_a_worker_runs_until_it_is_told_to_stop(home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "jobs", "work"],
        cwd=ROOT,
        env={**os.environ, "DEEPTIER_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if json.loads(line)["event"] == "leads":
            break
    process.send_signal(signal.SIGTERM)
    process.stderr.read()
    process.stderr.close()

    assert process.wait(timeout=WAIT_S) == 0


def test_a_misspelt_command_is_told_which_there_is(deeptier: Run) -> None:
    for words, meant in (
        (["limit"], "limits"),
        (["core", "lst"], "list"),
        (["explian"], "explain"),
    ):
        said = deeptier(*words)
        assert said.status == 2, words
        assert f"Did you mean '{meant}'" in said.err, words


def test_cores_are_listed_by_either_name(deeptier: Run) -> None:
    assert deeptier("core", "list", "--json").json == deeptier("cores", "--json").json
    assert deeptier("core", "list").out == deeptier("cores").out


def test_a_limit_is_explained_in_yuan_and_shares_of_six_places(deeptier: Run) -> None:
    said = deeptier("explain", "CORE1", "MILL")

    tree = said.out.splitlines()[9:]
    assert any(line.endswith(" yuan") for line in tree)
    assert tree[0].startswith("Limit [limit, floor]")
    for line in tree:
        if " yuan" in line:
            assert re.search(r"\s-?[\d,]+\.\d{2} yuan$", line), line
        if re.search(r" (share|ratio|rate)$", line):
            assert re.search(r"\s-?\d+\.\d{6} \w+$", line), line
    exact = deeptier("explain", "CORE1", "MILL", "--json").json
    assert isinstance(exact["derivation"]["value"], int)


def test_no_message_begins_with_the_library_s_words(
    deeptier: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPTIER_RECORDS_URL", "neo4j://x")
    monkeypatch.setenv("DEEPTIER_PORT", "many")

    for words in (["cores"], ["doctor"], ["doctor", "--json"], ["limits", "CORE1"]):
        said = deeptier(*words)
        assert said.status == 1
        assert "Value error" not in said.out + said.err
        assert "DEEPTIER_PORT" in said.out + said.err
        assert "Traceback" not in said.err


@pytest.mark.parametrize("command", ["ingest", pytest.param("refresh", marks=pytest.mark.slow)])
def test_an_interrupt_ends_with_130_and_no_trace(home: Path, tmp_path: Path, command: str) -> None:
    files = write_files(tmp_path / "files")
    words = ["ingest", "files", str(files), "--as-of", "2026-07-01"]
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *(words if command == "ingest" else ["refresh"])],
        cwd=ROOT,
        env={**os.environ, "DEEPTIER_HOME": str(home), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out, err = process.communicate(timeout=120)

    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    with open_store(f"sqlite:///{home / 'graph.db'}") as store:
        assert [each.number for each in store.versions()] == [1]
