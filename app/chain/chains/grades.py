"""Grades of firms, which are the bank's to see."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from app.chain.limits.shown import Shown
from app.data.versions.networks import network_of
from app.platform.deps import Resources
from app.platform.web.charts import grade_of


def grades_of(resources: Resources, results: Shown, firms: Sequence[str]) -> Mapping[str, str]:
    """Return the grades of firms of a run's version; none where the reader may not see them."""
    if not results.sight.is_whole:
        return {}
    network = network_of(resources, results.head.version)
    ratings = network.column("rating").take(pa.array(network.rows(firms))).to_pylist()
    return {firm: grade_of(rating) for firm, rating in zip(firms, ratings, strict=True)}
