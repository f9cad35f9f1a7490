"""What firms' own changes of risk add to those that depend on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from graph.arrays.dtypes import FloatArray
from graph.errors import InvalidInput, NotConverged
from graph.network.firms import Frame, firm_column, firm_frame, frame, refuse_size
from graph.structure.dependence.kernels import layers as kernel
from graph.structure.dependence.kernels.layers import Dependences
from graph.structure.dependence.links import Links
from graph.structure.dependence.rules import LAYERS_MAX, NOTCH, Rules


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """
    What every firm takes over of others' risk under some rules, rows held.

    Attributes:
        needs: theta_up up + theta_down down, by firm, before rows are held.
        factors: By firm and channel (adverse, favourable), what its row is multiplied by.
        row_sum_max: Largest row sum of either channel before rows were held.
        radius_bounds: The same after: no spectral radius is above it.
        scaled: How many rows were scaled down, by channel.
        rules: The rules.
    """

    needs: Dependences
    factors: FloatArray
    row_sum_max: FloatArray
    radius_bounds: FloatArray
    scaled: npt.NDArray[np.int64]
    rules: Rules
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a firm and partner it depends on: firm, partner, adverse, favourable."""
        firms = np.repeat(np.arange(len(self.factors)), np.diff(self.needs.indptr))
        taken = self.needs.weights[:, None] * self.factors[firms]
        ends = (firm_column(self.ids, rows) for rows in (firms, self.needs.others))
        named = dict(zip(("firm", "partner"), ends, strict=True))
        return frame({**named, "adverse": taken[:, 0], "favourable": taken[:, 1]})

    @property
    def decays(self) -> FloatArray:
        """Return the decays of either channel."""
        return np.array([self.rules.decay, self.rules.favourable_decay])


@dataclass(frozen=True, slots=True, eq=False)
class Dependence:
    """
    Risk on dependence: what the network adds to every firm's own risk, in logits and as a PD.

    Attributes:
        residual: h0: the firm's own change of risk.
        adverse: What others' worsening adds, not negative.
        favourable: What others' improving takes off, not negative.
        pd_own: The firm's own PD, as given.
        pd_network: The PD with what the network adds, beside the own one and never in its place.
        capped: Whether more than `notches_max` grades would have been added.
        layers: Trades up to which risk was followed.
        error: What is left out of either part of a firm's added risk at most, in logits.
        operator: What was taken over of whose risk, and how rows were held.
    """

    residual: FloatArray
    adverse: FloatArray
    favourable: FloatArray
    pd_own: FloatArray
    pd_network: FloatArray
    capped: npt.NDArray[np.bool_]
    layers: int
    error: float
    operator: Operator

    def to_pandas(self) -> Frame:
        """Return a row a firm: firm and the columns, in logits, as PDs and in grades."""
        logits = ("residual", "adverse", "favourable", "added", "risk")
        names = (*logits, "pd_own", "pd_network", "notches", "capped")
        return firm_frame(self.operator.ids, **{name: getattr(self, name) for name in names})

    @property
    def added(self) -> FloatArray:
        """Return what the network adds, in logits, before the cap."""
        return self.adverse - self.favourable

    @property
    def risk(self) -> FloatArray:
        """Return h: the own change and what the network adds."""
        return self.residual + self.added

    @property
    def notches(self) -> FloatArray:
        """Return by how many grades the network moves each PD; positive is worse."""
        own = np.maximum(self.pd_own, self.operator.rules.pd_min)
        found: FloatArray = np.log(self.pd_network / own) / np.log(NOTCH)
        return found


