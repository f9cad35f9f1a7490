"""What firms are told is mailed to their users once, whatever the server of mail says or does."""

import datetime as dt
import email
import email.policy
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.books.notices import repository
from app.books.notices.delivering import Delivery, MailConnection, SmtpMailer
from app.books.notices.errors import MailServerAway, MailServerSilent
from app.books.notices.mailing import (
    AGAIN,
    AGE_MAX,
    CLAIM,
    KEPT,
    TRIES_MAX,
    UNSET,
    has_news,
    mail_told,
    send_notices,
)
from app.books.notices.tables import mail_marks, mails
from app.jobs.running import run_job
from app.jobs.tasks import MAIL_PAUSE, TASKS
from app.platform.auth.addresses import (
    CODE_LASTS,
    LETTER_PAUSE,
    MailAddress,
    confirm_address,
    set_address,
)
from app.platform.auth.users import set_active
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.platform.errors import Malformed
from app.platform.events.tables import head
from tests.app.books.notices.smtp import SILENT, TinySmtp, certified, serving
from tests.app.books.notices.telling import moved
from tests.app.conftest import NOW, Clock
from tests.app.logins import add_user

PASSWORD = "a secret of the server"  # noqa: S105  # of a test
SECONDS = 0.25
AT = "https://scf.bank.example"


@pytest.fixture
def tiny() -> Iterator[TinySmtp]:
    with serving(TinySmtp()) as tiny:
        yield tiny


def told_at(tiny: TinySmtp, **more: object) -> dict[str, object]:
    """Return the settings of a service that sends mail by a server, without encryption."""
    named = {"smtp_host": "127.0.0.1", "smtp_port": tiny.port, "smtp_tls": "none"}
    return {**named, "smtp_sender": "notices@bank.example", "public_url": AT, **more}


@pytest.fixture
def opening(
    kept_records: Path, tmp_path: Path, clock: Clock
) -> Iterator[Callable[[dict[str, object]], Resources]]:
    """Opens a process over the same records, with settings of its own."""
    home = Path(shutil.copytree(kept_records, tmp_path / "home"))
    with ExitStack() as stack:

        def opened(more: dict[str, object]) -> Resources:
            """Open one."""
            settings = Settings.model_validate({"home": home, **more})
            resources = stack.enter_context(open_resources(settings, now=clock))
            if settings.smtp_host:
                resources.once("mailer", lambda: SmtpMailer(settings, SECONDS))
            with resources.records.writing() as connection:
                connection.execute(sa.update(head).values(day="2026-06-30"))
            return resources

        yield opened


@pytest.fixture
def bank(opening: Callable[[dict[str, object]], Resources], tiny: TinySmtp) -> Resources:
    """A process that sends mail; ming of the mill reads Chinese, the mark is set."""
    resources = opening(told_at(tiny))
    told_by_mail(resources, "铭", "ming@mill.example", "zh")
    assert send_notices(resources, quietly) == "nothing new"
    return resources


def told_by_mail(resources: Resources, name: str, address: str, language: str) -> None:
    add_user(resources.records, name, "a long password", role="supplier", firm="MILL", now=NOW)
    given = MailAddress(address, language, is_confirmed=True)
    set_address(resources.records, name, given, NOW)


def tell(resources: Resources) -> None:
    """Tell the mill once that its application was sent back."""
    moved(resources, "recommended", "returned")


def rows(resources: Resources) -> list[dict[str, Any]]:
    with resources.records.reading() as connection:
        found = connection.execute(sa.select(mails).order_by(mails.c.made_at, mails.c.mail))
        return [dict(row) for row in found.mappings()]


def states(resources: Resources) -> list[str]:
    return [row["state"] for row in rows(resources)]


