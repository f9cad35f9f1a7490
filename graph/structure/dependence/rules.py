"""How much of others' risk a firm takes over; part of every result."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from graph.errors import InvalidInput

Channel = Literal["adverse", "favourable"]
CHANNELS = ("adverse", "favourable")
TOLERANCE = 1e-9  # Of a logit.
LAYERS_MAX = 1000
NOTCH = float((0.20 / 0.0003) ** (1 / 14))  # 15 grades from 0.03 % to 20 %: 1.5911 a grade.


@dataclass(frozen=True, slots=True)
class Rules:
    """
    The parameters of dependence. All are policy, none is estimated here.

    Args:
        theta_up: Part of a customer's change of risk that a supplier takes over at full share.
        theta_down: Part of a supplier's change that a customer takes over.
        decay: What each trade after the first keeps of risk that grew.
        favourable_share: By what both thetas are multiplied for risk that fell.
        favourable_decay: The decay for risk that fell.
        radius_max: What no row of the operator may sum to more than, below 1; rows that do are
            scaled down to it. The spectral radius is not above it.
        notches_max: Grades of the master scale by which the network may worsen a PD at most.
        pd_min: A PD counts as this much at least.
        pd_max: A PD counts as this much at most when its logit is taken; a firm above it has
            defaulted, and its own PD stays.
        tolerance: What may be left out of a firm's added risk, in logits.
    """

    theta_up: float = 0.5
    theta_down: float = 0.2
    decay: float = 0.7
    favourable_share: float = 0.3
    favourable_decay: float = 0.4
    radius_max: float = 0.8
    notches_max: float = 3.0
    pd_min: float = 0.0003
    pd_max: float = 0.999
    tolerance: float = TOLERANCE

    def __post_init__(self) -> None:
        for name in ("theta_up", "theta_down", "favourable_share", "notches_max"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0.0):
                raise InvalidInput(f"{name} {value} is negative or missing")
        for name in ("decay", "favourable_decay"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InvalidInput(f"{name} {getattr(self, name)} is not in [0, 1]")
        if not 0.0 < self.radius_max < 1.0:
            raise InvalidInput(
                f"radius_max {self.radius_max} is not in (0, 1): risk would grow without end"
            )
        if not 0.0 < self.pd_min <= self.pd_max < 1.0:
            raise InvalidInput(
                f"pd_min {self.pd_min} and pd_max {self.pd_max} do not rise in (0, 1)"
            )
        if not self.tolerance > 0.0:
            raise InvalidInput(f"tolerance {self.tolerance} is not positive")
