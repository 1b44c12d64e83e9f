"""Metrics for Prometheus, where CHAT_METRICS_ADDRESS is set. Otherwise nothing here does anything.

They are served on an address of their own, because the page is open to strangers.
"""

import asyncio
import time
from typing import Any

from django.conf import settings

from chat.models import Reply

# How often the lag of the event loop is measured.
LAG_SECONDS = 0.5
# Seconds. Each metric that is a time has its own range.
STOP_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
FIRST_TOKEN_BUCKETS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120)
LAG_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)


class Metrics:
    """The metrics of this process, and the server that Prometheus asks."""

    def __init__(self, host: str, port: int) -> None:
        """Serve them from a thread. Raises `OSError` if the address is taken, or is not ours."""
        import prometheus_client as prometheus

        registry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=registry)
        prometheus.PlatformCollector(registry=registry)
        self.streams = prometheus.Gauge(
            "chat_streams", "Replies that stream in this process", registry=registry
        )
        self.replies = prometheus.Counter(
            "chat_replies", "Replies that have ended here", ["status"], registry=registry
        )
        self.tokens = prometheus.Counter(
            "chat_tokens",
            "Tokens that the provider has counted",
            ["model", "direction"],
            registry=registry,
        )
        self.stop = prometheus.Histogram(
            "chat_stop_seconds",
            "From a Stop, or another end of a reply, to its closed upstream connection",
            buckets=STOP_BUCKETS,
            registry=registry,
        )
        self.first_token = prometheus.Histogram(
            "chat_first_token_seconds",
            "From a prompt to the first token of its reply",
            buckets=FIRST_TOKEN_BUCKETS,
            registry=registry,
        )
        self.lag = prometheus.Histogram(
            "chat_loop_lag_seconds",
            "How much later than asked for the event loop goes on",
            buckets=LAG_BUCKETS,
            registry=registry,
        )
        self.server, self.thread = prometheus.start_http_server(port, host, registry)
        self.watching = asyncio.create_task(self._watch_loop())

    async def _watch_loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_SECONDS
            await asyncio.sleep(LAG_SECONDS)
            self.lag.observe(max(0.0, loop.time() - due))

    def end(self) -> None:
        self.watching.cancel()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


_metrics: Metrics | None = None


def start() -> str:
    """Begin to measure. Returns a sentence that says what is wrong, or "" if nothing is."""
    global _metrics
    if settings.CHAT_METRICS_ADDRESS is None:
        return ""
    host, port = settings.CHAT_METRICS_ADDRESS
    try:
        _metrics = Metrics(host, port)
    except ImportError:
        return "CHAT_METRICS_ADDRESS needs prometheus-client: install it, or remove the setting."
    except OSError as error:
        return (
            f"CHAT_METRICS_ADDRESS={host}:{port} cannot be used: {error.strerror}. "
            "Each process needs a free port of its own."
        )
    return ""


def end() -> None:
    """Measure no more, and free the address."""
    global _metrics
    if _metrics is not None:
        _metrics.end()
        _metrics = None


def count_stream(reading: asyncio.Task[Any]) -> None:
    """Count a stream for as long as the task that reads it."""
    if (metrics := _metrics) is not None:
        metrics.streams.inc()
        reading.add_done_callback(lambda _: metrics.streams.dec())


def time_stop(reading: asyncio.Task[Any] | None) -> None:
    """Measure from now until the task that reads a stream has closed it."""
    if (metrics := _metrics) is not None and reading is not None and not reading.done():
        began = time.monotonic()
        reading.add_done_callback(lambda _: metrics.stop.observe(time.monotonic() - began))


def count_reply(reply: Reply) -> None:
    """Count a reply that has ended. One that waits for Allow or Deny has not."""
    if _metrics is None or reply.status == Reply.Status.STREAMING:
        return
    _metrics.replies.labels(reply.status).inc()
    tokens = {"input": reply.input_tokens, "output": reply.output_tokens}
    for direction, number in tokens.items():
        if number is not None:
            _metrics.tokens.labels(reply.model, direction).inc(number)
    # A reply from the cache has sent no request.
    if reply.rounds and reply.first_token_seconds is not None:
        _metrics.first_token.observe(reply.first_token_seconds)