def read(taken: bytes) -> EmailMessage:
    message = email.message_from_bytes(taken, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_each_reader_is_told_once_in_their_language_and_nothing_from_before(
    bank: Resources, tiny: TinySmtp
) -> None:
    tell(bank)
    told_by_mail(bank, "Ann\r\nBcc: all@bank.example", "ann@mill.example", "en")
    assert send_notices(bank, quietly) == "2 sent"
    assert send_notices(bank, quietly) == "nothing new"

    by_reader = {str(read(each)["To"].addresses[0].addr_spec): read(each) for each in tiny.taken}
    ming, ann = by_reader["ming@mill.example"], by_reader["ann@mill.example"]
    assert ming["Subject"] == "深链通知：申请退回"
    assert ann["Subject"] == "deeptier: Application returned"
    assert ming["To"].addresses[0].display_name == "铭"
    assert ann["To"].addresses[0].display_name == "Ann Bcc: all@bank.example"
    assert ann["Bcc"] is None
    assert [line for line in tiny.heard if line.startswith("rcpt")] == [
        f"rcpt TO:<{reader}>" for reader in by_reader
    ]
    text = ann.get_content().replace("\r\n", "\n")
    assert "Application returned (2026-06-30)" in text
    assert f"\n{AT}/my/applications/A-MILL\n" in text
    assert re.search(r"\d{5}|yuan|元", text + ming.get_content()) is None
    assert ann["Message-ID"] != ming["Message-ID"]
    assert ann["Message-ID"].endswith(".notice@bank.example>")
    assert all(each.isascii() for each in tiny.taken)
    assert states(bank) == ["sent", "sent"]


def test_what_was_told_before_mail_was_set_up_is_not_mailed(
    opening: Callable[[dict[str, object]], Resources], tiny: TinySmtp, clock: Clock
) -> None:
    silent = opening({})
    told_by_mail(silent, "ming", "ming@mill.example", "zh")
    tell(silent)
    assert not TASKS["mail"].due(silent)
    assert run_job(silent, "mail", by="test")["detail"] == UNSET == mail_told(silent)
    with silent.records.reading() as connection:
        assert connection.execute(sa.select(mail_marks)).all() == []

    sends = opening(told_at(tiny))
    assert TASKS["mail"].due(sends)
    assert send_notices(sends, quietly) == "nothing new"
    tell(sends)
    clock.moment += AGE_MAX + dt.timedelta(seconds=1)  # As if it was off for days.
    assert send_notices(sends, quietly) == "nothing new"
    assert (rows(sends), tiny.taken, has_news(sends)) == ([], [], False)


def test_nothing_is_told_at_an_address_before_its_code_was_given(
    bank: Resources, tiny: TinySmtp, clock: Clock
) -> None:
    add_user(bank.records, "Eve", "a long password", role="supplier", firm="MILL", now=NOW)
    victim = MailAddress("cfo@other.example", "en")
    set_address(bank.records, "Eve", victim, clock.moment)
    tell(bank)
    assert send_notices(bank, quietly) == "1 code sent, 1 sent"
    assert send_notices(bank, quietly) == "nothing new"
    asked = next(read(each) for each in tiny.taken if b"cfo@other.example" in each)
    code = re.search(rf"{AT}/mail\?code=(\w+)", asked.get_content())
    assert code is not None
    assert asked["Subject"] == "deeptier: confirm your address"
    key = bank.settings.signing_key()

    set_address(bank.records, "Eve", MailAddress("eve@other.example", "en"), clock.moment)
    with pytest.raises(Malformed):  # Of another address.
        confirm_address(bank.records, "Eve", code[1], key, clock.moment)
    assert not has_news(bank)  # The next is sent after a pause.
    clock.moment += LETTER_PAUSE
    assert send_notices(bank, quietly) == "1 code sent"
    (second,) = re.findall(r"code=(\w+)", read(tiny.taken[-1]).get_content())
    for wrong in ("", "A" * 8, "x" * 1000, "码"):
        with pytest.raises(Malformed):
            confirm_address(bank.records, "Eve", wrong, key, clock.moment)
    with pytest.raises(Malformed):  # Tried too often: the right one is refused too.
        confirm_address(bank.records, "Eve", second, key, clock.moment)

    set_address(bank.records, "Eve", victim, clock.moment)
    clock.moment += LETTER_PAUSE
    send_notices(bank, quietly)
    (third,) = re.findall(r"code=(\w+)", read(tiny.taken[-1]).get_content())
    with pytest.raises(Malformed):
        confirm_address(bank.records, "Eve", third, key, clock.moment + CODE_LASTS)
    confirm_address(bank.records, "Eve", third.lower() + " ", key, clock.moment)
    set_address(bank.records, "Eve", MailAddress(victim.address, "zh"), clock.moment)
    tell(bank)
    assert send_notices(bank, quietly) == "2 sent"


def test_a_server_that_falls_silent_after_taking_it_is_sent_the_same_mail(
    bank: Resources, tiny: TinySmtp, clock: Clock
) -> None:
    tell(bank)
    tiny.answers["DATA"] = [SILENT]
    with pytest.raises(MailServerSilent):
        send_notices(bank, quietly)
    assert send_notices(bank, quietly) == "nothing new"
    clock.moment += AGAIN

    assert send_notices(bank, quietly) == "1 sent"
    first, second = tiny.taken
    assert first == second
    assert states(bank) == ["sent"]


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
def test_who_is_refused_for_good_is_marked_and_keeps_nobody_waiting(
    bank: Resources, tiny: TinySmtp, clock: Clock, verb: str
) -> None:
    told_by_mail(bank, "Ann", "ann@mill.example", "en")
    tell(bank)
    tiny.answers[verb] = ["550 no such user here"]
    assert send_notices(bank, quietly) == "1 refused, 1 sent"
    clock.moment += CLAIM

    assert not has_news(bank)
    assert sorted(states(bank)) == ["refused", "sent"]
    (refused,) = [row for row in rows(bank) if row["state"] == "refused"]
    assert (refused["answer"], refused["tries"]) == ("550 no such user here", 1)
    assert len(tiny.taken) == 1
    clock.moment += KEPT
    tell(bank)
    assert send_notices(bank, quietly) == "2 sent"
    assert states(bank) == ["sent", "sent"]  # What ended long ago is forgotten.


def test_who_is_refused_for_now_is_tried_later_and_later_and_not_for_ever(
    bank: Resources, tiny: TinySmtp, clock: Clock
) -> None:
    tell(bank)
    tiny.answers["RCPT"] = ["451 come again"] * 20
    waits = []
    for _ in range(TRIES_MAX):
        assert send_notices(bank, quietly) == "1 later"
        waits.append(rows(bank)[0]["due_at"] - clock.moment)
        assert not has_news(bank)
        clock.moment += waits[-1]

    assert send_notices(bank, quietly) == "1 given up"
    assert [wait // AGAIN for wait in waits] == [1, 4, 16, 64, 256, 360, 360, 360]
    assert (states(bank), has_news(bank)) == (["given_up"], False)


def test_who_wants_no_mail_any_more_or_may_not_sign_in_is_sent_none(
    bank: Resources, tiny: TinySmtp
) -> None:
    told_by_mail(bank, "Ann", "ann@mill.example", "en")
    tell(bank)
    tiny.answers["MAIL"] = ["421 closing"]
    with pytest.raises(MailServerAway, match="421 closing"):
        send_notices(bank, quietly)
    set_address(bank.records, "铭", None, NOW)
    set_active(bank.records, "Ann", active=False, now=NOW)
    bank.now.moment += AGAIN  # type: ignore[attr-defined]  # the clock of the test

    assert send_notices(bank, quietly) == "2 dropped"
    assert tiny.taken == []


def test_a_server_that_is_away_costs_no_mail_a_try_and_is_asked_less_often(
    bank: Resources, tiny: TinySmtp, clock: Clock
) -> None:
    tell(bank)
    dead = Settings.model_validate(told_at(tiny, home=bank.home, smtp_port=1))
    with open_resources(dead, now=clock) as away:
        ended = run_job(away, "mail", by="test")
        assert (ended["state"], rows(away)[0]["tries"]) == ("failed", 0)
        assert ended["detail"].startswith("the server of mail 127.0.0.1:1 (none): ")
        assert (has_news(away), TASKS["mail"].due(away)) == (True, False)
    clock.moment += MAIL_PAUSE

    assert TASKS["mail"].due(bank)
    assert run_job(bank, "mail", by="test")["detail"] == "1 sent"


class Killed(BaseException):
    """The process died."""


class OtherMailer:
    """A mailer of the test's own: each mail is handed to a function."""

    def __init__(self, taken: Callable[[EmailMessage], Delivery]) -> None:
        self.deliver = taken

    @contextmanager
    def connected(self) -> Iterator[MailConnection]:
        """Yield itself."""
        yield self


def test_a_process_that_dies_between_sending_and_writing_it_down_sends_the_same_again(
    bank: Resources, opening: Callable[[dict[str, object]], Resources], clock: Clock, tiny: TinySmtp
) -> None:
    sent = []

    def dies(message: EmailMessage) -> Delivery:
        """Send it, and die."""
        sent.append(message.as_bytes())
        raise Killed

    tell(bank)
    dying = opening({})
    dying.once("mailer", lambda: OtherMailer(dies))
    dying.settings = bank.settings
    with pytest.raises(Killed):
        send_notices(dying, quietly)
    assert send_notices(bank, quietly) == "nothing new"
    clock.moment += CLAIM

    assert send_notices(bank, quietly) == "1 sent"
    assert read(sent[0])["Message-ID"] == read(tiny.taken[0])["Message-ID"]


def test_two_processes_send_each_mail_once(
    bank: Resources, opening: Callable[[dict[str, object]], Resources]
) -> None:
    told_by_mail(bank, "Ann", "ann@mill.example", "en")
    tell(bank)
    sent: list[str] = []
    one, other = opening({}), opening({})

    def second(message: EmailMessage) -> Delivery:
        """Take a mail."""
        sent.append(str(message["Message-ID"]))
        return Delivery("sent", "")

    def first(message: EmailMessage) -> Delivery:
        """Take a mail; meanwhile another process sends what is due."""
        said = send_notices(other, quietly)
        assert said == "1 sent"
        return second(message)

    for each, taken in ((one, first), (other, second)):
        each.settings = bank.settings
        each.once("mailer", lambda taken=taken: OtherMailer(taken))

    assert send_notices(one, quietly) == "1 sent, 1 tried elsewhere"
    assert (len(sent), len(set(sent))) == (2, 2)
    assert states(bank) == ["sent", "sent"]


def test_of_two_that_read_a_mail_as_due_one_claims_it_and_writes_its_end(
    bank: Resources, tiny: TinySmtp, clock: Clock
) -> None:
    tell(bank)
    tiny.answers["RCPT"] = ["451 come again"]
    assert send_notices(bank, quietly) == "1 later"
    clock.moment += AGAIN
    (mail,) = repository.due(bank.records, clock.moment, 9)
    until = clock.moment + CLAIM

    assert [repository.claim(bank.records, mail, until) for _ in range(2)] == [True, False]
    late = {"state": "refused", "ended_at": clock.moment}
    repository.close(bank.records, mail._replace(tries=0), late)  # Of the try before.
    assert (states(bank), rows(bank)[0]["tries"]) == (["waiting"], 2)


@pytest.mark.postgres
def test_the_same_on_postgresql(empty_postgres_url: str, tmp_path: Path, tiny: TinySmtp) -> None:
    given = told_at(tiny, home=tmp_path, records_url=empty_postgres_url)
    with open_resources(Settings.model_validate(given), now=lambda: NOW) as resources:
        with resources.records.writing() as connection:
            connection.execute(sa.update(head).values(day="2026-06-30"))
        told_by_mail(resources, "铭", "ming@mill.example", "zh")
        assert has_news(resources)
        assert send_notices(resources, quietly) == "nothing new"
        tell(resources)
        tiny.answers["RCPT"] = ["451 come again"]

        assert (has_news(resources), send_notices(resources, quietly)) == (True, "1 later")
        assert has_news(resources) is False
        assert mail_told(resources).endswith("(none): 1 waiting")


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    return certified(tmp_path_factory.mktemp("proof"))


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_mail_is_encrypted_and_signed_in_for(
    opening: Callable[[dict[str, object]], Resources],
    proof: tuple[Any, Path],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    context, trusted = proof
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    user = {"smtp_user": "deeptier", "smtp_password": PASSWORD}
    with serving(TinySmtp(context=context, at_once=way == "tls")) as tiny:
        resources = opening(told_at(tiny, smtp_tls=way, **user))
        assert mail_told(resources).endswith(": no mail yet")
        send_notices(resources, quietly)
        told_by_mail(resources, "ming", "ming@mill.example", "zh")
        tell(resources)
        assert send_notices(resources, quietly) == "1 sent"
        tiny.answers["AUTH"] = [f"535 {PASSWORD} is wrong"]
        with pytest.raises(MailServerAway, match=r"does not let this user in \(535\)$"):
            mail_told(resources)

    assert [line.split()[0].upper() for line in tiny.heard].count("STARTTLS") == 3 * (
        way == "starttls"
    )
    assert len(tiny.taken) == 1


@pytest.mark.parametrize("server", ["offers none", "nobody trusts", "is no TLS"])
def test_nothing_is_said_to_a_server_that_is_not_encrypted_as_asked(
    opening: Callable[[dict[str, object]], Resources], proof: tuple[Any, Path], server: str
) -> None:
    context = proof[0] if server == "nobody trusts" else None
    way = "tls" if server == "is no TLS" else "starttls"
    user = {"smtp_user": "deeptier", "smtp_password": PASSWORD}
    with serving(TinySmtp(context=context)) as tiny:
        resources = opening(told_at(tiny, smtp_tls=way, **user))
        with pytest.raises(MailServerAway) as refused:
            mail_told(resources)

    assert PASSWORD not in str(refused.value)
    said = {line.split()[0].upper() for line in tiny.heard if line.isascii()}
    assert said & {"AUTH", "MAIL", "RCPT", "DATA"} == set()
