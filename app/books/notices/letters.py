"""What a mail says: what its notice says, in its reader's language, and where to read more."""

import email.policy
import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import quote

from app.books.notices.repository import CodeDue, MailDue
from app.platform.events.chain import moment_of
from app.platform.web.texts import Language, Texts

POLICY = email.policy.SMTP.clone(cte_type="7bit")  # Every server takes it.
PAGES = {"application": "/my/applications/"}  # Of what a notice is about, by its kind.
OWN_PAGE = "/my"
ADDRESS_PAGE = "/mail"


def letter(mail: MailDue, *, sender: str, public_url: str) -> EmailMessage:
    """
    Return the message of a mail: the same bytes each time.

    Args:
        mail: What it tells, and whom; its reader has an address.
        sender: From which address it comes.
        public_url: Where readers reach the service.
    """
    language: Language = "en" if mail.language == "en" else "zh"
    t = Texts(language)
    what = t.coded("operation", mail.kind)
    kind, _, name = mail.subject.partition(":")
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(t("brand"), addr_spec=sender)
    message["To"] = Address(_one_line(mail.name), addr_spec=mail.address or "")
    message["Subject"] = _one_line(t("mail_subject", what=what))
    message["Date"] = moment_of(mail.made_at)
    message["Message-ID"] = f"<{mail.mail}.notice@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "en" if language == "en" else "zh-CN"
    known = kind in PAGES
    about = t("mail_about_application", name=name) if known else mail.subject
    page = f"{PAGES[kind]}{quote(name, safe='')}" if known else OWN_PAGE
    lines = [t("mail_what", what=what, day=mail.made_on), about, f"{public_url}{page}", ""]
    lines += [t("mail_why"), f"{public_url}{ADDRESS_PAGE}"]
    message.set_content("\n".join(lines) + "\n", charset="utf-8")
    return message


def code_letter(due: CodeDue, code: str, *, sender: str, public_url: str) -> EmailMessage:
    """
    Return the message that asks a reader to confirm an address: the same bytes each time.

    Args:
        due: Whose address it is.
        code: What confirms it.
        sender: From which address it comes.
        public_url: Where readers reach the service.
    """
    language: Language = "en" if due.language == "en" else "zh"
    t = Texts(language)
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(t("brand"), addr_spec=sender)
    message["To"] = Address(_one_line(due.name), addr_spec=due.address)
    message["Subject"] = t("mail_code_subject")
    message["Date"] = due.changed_at
    name = hashlib.sha256(f"code\0{due.user}\0{code}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{name}.code@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "en" if language == "en" else "zh-CN"
    lines = [t("mail_code_why", code=code), f"{public_url}{ADDRESS_PAGE}?code={code}"]
    message.set_content("\n".join(lines) + "\n", charset="utf-8")
    return message


def _one_line(text: str) -> str:
    r"""
    Return a text without what would end a line of a header or cannot be seen.

    Example:
        >>> _one_line("Li\r\nBcc: other@bank.example")
        'Li Bcc: other@bank.example'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
