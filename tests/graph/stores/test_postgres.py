"""The store on PostgreSQL: conformance, and any order of steps against the model."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from graph.stores import Store, open_store
from graph.testing.searching import StoreTests
from graph.testing.stateful import machine

pytestmark = pytest.mark.postgres


class TestPostgresStore(StoreTests):
    @pytest.fixture
    def store(self, empty_postgres_url: str) -> Iterator[Store]:
        with open_store(empty_postgres_url) as store:
            yield store


def test_any_order_of_steps_does_what_the_model_does(postgres_url: str) -> None:
    def empty() -> Store:
        engine = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        engine.dispose()
        return open_store(postgres_url)

    run_state_machine_as_test(
        machine(empty),
        settings=settings(
            max_examples=8,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
