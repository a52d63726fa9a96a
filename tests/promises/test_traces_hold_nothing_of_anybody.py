"""Promise 3, where traces are asked for: what is sent holds names, durations and members of enums only."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, Final, get_args

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from chat.alert_path import CHANNELS
from chat.collector import EVERY
from chat.protocol import Role
from chat.stages import Stage
from moderation.channels.channel import Reason
from tests.support.client import Seeker, Teammate
from tests.support.process import comes, installed
from tests.support.servers import Web, listening
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"], "olive": ["on_call"]}
CRISIS = "I took all the pills and I want to die"
CANARY = "heron-4417"
MINUTE: Final = int(EVERY) * 1_000_000_000
MARKS: Final = {
    "channel": {*CHANNELS, "null"},
    "outcome": {"delivered", *(reason.value for reason in Reason)},
    "practice": {"yes", "no"},
    "reached": {"yes", "no"},
}
NAMES: Final = {"message", "pairing", "room", "stream", "rung", "page", *get_args(Stage)} - {"whole"}


async def test_what_a_collector_is_sent_is_about_nobody(valkey: Valkey, tmp_path: Path) -> None:
    collector, hook = Web(), Web()
    async with (
        listening(collector) as port,
        listening(hook) as pages,
        installed(
            tmp_path,
            valkey,
            people=PEOPLE,
            traces_url=f"http://127.0.0.1:{port}/v1/traces",
            on_call_urls=f"http://127.0.0.1:{pages}/{CANARY}",
            messages_per_minute="600",
            message_burst="100",
        ) as house,
    ):
        sam = await Teammate(house.url, await house.sign_in("sam")).open()
        await sam.hello()
        await sam.ready()
        seeker = await Seeker(house.url).open()
        await seeker.hello()
        await seeker.join()
        conversation = str((await sam.accept())["conversation"])
        await seeker.wait("paired")
        await seeker.say(f"{CRISIS} {CANARY}")
        for number in range(20):
            await sam.say(conversation, f"{CANARY} {number}")
            await seeker.say(f"{CANARY} {number}")
        await sam.until(lambda: len(sam.talks[conversation].view) == 21, "what the seeker said")
        await comes(lambda: bool(hook.requests))
        secrets = [
            CANARY,
            conversation,
            str(seeker.ticket),
            *house.people.values(),
            "@campus.example",
            sam.cookie or "",
            "127.0.0.1",
            str(pages),
            *re.findall(r"[a-z]{4,}", CRISIS),
        ]
        await asyncio.gather(seeker.cut(), sam.cut())
        assert await asyncio.to_thread(house.servers[0].stop) == 0
        assert house.defects() == []
    bodies = [body for _, _, body in collector.requests]
    assert bodies, "what is left is sent when the process stops"
    for body in bodies:
        assert [secret for secret in secrets if secret.encode() in body] == []
    spans = [span for body in bodies for span in spans_of(body)]
    assert {span.name for span in spans} == NAMES
    for span in spans:
        marks = {mark.key: mark.value.string_value for mark in span.attributes}
        assert all(value in MARKS[key] for key, value in marks.items())
        assert not span.events
        assert not span.links
        if not span.parent_span_id:
            assert span.start_time_unix_nano % MINUTE == 0, "of a time no more than its minute is told"


def spans_of(body: bytes) -> list[Any]:
    """The spans of one request, after what is said of where they come from was held to say nothing."""
    request = ExportTraceServiceRequest.FromString(body)
    for whole in request.resource_spans:
        assert [(a.key, a.value.string_value) for a in whole.resource.attributes] == [
            ("service.name", "warmline")
        ]
    return [span for whole in request.resource_spans for scope in whole.scope_spans for span in scope.spans]
