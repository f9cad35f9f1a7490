"""The store on Neo4j: conformance, and any order of steps against the model."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from graph.stores import Store, open_store
from graph.stores.neo4j.session import Database
from graph.testing.searching import StoreTests
from graph.testing.stateful import machine

pytestmark = pytest.mark.neo4j


class TestNeo4jStore(StoreTests):
    @pytest.fixture
    def store(self, empty_neo4j_url: str) -> Iterator[Store]:
        with open_store(empty_neo4j_url) as store:
            yield store


def test_any_order_of_steps_does_what_the_model_does(empty_neo4j_url: str) -> None:
    def empty() -> Store:
        database = Database(empty_neo4j_url)
        database.run("MATCH (n) DETACH DELETE n")
        database.close()
        return open_store(empty_neo4j_url)

    run_state_machine_as_test(
        machine(empty),
        settings=settings(
            max_examples=5,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
