"""The section of an application's page that says what it would do to the bank."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.lending.applications.parts import ApplicationPart
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent, Unready
from app.platform.web.texts import Texts
from app.risk.effect import service

TONES = {"over": "bad", "near": "warn", "inside": "done"}
LOSSES = ("lent", "expected", "stressed")


def section(resources: Resources, application: str, t: Texts) -> ApplicationPart | None:
    """
    Return what an application would do, before and after; nothing where no run says it.

    Args:
        resources: What this process has open.
        application: The application.
        t: The words.
    """
    try:
        found = service.effect(resources, application)
    except (Absent, Unready):
        return None
    told = {
        "effect": found,
        "losses": _losses(found["chain"]),
        "scenario": _scenario(found["chain"]["after"]["scenario"], t),
        "shares": [{**each, "words": _named(each, t)} for each in found["shares"]],
        "tones": TONES,
    }
    return ApplicationPart("effect/section.html", told)


def _losses(chain: Document) -> Sequence[Mapping[str, Any]]:
    """Return what is lent and lost in the chain: the code, the fen before and after, who most."""
    return [
        {
            "code": name,
            "before_fen": chain["before"][f"{name}_fen"],
            "after_fen": chain["after"][f"{name}_fen"],
            "largest": chain["after"].get(f"{name}_largest"),
        }
        for name in LOSSES
    ]


def _scenario(scenario: Document | None, t: Texts) -> str:
    if scenario is None:
        return ""
    name = t.sector(scenario["id"]) if scenario["kind"] == "sector_stress" else scenario["name"]
    return t(f"effect_scenario_{scenario['kind']}", name=name or scenario["name"])


def _named(share: Document, t: Texts) -> str:
    if share["by"] == "bank":
        return t("layer_bank")
    name = t.sector(share["id"]) if share["by"] == "sector" else share["name"]
    return t("effect_share_of", by=t(f"effect_by_{share['by']}"), name=name or share["id"])
