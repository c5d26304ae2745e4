"""What the service counts of its own work; no path, name or id is in it."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import Scope

MEDIA_TYPE = CONTENT_TYPE_LATEST


class Traffic:
    """Requests by route template, method and status; durations by route template and method."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "recist_requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "recist_request_seconds",
            "From a request's head to the end of its answer.",
            ("route", "method"),
            registry=self._registry,
        )

    def seen(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        self._requests.labels(route, scope["method"], status).inc()
        self._seconds.labels(route, scope["method"]).observe(seconds)

    def text(self) -> bytes:
        """The counts in Prometheus's text format."""
        return generate_latest(self._registry)
