"""Figures of the running service for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """Counts of one application; each has its own registry, so that tests do not share them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "deeptier_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "deeptier_request_seconds",
            "Time to answer",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.version = Gauge(
            "deeptier_version", "The graph version that is served", registry=self.registry
        )

        self.outbox_lag = Gauge(
            "deeptier_outbox_lag_events",
            "Events of the book that are not passed on to the graph store yet",
            registry=self.registry,
        )

    def observe(self, method: str, route: str, status: int, *, seconds: float) -> None:
        """Count one request; a method that nobody knows makes no series of its own."""
        known = method if method in METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def render(self) -> bytes:
        """Return the figures in Prometheus' text form."""
        return generate_latest(self.registry)
