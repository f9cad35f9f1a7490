"""Settings: where they come from, what is refused, the secret that is made once."""

import datetime as dt
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.platform.config import Settings
from app.platform.deps import open_resources
from app.platform.http.faults import reason


def test_places_default_to_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    assert settings.graph_place() == f"sqlite:///{tmp_path / 'graph.db'}"
    assert settings.records_place() == f"sqlite:///{tmp_path / 'records.db'}"


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEEPTIER_HOME", str(tmp_path))
    monkeypatch.setenv("DEEPTIER_PORT", "8123")
    monkeypatch.setenv("DEEPTIER_GRAPH_URL", "")

    settings = Settings()

    assert (settings.home, settings.port) == (tmp_path, 8123)
    assert settings.graph_place().endswith("graph.db")


@pytest.mark.parametrize("url", ["neo4j://a:b@host:7687/x", "mysql://host/x", "nothing"])
def test_records_live_in_a_relational_store_only(url: str) -> None:
    with pytest.raises(ValidationError, match="records_url"):
        Settings(records_url=url)


def test_the_secret_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "new"
    first = Settings(home=home).signing_key()

    assert Settings(home=home).signing_key() == first
    assert len(first) == 32
    assert stat.S_IMODE((home / "secret").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["secret"]


def test_a_given_secret_needs_no_folder(tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path / "none", "secret": "hidden"})

    assert settings.signing_key() == Settings.model_validate({"secret": "hidden"}).signing_key()
    assert not (tmp_path / "none").exists()
    assert "hidden" not in repr(settings)


def test_the_bank_lives_in_china_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().zone.key == "Asia/Shanghai"

    monkeypatch.setenv("DEEPTIER_TIME_ZONE", "Europe/Zurich")
    assert Settings().zone.key == "Europe/Zurich"


@pytest.mark.parametrize("name", ["Asia/Nowhere", "../etc/passwd", "Asia", "Beijing time", "UTC+8"])
def test_a_time_zone_that_there_is_not_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("DEEPTIER_TIME_ZONE", name)

    with pytest.raises(ValidationError) as refused:
        Settings()

    assert reason(refused.value).startswith(f"DEEPTIER_TIME_ZONE: {name!r} is no time zone")


def test_today_is_the_day_of_the_bank(tmp_path: Path) -> None:
    early = dt.datetime(2026, 11, 29, 22, 30, tzinfo=dt.UTC)
    for zone, day in (("Asia/Shanghai", 30), ("UTC", 29)):
        with open_resources(Settings(home=tmp_path, time_zone=zone), now=lambda: early) as opened:
            assert opened.today() == dt.date(2026, 11, day)


MAIL = {
    "smtp_host": "mail.bank.example",
    "smtp_sender": "notices@bank.example",
    "public_url": "https://scf.bank.example/",
}
SIGNED_IN = {"smtp_user": "deeptier", "smtp_password": "hidden"}


def test_mail_is_set_whole_and_its_password_is_not_shown() -> None:
    settings = Settings.model_validate(MAIL | SIGNED_IN)

    assert (settings.smtp_tls, settings.smtp_port) == ("starttls", 587)
    assert settings.public_url == "https://scf.bank.example"
    assert "hidden" not in repr(settings) + str(settings.model_dump())
    assert Settings().smtp_host == ""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"smtp_sender": ""}, "DEEPTIER_SMTP_HOST asks for DEEPTIER_SMTP_SENDER too"),
        ({"public_url": ""}, "DEEPTIER_SMTP_HOST asks for DEEPTIER_PUBLIC_URL too"),
        ({"smtp_password": "hidden"}, "DEEPTIER_SMTP_USER and DEEPTIER_SMTP_PASSWORD go together"),
        ({**SIGNED_IN, "smtp_tls": "none"}, "a password is not sent without encryption"),
        ({"smtp_sender": "a@bank.example\nBcc: b@c.d"}, "DEEPTIER_SMTP_SENDER: is no address"),
        ({"smtp_tls": "maybe"}, "DEEPTIER_SMTP_TLS: "),
        ({"public_url": "scf.bank.example"}, "DEEPTIER_PUBLIC_URL: is no address of a service"),
        ({"public_url": "https://scf.bank.example/x"}, "DEEPTIER_PUBLIC_URL: is no address"),
        ({"public_url": "https://scf.bank.example?a=b"}, "DEEPTIER_PUBLIC_URL: has more than"),
        ({"public_url": "https://u:p@bank.example"}, "DEEPTIER_PUBLIC_URL: is no address"),
        ({"public_url": "https://bank.example\r\nX: y"}, "DEEPTIER_PUBLIC_URL: is no address"),
    ],
)
def test_mail_that_is_half_set_or_unsafe_is_named_by_its_variable(
    wrong: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(MAIL | wrong)

    assert said in reason(refused.value)
    assert "hidden" not in reason(refused.value)
