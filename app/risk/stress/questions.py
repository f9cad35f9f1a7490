"""What the command `stress` can be asked about a scenario."""

from app.platform.console.progress import Step
from app.platform.deps import Resources
from app.platform.documents import Document
from app.risk.stress import choices, parts, reading
from app.risk.stress.asking import StressQuestion, fen_of, other_of, placed, version_at

__all__ = ["StressQuestion", "answered"]


def answered(
    resources: Resources,
    asked: StressQuestion,
    question: str,
    value: object,
    *,
    version: int | None,
    progress: Step,
) -> Document:
    """
    Return the document that answers a question about a scenario.

    Args:
        resources: What is configured.
        asked: The scenario.
        question: `losses`, `replay`, `compare`, `attribute`, `rescue` or `reverse`.
        value: What the question's option was given.
        version: Of the graph; the current one by default.
        progress: Told of each step.

    Raises:
        InvalidInput: The scenario or the value is not what it must be.
    """
    if question == "reverse":
        loss_fen = fen_of("--reverse", str(value))
        named = bool(asked.close or asked.source)
        among = placed(resources, asked, version) if named else version_at(resources, version)
        return choices.reverse(among, loss_fen, progress=progress)
    ground = placed(resources, asked, version)
    if question == "rescue":
        return choices.rescue(ground, fen_of("--rescue", str(value)), progress=progress)
    document = parts.losses(ground, progress=progress)
    folder, name = ground.stores.scenarios, str(document["scenario"])
    if question == "replay":
        parts.replay(ground, progress=progress)
        return reading.rounds_page(folder, name)
    if question == "attribute":
        parts.keep(ground, "attribution", progress=progress)
        return reading.attribution_page(folder, name)
    if question == "compare":
        other = other_of(resources, asked, str(value), document["version"])
        return reading.compared(document, parts.losses(other, progress=progress))
    return document
