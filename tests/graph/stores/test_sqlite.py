"""The store on SQLite: conformance, and any order of steps against the model."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from graph.stores import Store, open_store
from graph.stores.sql.store import SqlStore
from graph.testing.searching import StoreTests
from graph.testing.stateful import machine
from tests.graph.effort import tenth


class TestSqliteStore(StoreTests):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        with open_store(f"sqlite:///{tmp_path}/graph.db") as store:
            yield store


def test_any_order_of_steps_does_what_the_model_does(tmp_path: Path) -> None:
    number = itertools.count()

    run_state_machine_as_test(
        machine(lambda: open_store(f"sqlite:///{tmp_path}/{next(number)}.db")),
        settings=settings(
            max_examples=tenth(40),  # PostgreSQL tries the same adapter beside it.
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_who_reads_keeps_little_and_a_stage_gives_back_what_it_took(tmp_path: Path) -> None:
    with SqlStore(f"sqlite:///{tmp_path}/graph.db") as store:
        with store._connection() as connection:
            read_kib = -(connection.exec_driver_sql("PRAGMA cache_size").scalar() or 0)
        stage = store.stage()
        staged_kib = -(stage._connection.exec_driver_sql("PRAGMA cache_size").scalar() or 0)
        stage.abandon()
        with store._connection() as connection:
            again_kib = -(connection.exec_driver_sql("PRAGMA cache_size").scalar() or 0)

    assert read_kib == again_kib <= 4096
    assert staged_kib > read_kib
