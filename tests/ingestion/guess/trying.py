"""What becomes of files by the description that is proposed for them."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.guess import guess
from ingestion.trial import TrialWishes, check

if TYPE_CHECKING:
    from tests.ingestion.conftest import House


def tried(
    house: "House",
    *paths: Path,
    proposed: str | None = None,
    owner: dict[str, str] | None = None,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what a check of the description that is proposed tells, and its facts."""
    text = guess(paths)["description"] if proposed is None else proposed
    if owner is not None:  # Who the owner is, where no file tells it.
        party = f"{{name: {{const: {owner['name']}}}, code: {{const: {owner['code']}}}}}"
        text = re.sub(r"seller: 'TODO.*?'\n(?= *\w+:)", f"seller: {party}\n", text, flags=re.DOTALL)
    out = house.home / "facts.jsonl"
    wishes = TrialWishes(text=text, facts=out)
    job = replace(house.job, now=house.job.now.replace(month=11))
    said = check("proposed", paths, job=job, wishes=wishes).document
    return dict(said), [json.loads(line)["fact"] for line in out.read_text("utf-8").splitlines()]
