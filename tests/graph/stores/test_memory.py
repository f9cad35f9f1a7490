import pytest

from graph.stores import Store
from graph.testing.memory import MemoryStore
from graph.testing.searching import StoreTests


class TestMemoryStore(StoreTests):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()
