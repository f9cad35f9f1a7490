"""How a cascade is computed by a policy: by runs and by scenarios alike."""

from dataclasses import replace

from app.policy import Policy
from graph.contagion import Economy, Production, Rules, prepare
from graph.errors import InvalidInput
from graph.network import Network

METHOD = "rounds"


def prepared(network: Network, policy: Policy) -> Production:
    """
    Return the network made ready for cascades, as the policy says.

    Raises:
        InvalidInput: The policy asks for a method that is not there.
    """
    if policy.rule("contagion.method").value != METHOD:
        raise InvalidInput(f"policy {policy.version}: contagion.method must be {METHOD!r}")
    found = Economy.of(network)
    if not policy.flag("contagion.statement_denominators"):
        found = replace(found, revenue=None, cost=None)
    return prepare(found, replaceability=policy.flag("contagion.replaceability"))


def rules_of(policy: Policy) -> Rules:
    """Return when a cascade stops, by the policy."""
    return Rules(
        tolerance=float(policy.decimal("contagion.tolerance")),
        rounds_max=policy.whole("contagion.rounds_max"),
    )
