"""The command that checks a contract: without records, and with them."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.books.ledger import Moving, Plain, Reads, Reply, ledger_of
from app.lending.contracts import cli
from app.lending.contracts.cli import NotSigned, verify_command
from app.lending.contracts.tables import signing_keys
from app.platform.config import Settings
from app.platform.deps import open_resources
from tests.app.conftest import NOW
from tests.app.lending.contracts.making import AT, FACTS, sign

Told = Callable[..., dict[str, object]]


@pytest.fixture
def told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Told:
    """Return a function that gives what the command says as JSON, of a file with this content."""

    def said(content: bytes, home: Path, *, offline: bool = False) -> dict[str, object]:
        """Return it."""
        place = tmp_path / "contract.json"
        place.write_bytes(content)
        settings = Settings(home=home)
        monkeypatch.setattr(cli, "Settings", lambda: settings)
        monkeypatch.setattr(cli, "open_resources", lambda: open_resources(settings))
        with contextlib.suppress(NotSigned):
            verify_command(place, offline=offline, as_json=True)
        read: dict[str, object] = json.loads(capsys.readouterr().out)
        return read

    return said


def test_without_records_text_and_signatures_are_checked_and_none_are_made(
    told: Told, tmp_path: Path
) -> None:
    home = tmp_path / "nowhere"
    found = told(sign(FACTS["zh"]), home)

    assert (found["ok"], found["keys_checked"]) == (True, False)
    assert (found["application"], found["first_difference"]) == ("A2", None)
    assert not home.exists()


def test_a_change_is_named(told: Told, tmp_path: Path) -> None:
    found = told(sign(FACTS["en"]).replace(b"CNY 1,000,000.01", b"CNY 1,000,000.02"), tmp_path)

    assert (found["ok"], found["application"]) == (False, None)
    difference = found["first_difference"]
    assert isinstance(difference, dict)
    assert difference["field"] == "sha256"
    assert difference["expected"] != difference["found"]


def test_with_records_the_keys_must_be_those_of_who_signed(
    told: Told, kept_records: Path, tmp_path: Path
) -> None:
    content = sign(FACTS["en"])
    signatures = json.loads(content)["signatures"]
    settings = Settings(home=tmp_path / "home")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "records.db").write_bytes((kept_records / "records.db").read_bytes())
    unknown = told(content, settings.home)

    def work(moving: Moving) -> Reply:
        """Record both keys, that of the firm as somebody else's."""
        for each in signatures:
            row = {name: each[name] for name in ("key", "party", "person", "public_key")}
            row["person"] = "bob" if each["role"] == "firm" else row["person"]
            row |= {"sealed": "", "made_at": AT, "retired_at": None}
            moving.record("test", f"signing_key:{each['key']}", rows=[(signing_keys, row)])
        return Reply.of(200, {})

    with open_resources(settings, now=lambda: NOW) as resources:
        ledger_of(resources).ask(Plain(Reads(), work))
    other = told(content, settings.home)

    assert unknown["keys_checked"] is other["keys_checked"] is True
    assert unknown["first_difference"] == {
        "field": "signatures.firm.key",
        "expected": "a key of these records",
        "found": "MILL ann 1",
    }
    assert other["first_difference"] == {
        "field": "signatures.firm.person",
        "expected": "bob",
        "found": "ann",
    }
    assert told(content, settings.home, offline=True)["ok"] is True


def test_a_contract_that_was_changed_ends_with_one(tmp_path: Path) -> None:
    place = tmp_path / "contract.json"
    place.write_bytes(sign(FACTS["en"]) + b"\n")
    with pytest.raises(NotSigned, match="file: expected canonical JSON"):
        verify_command(place, offline=True)
