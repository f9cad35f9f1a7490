"""What a server of mail does not do, where it is not known or not the mail's own fault."""

from app.platform.errors import Unready


class MailServerAway(Unready):
    """The server cannot be reached, or does not let us send: no mail's own fault."""


class MailServerSilent(Unready):
    """
    The server gave no answer: whether it has taken a mail is not known.

    It is sent again under the same Message-ID, by which whoever has it knows it.
    """
