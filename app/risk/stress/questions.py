"""What the command `stress` can be asked about a scenario."""

from app.platform.console.progress import Step
from app.platform.deps import Resources
from app.platform.documents import Document
from app.risk.stress import choices, parts, reading
from app.risk.stress.asking import StressQuestion, at, fen_of, other_of, placed
from app.risk.stress.parts import Ground
from graph.scenarios import Scenario, closing

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
        return _reverse(resources, asked, str(value), version, progress)
    ground = placed(resources, asked, version)
    if question == "rescue":
        return choices.rescue(ground, fen_of("--rescue", str(value)), progress=progress)
    document = parts.losses(ground, progress=progress)
    folder, name = ground.place.scenarios, str(document["scenario"])
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


def _reverse(
    resources: Resources, asked: StressQuestion, value: str, version: int | None, progress: Step
) -> Document:
    """Return who would have to fail: of those that a scenario hits, or of all."""
    loss_fen = fen_of("--reverse", value)
    among_hit = bool(asked.close or asked.source)
    ground: Ground = placed(resources, asked, version) if among_hit else _all(resources, version)
    return choices.reverse(ground, loss_fen, among_hit=among_hit, progress=progress)


def _all(resources: Resources, version: int | None) -> Ground:
    nobody: Scenario = closing(["-"])  # Nobody reads it: candidates are all firms.
    return at(resources, nobody, version)
