"""Scenarios computed in the process of the tests: what a child does, without starting one."""

from app.data.versions.service import policy_of
from app.platform.deps import open_resources
from app.risk.stress.orders import ScenarioOrder
from app.risk.stress.service import ScenarioStores
from app.risk.stress.worker import computed


class Here:
    """Computes at once, in the thread that asks."""

    def compute(self, order: ScenarioOrder) -> str:
        with open_resources(order.settings) as resources:
            place = ScenarioStores.under(resources.store.reader(order.version), resources.home)
            policy = policy_of(resources, place.reader.version.as_of)
            return computed(place, order, policy)

    def end(self) -> None:
        """Nothing runs on."""
