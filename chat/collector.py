"""Sends traces to an OpenTelemetry collector over HTTP, a batch a minute, from a thread of the library's.

The library comes with an extra and is only imported where the setting asks for traces.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from chat.settings import BadSetting
from chat.traces import Span

EVERY: Final = 60.0
"""Seconds between two batches, and what the beginning of every trace is rounded down to: to the minute it is
no secret that somebody wrote, to the second it would be, beside the logs of a network.
"""
PATIENCE: Final = 2.0
"""Seconds that the collector has to take a batch; what it does not take is lost."""
_BILLION: Final = 1_000_000_000


class Collector:
    """Takes spans. Raises `BadSetting` where the extra is not installed."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        try:
            from opentelemetry.context import Context  # noqa: PLC0415 - only where it is asked for
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - as above
                OTLPSpanExporter,
            )
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - as above
            from opentelemetry.sdk.trace import TracerProvider, sampling  # noqa: PLC0415 - as above
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above
            from opentelemetry.trace import set_span_in_context  # noqa: PLC0415 - as above
        except ImportError:
            raise BadSetting("traces_url", "needs an extra: pip install 'warmline[traces]'") from None
        # Neither is left to its defaults, which would add the machine's names and what the environment says.
        self._provider = TracerProvider(
            resource=Resource({"service.name": "warmline"}),
            sampler=sampling.ALWAYS_ON,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(
                OTLPSpanExporter(endpoint=url, timeout=PATIENCE), schedule_delay_millis=int(EVERY * 1000)
            )
        )
        self._tracer = self._provider.get_tracer("warmline")
        self._nowhere: Any = Context()
        self._under = set_span_in_context
        self._clock = clock

    def take(self, span: Span) -> None:
        """Sends a whole trace with the next batch. Never waits."""
        minute = int(self._clock() // EVERY * EVERY) * _BILLION

        def at(moment: float) -> int:
            return minute + round((moment - span.began) * _BILLION)

        def put(one: Span, within: Any) -> None:
            made = self._tracer.start_span(
                one.name, context=within, start_time=at(one.began), attributes=dict(one.marks)
            )
            for inner in one.inner:
                put(inner, self._under(made, self._nowhere))
            made.end(end_time=at(one.ended))

        put(span, self._nowhere)

    async def close(self) -> None:
        """Sends what is left, for which it has its time."""
        await asyncio.to_thread(self._provider.shutdown)
