"""Whom to support under a budget, and which firms would have to fail: losses of production."""

import numpy as np
import numpy.typing as npt

from app.platform.console.progress import Step, quietly
from app.platform.documents import Document
from app.platform.errors import Absent
from app.risk.stress.parts import Ground, VersionGround, losses
from graph.attribution import hit_rows
from graph.contagion import EXACT, Scenarios, esri
from graph.errors import InvalidInput
from graph.rescue import Candidates, Stress, choose
from graph.reverse_stress import Question, find

SUPPORTED_MAX = 24  # Candidates of a rescue: those that lose most.
FAILING_MAX = 60  # Candidates of a reverse stress: those that cost most alone.
EVALUATIONS_MAX = 5000


def rescue(ground: Ground, budget_fen: int, *, progress: Step = quietly) -> Document:
    """
    Return whom to support under a budget so that a scenario costs least, and what no choice beats.

    A candidate is one of the firms that lose most production; to keep it going costs what it
    would lose, and then it passes nothing on. Losses are those at the fixed point.

    Returns:
        The head, `{"budget_fen", "cost_fen", "loss_fen", "loss_after_fen", "saved_fen",
        "saved_fen_max", "gap_fen", "settled", "candidates", "left_out", "supported"}`: `left_out`
        counts firms that lose too but were no candidates; `saved_fen_max` is of candidates. A firm:
        `{"id", "name", "cost_fen", "saved_fen"}`, who saves most per fen first.

    Raises:
        InvalidInput: The scenario costs no production, or the budget is negative.
        NotConverged: Losses still moved at the bound on rounds.
    """
    document = losses(ground, progress=progress)
    hurt = sorted(document["firms"], key=lambda firm: (-firm["production_fen"], firm["id"]))
    hurt = [firm for firm in hurt if firm["production_fen"] > 0]
    left_out = max(0, len(hurt) - SUPPORTED_MAX)
    hurt = hurt[:SUPPORTED_MAX]
    if not hurt:
        raise InvalidInput("nobody loses production in this scenario: there is nobody to support")
    progress("rescue", None)
    network = ground.network
    rows = network.rows([firm["id"] for firm in hurt])
    cost_fen = np.array([firm["production_fen"] for firm in hurt], np.int64)
    found = choose(
        Stress(ground.production, ground.hit.shocks, _output_fen(ground)),
        Candidates(rows, cost_fen),
        budget_fen=budget_fen,
    )
    return {
        **ground.head,
        "budget_fen": budget_fen,
        "cost_fen": found.cost_fen,
        "loss_fen": found.loss_before_fen,
        "loss_after_fen": found.loss_after_fen,
        "saved_fen": found.saved_fen,
        "saved_fen_max": found.saved_fen_max,
        "gap_fen": found.gap_fen,
        "settled": found.settled,
        "candidates": len(hurt),
        "left_out": left_out,
        "supported": [
            _firm(ground, step.row) | {"cost_fen": step.cost_fen, "saved_fen": step.gain_fen}
            for step in found.steps
        ],
    }


def reverse(ground: VersionGround, loss_fen: int, *, progress: Step = quietly) -> Document:
    """
    Return the fewest firms whose closing together costs a loss, and what was excluded.

    Args:
        ground: Of which version anybody may close, or of which scenario only who is hit in it.
        loss_fen: Lost production that is to be reached, at the fixed point.
        progress: Told of each step.

    Returns:
        `{"version", "as_of", "policy", "threshold_fen", "breaks", "proven", "loss_fen", "firms",
        "candidates", "left_out", "excluded", "certificate"}`: `excluded` is the number of firms up
        to which no set of the candidates costs so much; `left_out` counts those that may close too
        but are none of the candidates, which are those that cost most alone.

    Raises:
        InvalidInput: The loss is not above 0.
        NotConverged: Losses still moved at the bound on rounds.
    """
    output_fen = _output_fen(ground)
    progress("candidates", None)
    hit = hit_rows(ground.hit) if isinstance(ground, Ground) else None
    everybody = np.arange(len(ground.network)) if hit is None else hit
    rows = _costliest(ground, everybody)
    progress("reverse", None)
    asked = Question(ground.production, rows, loss_fen, output_fen)
    found = find(asked, evaluations_max=EVALUATIONS_MAX)
    return {
        **ground.version_head,
        "threshold_fen": loss_fen,
        "breaks": found.breaks,
        "proven": found.proven,
        "loss_fen": found.loss_fen,
        "firms": [_firm(ground, row) for row in found.rows],
        "candidates": found.candidates,
        "left_out": len(everybody) - len(rows),
        "excluded": found.size_excluded,
        "certificate": found.certificate,
    }


def _costliest(ground: VersionGround, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the rows of the firms that cost most when they close alone, in order."""
    if len(rows) <= FAILING_MAX:
        return rows
    alone = esri(ground.production, Scenarios.alone(rows), rules=EXACT).total
    return np.sort(rows[np.argsort(-alone, kind="stable")[:FAILING_MAX]])


def _output_fen(ground: VersionGround) -> int:
    output_fen = int(sum(ground.network.sales_fen.tolist()))
    if output_fen < 1:
        raise Absent("nobody sells anything in this version: no production can be lost")
    return output_fen


def _firm(ground: VersionGround, row: int) -> Document:
    return {"id": ground.network.ids[row], "name": ground.network.column("name")[row].as_py()}
