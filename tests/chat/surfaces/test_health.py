"""Health tells what is missing, and counters tell nothing about people."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter
from starlette.applications import Starlette

from chat.surfaces.health import Check, Health
from chat.switch import Standing
from tests.support.asgi import ask

PASSED = Standing(1.5, late=False)


async def there() -> None: ...


async def away() -> None:
    raise ConnectionError("heron-4417")


def app(
    *,
    redis: Check = there,
    database: Check = there,
    draining: bool = False,
    tested: Standing = PASSED,
    scarce: bool = False,
) -> Starlette:
    registry = CollectorRegistry()
    Counter("warmline_conversations", "Conversations begun.", ["topic"], registry=registry).labels(
        "mood"
    ).inc()
    health = Health(
        {"redis": redis, "database": database}, registry, lambda: draining, lambda: tested, lambda: scarce
    )
    return Starlette(routes=health.routes())


async def test_it_is_ready_when_everything_answers() -> None:
    answer = await ask(app(), "GET", "/readyz")
    path = {"tested_at": 1.5, "late": False}
    assert (answer.status, answer.json()) == (200, {"ready": True, "alert_path": path})


async def test_a_late_test_of_the_alert_path_is_told_and_turns_nobody_away() -> None:
    answer = await ask(app(tested=Standing(1.5, late=True)), "GET", "/readyz")
    assert answer.status == 200
    assert answer.json() == {
        "ready": True,
        "alert_path": {"tested_at": 1.5, "late": True},
        "degraded": ["alert_path"],
    }


async def test_a_redis_without_room_for_new_conversations_is_told_and_turns_no_other_away() -> None:
    answer = await ask(app(scarce=True), "GET", "/readyz")
    assert (answer.status, answer.json()["degraded"]) == (200, ["memory"])


async def test_it_says_what_is_missing_and_nothing_more() -> None:
    answer = await ask(app(redis=away, database=away, draining=True), "GET", "/readyz")
    assert answer.status == 503
    assert answer.json() == {
        "code": "not_ready",
        "detail": "Not ready: draining, redis, database.",
        "missing": ["draining", "redis", "database"],
        "alert_path": {"tested_at": 1.5, "late": False},
    }


async def test_it_lives_while_everything_else_is_away() -> None:
    assert (await ask(app(redis=away, database=away, draining=True), "GET", "/livez")).status == 200


async def test_counters_are_told_in_the_text_that_monitoring_reads() -> None:
    answer = await ask(app(), "GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'warmline_conversations_total{topic="mood"} 1.0' in answer.body.decode()
