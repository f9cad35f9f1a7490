"""
Delivering mail through a port: to a server by SMTP, or where none is named to nobody.

A mail has a Message-ID that is of its notice and reader alone. Where the server gives no answer it
is sent again with the same one, to the same bytes: who has it already knows it.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from email.message import EmailMessage
from typing import Literal, NamedTuple, Protocol

from app.books.notices.errors import MailServerAway, MailServerSilent
from app.platform.config import Settings

ANSWER_SECONDS = 10.0  # For each answer of the server.
ANSWER_LENGTH_MAX = 300
FOR_GOOD = 500
CLOSING = 421


class Delivery(NamedTuple):
    """What a server said of a mail: taken, refused for good, or to be sent again later."""

    state: Literal["sent", "refused", "later"]
    answer: str


class MailConnection(Protocol):
    """What a server takes mail by, one after the other."""

    def deliver(self, message: EmailMessage) -> Delivery:
        """
        Return what the server said of a mail.

        Raises:
            MailServerSilent: There was no answer: whether it is taken is not known.
            MailServerAway: It takes none from us at present, whatever the mail.
        """
        ...


class Mailer(Protocol):
    """Who takes mail."""

    def connected(self) -> AbstractContextManager[MailConnection]:
        """
        Yield a connection for a number of mails.

        Raises:
            MailServerAway: There is none to be had.
        """
        ...


class SmtpMailer:
    """
    Hands mail to the server of the settings.

    Args:
        settings: Server, port, encryption, and who signs in.
        seconds: How long each answer of the server may take.
    """

    def __init__(self, settings: Settings, seconds: float = ANSWER_SECONDS) -> None:
        self._settings = settings
        self._seconds = seconds

    @property
    def place(self) -> str:
        """Return where the server is, and how it is spoken to."""
        named = self._settings
        return f"{named.smtp_host}:{named.smtp_port} ({named.smtp_tls})"

    @contextmanager
    def connected(self) -> Iterator[MailConnection]:
        """
        Yield a connection, signed in where a user is set.

        Raises:
            MailServerAway: It cannot be reached, proves not who it is, or does not let us in.
        """
        server = self._opened()
        try:
            yield SmtpConnection(server, self._settings.smtp_sender)
        finally:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _opened(self) -> smtplib.SMTP:
        server: smtplib.SMTP | None = None
        try:
            server = self._reached()
            self._sign_in(server)
        except smtplib.SMTPAuthenticationError as error:
            said = f"does not let this user in ({error.smtp_code})"
            raise self._away(server, said) from None  # What was sent stands in no trace.
        except UnicodeError:
            said = "its name, the user or the password holds what cannot be sent"
            raise self._away(server, said) from None
        except (smtplib.SMTPException, OSError) as error:
            raise self._away(server, str(error)) from error
        return server

    def _reached(self) -> smtplib.SMTP:
        named = self._settings
        host, port = named.smtp_host, named.smtp_port
        if named.smtp_tls == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, timeout=self._seconds, context=context)
        return smtplib.SMTP(host, port, timeout=self._seconds)

    def _sign_in(self, server: smtplib.SMTP) -> None:
        named = self._settings
        if named.smtp_tls == "starttls":
            server.starttls(context=ssl.create_default_context())
        if named.smtp_user and named.smtp_password is not None:
            server.login(named.smtp_user, named.smtp_password.get_secret_value())

    def _away(self, server: smtplib.SMTP | None, said: str) -> MailServerAway:
        if server is not None:
            server.close()
        return MailServerAway(f"the server of mail {self.place}: {said[:ANSWER_LENGTH_MAX]}")


class SmtpConnection:
    """A connection to a server by SMTP."""

    def __init__(self, server: smtplib.SMTP, sender: str) -> None:
        self._server = server
        self._sender = sender

    def deliver(self, message: EmailMessage) -> Delivery:
        """
        Return what the server said of a mail.

        Raises:
            MailServerSilent: The connection ended before it said anything of it.
            MailServerAway: It takes nothing from this sender, or ends the connection.
        """
        reader = message["To"].addresses[0].addr_spec
        try:
            self._server.sendmail(self._sender, [reader], message.as_bytes())
        except smtplib.SMTPRecipientsRefused as error:
            return _answered(*error.recipients[reader])
        except smtplib.SMTPSenderRefused as error:
            said = _words(error.smtp_code, error.smtp_error)
            raise MailServerAway(f"it takes no mail from {self._sender}: {said}") from error
        except smtplib.SMTPResponseException as error:
            return _answered(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            raise MailServerSilent(f"the server of mail gave no answer: {error}") from error
        return Delivery("sent", "")


def _answered(code: int, said: bytes | str) -> Delivery:
    """Return what an answer that is no yes means; raise where it ends the connection."""
    words = _words(code, said)
    if code == CLOSING:
        raise MailServerAway(f"the server of mail ends the connection: {words}")
    return Delivery("refused" if code >= FOR_GOOD else "later", words)


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "backslashreplace") if isinstance(said, bytes) else said
    return f"{code} {text}"[:ANSWER_LENGTH_MAX]


def mailer_of(settings: Settings) -> SmtpMailer | None:
    """Return what mail is handed to; None where no server is set."""
    return SmtpMailer(settings) if settings.smtp_host else None
