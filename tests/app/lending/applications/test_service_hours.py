"""Service hours: dated files that are read strictly, and until when a claim holds."""

import datetime as dt
from pathlib import Path

import pytest

from app.lending.applications.service_hours import SHIPPED, service_hours_on
from app.platform.errors import Unready

DAY = dt.date(2026, 6, 30)
STANDARD = min(SHIPPED.glob("*.yml")).read_text(encoding="utf-8")


def write(policy: Path, text: str) -> None:
    (policy / "hours").mkdir(exist_ok=True)
    (policy / "hours" / "mine.yml").write_text(text, encoding="utf-8")


def test_a_bank_has_hours_of_its_own_from_their_day_on(tmp_path: Path) -> None:
    assert service_hours_on(tmp_path, DAY).claim_hours == 4  # None of its own: the shipped.
    text = STANDARD.replace("from: 2015-01-01", "from: 2026-06-30")
    write(tmp_path, text.replace("{hours: 4,", "{hours: 5,"))

    own = service_hours_on(tmp_path, DAY)

    until = dt.datetime(2026, 6, 30, 14, tzinfo=dt.UTC)
    assert own.claimed_until("2026-06-30T09:00:00.000000Z") == until
    with pytest.raises(Unready, match="no service hours can be used: none is in force on"):
        service_hours_on(tmp_path, DAY - dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("{hours: 24,", "{hours: 0,", r"states\.referred\.hours: "),
        ("{hours: 4,", "{hours: 010,", r"claim\.hours: must be a whole number"),
        ('value: "0.75"', 'value: "1.5"', "near_share: must be at most 1"),
        ("  recommended:", "  decided:", r"states\.(decided|recommended)"),
        ("claim: ", "claim: [", "not a YAML file"),
    ],
)
def test_a_faulty_file_is_refused_by_name_and_key(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    write(tmp_path, STANDARD.replace(right, wrong))

    with pytest.raises(Unready, match=rf"no service hours can be used: mine\.yml: .*{said}"):
        service_hours_on(tmp_path, DAY)
