"""What is counted and measured, for Prometheus. One registry an application, so that two in a process never mix.

Others tell it in our own words; only this file knows the metrics' names. How they are served is the web's affair.
"""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.ports import HostHealth

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
"""Buckets of how long actions take: from a `true` to two hours."""


class Metrics:
    """Label values come from our own code and settings, never from what a stranger sent: their number stays small."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._watched: dict[str, Gauge] = {}
        ProcessCollector(registry=self._registry)
        self._deliveries = self._counter(
            "deliveries", "Webhook deliveries, by what became of them.", "provider", "result"
        )
        self._by_result: dict[tuple[str, str], Counter] = {}
        self._executions = self._counter("executions", "Executions that reached a status.", "status")
        self._statuses = self._counter("status_writes", "Commit statuses sent to a host.", "provider", "result")
        self._notifications = self._counter(
            "notifications", "Notifications, by their targets and what became of them.", "target", "result"
        )
        self._actions = Histogram(
            "penstock_action_duration_seconds",
            "How long actions ran, by kind of work and how they ended.",
            ("kind", "status"),
            registry=self._registry,
            buckets=SECONDS,
        )

    def delivery(self, provider: str, result: str) -> None:
        counter = self._by_result.get((provider, result))
        if counter is None:  # finding the labels' counter anew would cost more than counting
            counter = self._by_result[provider, result] = self._deliveries.labels(provider, result)
        counter.inc()

    def execution(self, status: str) -> None:
        self._executions.labels(status).inc()

    def status_write(self, provider: str, result: str) -> None:
        self._statuses.labels(provider, result).inc()

    def notification(self, target: str, result: str) -> None:
        """Of a target that the settings name; what a pipeline file calls otherwise is counted as one, `unknown`."""
        self._notifications.labels(target, result).inc()

    def action(self, kind: str, status: str, seconds: float) -> None:
        self._actions.labels(kind, status).observe(seconds)

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Publish `penstock_<name>`, asked for whenever the metrics are read: what is running, waiting, still to be done."""
        if name not in self._watched:
            self._watched[name] = Gauge(f"penstock_{name}", meaning, registry=self._registry)
        self._watched[name].set_function(read)

    def watch_hosts(self, hosts: Mapping[str, HostHealth]) -> None:
        """Publish how each host answers, once it has been asked for anything."""
        self._registry.register(_Hosts(hosts))

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"penstock_{name}", meaning, labels, registry=self._registry)


class _Hosts(Collector):
    """Read whenever the metrics are: the hosts' clients count for themselves."""

    def __init__(self, hosts: Mapping[str, HostHealth]) -> None:
        self._hosts = hosts

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily(
            "penstock_host_up", "0 while the host does not answer and is tried by one call at a time.", labels=["host"]
        )
        limited = GaugeMetricFamily(
            "penstock_host_limited", "1 while the host limits our rate and is left alone.", labels=["host"]
        )
        left = GaugeMetricFamily(
            "penstock_host_rate_remaining", "Calls that the host's rate limit leaves, where it tells.", labels=["host"]
        )
        calls = CounterMetricFamily(
            "penstock_host_calls", "Calls of the host's API, by what became of them.", labels=["host", "outcome"]
        )
        for name, health in self._hosts.items():
            if not health.calls:
                continue
            up.add_metric([name], float(health.up))
            limited.add_metric([name], float(health.limited))
            if health.remaining is not None:
                left.add_metric([name], float(health.remaining))
            for outcome, count in dict(health.calls).items():
                calls.add_metric([name, outcome.replace(" ", "_")], float(count))
        yield from (up, limited, left, calls)
