"""Where who asks is told by mail: read, set and ended by themselves."""

from app.platform.auth.addresses import MailAddress, address_of, confirm_address, set_address
from app.platform.auth.principals import Principal
from app.platform.deps import Resources


def told(resources: Resources, who: Principal) -> dict[str, object]:
    """
    Return where somebody is told by mail, and whether the bank sends any.

    Raises:
        Absent: It is no user who asks, but a token that is nobody's.
    """
    found = address_of(resources.records, who.name)
    return {
        "address": found.address if found else None,
        "language": found.language if found else None,
        "confirmed": bool(found and found.is_confirmed),
        "sends": bool(resources.settings.smtp_host),
    }


def choose(
    resources: Resources, who: Principal, address: str | None, language: str | None
) -> dict[str, object]:
    """
    Let who asks be told by mail at an address once confirmed, or nowhere; return how it is.

    Args:
        resources: What the process has open.
        who: Who asks.
        address: Where; None: nowhere.
        language: Of what is sent; None: that of the bank.

    Raises:
        Malformed: Nothing could be sent to it.
        Absent: It is no user who asks, but a token that is nobody's.
    """
    given = None
    if address is not None:
        given = MailAddress(address, language or resources.settings.language)
    set_address(resources.records, who.name, given, resources.now())
    return told(resources, who)


def confirm(resources: Resources, who: Principal, code: str) -> dict[str, object]:
    """
    Take the address of who asks as confirmed by a code; return how it is from now on.

    Raises:
        Malformed: The code is not the one sent last, is too old, or was tried too often.
        Absent: They have no address.
    """
    key, now = resources.settings.signing_key(), resources.now()
    confirm_address(resources.records, who.name, code, key, now)
    return told(resources, who)