def operator(links: Links, rules: Rules | None = None) -> Operator:
    """
    Return what firms take over of each other's risk under some rules.

    Example:
        >>> from graph.dependence import Dealings
        >>> links = Links.build([500, 100], Dealings([1], [0], [90], [25]))
        >>> found = operator(links)
        >>> found.needs.weights.tolist(), found.radius_bounds.round(12).tolist()
        ([0.2, 0.25], [0.25, 0.075])
    """
    rules = rules or Rules()
    both = (rules.theta_up * links.up + rules.theta_down * links.down).tocsr()
    both.sort_indices()
    needs = Dependences(both.indptr.astype(np.int64), both.indices.astype(np.int32), both.data)
    sums = np.asarray(both.sum(axis=1), np.float64).reshape(-1)
    before = np.stack((sums, rules.favourable_share * sums), axis=1)
    factors = np.ones_like(before)
    over = before > rules.radius_max
    np.divide(rules.radius_max, before, out=factors, where=over)
    factors[:, 1] *= rules.favourable_share
    held = np.where(over, rules.radius_max, before)
    return Operator(
        needs,
        factors,
        before.max(axis=0, initial=0.0),
        held.max(axis=0, initial=0.0),
        over.sum(axis=0),
        rules,
        links.ids,
    )


def dependence(
    links: Links, pd_now: npt.ArrayLike, pd_ref: npt.ArrayLike, *, rules: Rules | None = None
) -> Dependence:
    """
    Return what the network adds to the risk of every firm.

    A firm's own change of risk is h0 = logit(pd_now) - logit(pd_ref). What grew and what fell is
    passed on apart, by its own thetas and decay (`kernels/layers.py`).

    Args:
        links: Who depends on whom.
        pd_now: Every firm's own PD now, in [0, 1]; 1 is a firm in default.
        pd_ref: Its PD at the date that changes are counted from.
        rules: Thetas, decays and bounds; the design's by default.

    Raises:
        InvalidInput: A PD is missing or no probability, or there is not one for each firm.
        NotConverged: More than the tolerance was left out at the bound on layers.

    Example:
        Firm 0 worsens from 1 % to 8 %; 1 sells all it makes to it, owed a quarter of its equity.

        >>> from graph.dependence import Dealings
        >>> links = Links.build([500, 100], Dealings([1], [0], [90], [25]))
        >>> found = dependence(links, [0.08, 0.02], [0.01, 0.02])
        >>> found.pd_network.round(4).tolist(), found.notches.round(2).tolist()
        ([0.0859, 0.0342], [0.15, 1.16])
    """
    rules = rules or Rules()
    now, ref = _probabilities(pd_now, "pd_now", links), _probabilities(pd_ref, "pd_ref", links)
    counted = np.clip(now, rules.pd_min, rules.pd_max)
    residual: FloatArray = logit(counted) - logit(np.clip(ref, rules.pd_min, rules.pd_max))
    held = operator(links, rules)
    added, layers, error = [], 0, 0.0
    for side, start in enumerate(split(residual)):
        part, used, rest = kernel.spread(
            held.needs,
            held.factors[:, side].copy(),
            start,
            float(held.decays[side]),
            float(held.radius_bounds[side]),
            rules.tolerance,
            LAYERS_MAX,
        )
        if rest > rules.tolerance:
            raise NotConverged(f"{rest:.2e} of a logit may be left out after {used} layers")
        added.append(part)
        layers, error = max(layers, used), max(error, rest)
    adverse, favourable = added
    wanted = np.maximum(expit(logit(counted) + adverse - favourable), rules.pd_min)
    most = counted * NOTCH**rules.notches_max
    alive = now < rules.pd_max
    capped = alive & (wanted > most)
    network = np.where(alive, np.minimum(wanted, most), now)
    return Dependence(residual, adverse, favourable, now, network, capped, layers, error, held)


def split(residual: FloatArray) -> tuple[FloatArray, FloatArray]:
    """
    Return what grew and what fell, both not negative.

    Example:
        >>> [part.tolist() for part in split(np.array([0.5, -2.0]))]
        [[0.5, 0.0], [0.0, 2.0]]
    """
    return np.maximum(residual, 0.0), np.maximum(-residual, 0.0)


def _probabilities(values: npt.ArrayLike, name: str, links: Links) -> FloatArray:
    found = np.array(values, np.float64)
    refuse_size(found, len(links), name)
    wrong = ~((found >= 0.0) & (found <= 1.0))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InvalidInput(f"{name}: entry {at}, {found[at]}, is no probability")
    return found
