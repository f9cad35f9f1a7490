"""What a scenario is called: its own name, or who fails in it."""

from app.platform.documents import Document
from app.platform.web.texts import Texts

NAMED_MAX = 3


def title_of(document: Document, t: Texts) -> str:
    """Return the title of a scenario in words."""
    if document.get("name"):
        return str(document["name"])
    closed = document["closed"]
    names = t("list_comma").join(firm["name"] for firm in closed[:NAMED_MAX])
    if len(closed) > NAMED_MAX:
        names = t("and_others", names=names, count=len(closed))
    return t("if_fails" if len(closed) == 1 else "if_fail", names=names)
