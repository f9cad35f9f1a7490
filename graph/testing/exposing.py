"""What keeping exposures beside the trade graph means, on every adapter."""

from graph.model import Exposure, FirmId
from graph.stores.base import Store
from graph.testing.economy import firm, publish, trade
from graph.testing.stores import VersionTests

A, B = FirmId("A"), FirmId("B")


class ExposureTests(VersionTests):
    """Exposures are replaced by their ids, in order, and never by what is older."""

    def test_exposures_are_replaced_by_their_ids_and_nought_goes(self, store: Store) -> None:
        """What is told later counts, of one id the last."""
        publish(store, firms=[firm("A"), firm("B")], trades=[trade("A", "B")])
        assert (store.exposures_at(), store.exposures()) == (0, [])

        lent, owed = Exposure("use:1", A, None, 100), Exposure("voucher:1", B, A, 70)
        store.keep_exposures([Exposure("use:1", A, None, 5), owed, lent], at=3)
        assert (store.exposures_at(), store.exposures()) == (3, [lent, owed])

        store.keep_exposures([Exposure("use:1", A, None, 0), Exposure("voucher:1", B, B, 7)], at=9)
        assert store.exposures() == [Exposure("voucher:1", B, B, 7)]
        store.keep_exposures([], at=11)
        assert store.exposures_at() == 11

    def test_what_is_told_again_or_late_changes_nothing(self, store: Store) -> None:
        """At least once and in any order is enough."""
        publish(store, firms=[firm("A")])
        store.keep_exposures([Exposure("use:1", A, None, 100)], at=5)

        for at in (5, 4):
            store.keep_exposures([Exposure("use:1", A, None, 1)], at=at)

        assert (store.exposures_at(), store.exposures()) == (5, [Exposure("use:1", A, None, 100)])

    def test_a_version_is_the_same_with_exposures_beside_it(self, store: Store) -> None:
        """Readers of versions never see them, whether a firm is of a version or not."""
        publish(store, firms=[firm("A")])
        before = store.reader().columns("firms")
        store.keep_exposures([Exposure("use:1", FirmId("GONE"), None, 100)], at=1)

        assert store.reader().columns("firms").equals(before)
        assert [found.id for found in store.reader().firms()] == ["A"]
        assert publish(store, firms=[firm("B")]).firms == 2
        assert store.exposures() == [Exposure("use:1", FirmId("GONE"), None, 100)]
