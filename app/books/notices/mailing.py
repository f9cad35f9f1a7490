"""
Telling notices by mail: what came since the mark becomes mails, and those that are due are sent.

A mail is claimed before it is sent, in a transaction of its own: nobody else tries it for a while,
and where its process dies in between it is tried again after that, under the same Message-ID. No
transaction is open while a server is spoken to.
"""

import datetime as dt
from collections import Counter
from typing import Any

from app.books.notices import repository
from app.books.notices.delivering import Delivery, MailConnection, Mailer, mailer_of
from app.books.notices.errors import MailServerAway, MailServerSilent
from app.books.notices.letters import code_letter, letter
from app.books.notices.repository import CodeDue, MailDue
from app.platform.auth.addresses import CODE_LASTS, code_of
from app.platform.console.progress import Step
from app.platform.deps import Resources
from app.platform.events.chain import moment_of
from app.platform.process.logs import logger

NOTICES_MAX = 1_000  # Read at once.
ROUNDS_MAX = 20
MAILS_MAX = 200  # Sent in one run.
CLAIM = dt.timedelta(minutes=15)  # Longer than a server may take for one mail.
AGAIN = dt.timedelta(minutes=1)  # After the first try; four times as long after each other.
AGAIN_MAX = dt.timedelta(hours=6)
TRIES_MAX = 8
AGE_MAX = dt.timedelta(days=3)  # A notice that is older is read on the pages, not mailed.
KEPT = dt.timedelta(days=30)  # How long it is known what became of a mail.
UNSET = "no mail is sent: DEEPTIER_SMTP_HOST is not set"
log = logger("deeptier.mail")


def send_notices(resources: Resources, progress: Step) -> str:
    """
    Tell by mail what firms were told since the last time; return what was done in words.

    Raises:
        MailServerAway: The server takes none at present; what waits is sent later.
        MailServerSilent: It gave no answer to one; that is sent again.
    """
    mailer = _mailer(resources)
    if mailer is None:
        return UNSET
    now = resources.now()
    for _ in range(ROUNDS_MAX):
        read = repository.plan(resources.records, now=now, since=now - AGE_MAX, size=NOTICES_MAX)
        if read < NOTICES_MAX:
            break
    repository.forget(resources.records, now - KEPT)
    waiting = repository.due(resources.records, now, MAILS_MAX)
    over = {each.mail: state for each in waiting if (state := _over(resources, each))}
    wanted = [each for each in waiting if each.mail not in over]
    done = Counter(over.values())
    codes = repository.codes_due(resources.records, now, MAILS_MAX)
    if wanted or codes:
        with mailer.connected() as connection:
            for each in codes:
                done[_asked(resources, connection, each)] += 1
            for number, mail in enumerate(wanted):
                if resources.stopping.begun:
                    break
                progress("mail", number / len(wanted))
                done[_sent(resources, connection, mail)] += 1
    said = [f"{count} {state.replace('_', ' ')}" for state, count in sorted(done.items())]
    return ", ".join(said) or "nothing new"


def has_news(resources: Resources) -> bool:
    """Return whether there is something to send, and somebody who takes it."""
    if _mailer(resources) is None:
        return False
    return repository.has_news(resources.records, resources.now())


def mail_told(resources: Resources) -> str:
    """
    Return what is configured of mail, and what waits.

    Raises:
        MailServerAway: The server cannot be reached, or does not let us in.
    """
    mailer = mailer_of(resources.settings)
    if mailer is None:
        return UNSET
    with mailer.connected():
        found = repository.counts(resources.records)
    counted = ", ".join(f"{found[state]} {state}" for state in sorted(found))
    return f"{mailer.place}: {counted or 'no mail yet'}"


def _mailer(resources: Resources) -> Mailer | None:
    mailer: Mailer | None = resources.once("mailer", lambda: mailer_of(resources.settings))
    return mailer


def _over(resources: Resources, mail: MailDue) -> str | None:
    """Return the state in which a mail ends without another try; None where it is to be sent."""
    now = resources.now()
    if mail.address is None or not mail.active:
        state = "dropped"
    elif mail.tries >= TRIES_MAX or now - moment_of(mail.made_at) > AGE_MAX:
        state = "given_up"
    else:
        return None
    ended = {"state": state, "ended_at": now}
    repository.close(resources.records, mail, ended, tried=False)
    log.info("mail", mail=mail.mail, state=state)
    return state


def _sent(resources: Resources, connection: MailConnection, mail: MailDue) -> str:
    """Return what became of a mail: its state after one try, or that another process tries it."""
    settings = resources.settings
    if not repository.claim(resources.records, mail, resources.now() + CLAIM):
        return "tried elsewhere"
    message = letter(mail, sender=settings.smtp_sender, public_url=settings.public_url)
    try:
        delivery = connection.deliver(message)
    except (MailServerAway, MailServerSilent) as error:
        _keep(resources, mail, Delivery("later", str(error)))
        raise
    return _keep(resources, mail, delivery)


def _asked(resources: Resources, connection: MailConnection, due: CodeDue) -> str:
    """Return what became of a mail that asks for a code, tried until the code is old."""
    now, settings = resources.now(), resources.settings
    if now > due.changed_at + CODE_LASTS:
        repository.move_code(resources.records, due, None)
        return "given_up"
    claimed = due._replace(letter_at=now + CLAIM)
    if not repository.move_code(resources.records, due, claimed.letter_at):
        return "tried elsewhere"
    code = code_of(settings.signing_key(), due.user, due.address, due.changed_at)
    message = code_letter(due, code, sender=settings.smtp_sender, public_url=settings.public_url)
    delivery = connection.deliver(message)
    until = resources.now() + CLAIM if delivery.state == "later" else None
    repository.move_code(resources.records, claimed, until)
    log.info("mail of a code", user=due.user, state=delivery.state)
    return "code " + delivery.state


def _keep(resources: Resources, mail: MailDue, delivery: Delivery) -> str:
    now, tries = resources.now(), mail.tries + 1
    values: dict[str, Any] = {"answer": delivery.answer}
    state = delivery.state
    if state != "later":
        values |= {"state": state, "ended_at": now}
    else:
        values["due_at"] = now + min(AGAIN * 4 ** (tries - 1), AGAIN_MAX)
    repository.close(resources.records, mail, values)
    log.info("mail", mail=mail.mail, state=state, tries=tries)
    return state
