"""docs/examples/consumer.py, run as a user runs it."""

import json
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from gateway.dispatch.case_message import CaseWriter
from gateway.dispatch.embedded import EmbeddedQueue
from gateway.dispatch.redis_sink import FIELD, STREAM
from gateway.store import Store
from gateway.store.attachments import Attachment
from gateway.store.evidence import EvidenceType
from gateway.workflow.case import Action, Actor, Deed, Party
from vision.types import ChangeType

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "consumer.py"
GROUP = "grid-platform"


@pytest.fixture
def redis(queue: EmbeddedQueue) -> Iterator[Redis]:
    with Redis.from_url(queue.url, protocol=2, decode_responses=True) as client:
        yield client


@pytest.fixture
def events(store: Store, samples) -> list[str]:
    for sequence, kind in enumerate((ChangeType.OPENED, ChangeType.UPDATED, ChangeType.CLOSED)):
        change = samples.change("i-1", kind, sequence, after_s=sequence)
        store.incidents.record(change, samples.origin, (), samples.compose)
    return [message.body for message in store.outbox.waiting()]


def consume(url: str, database: Path, count: int, example: Path = EXAMPLE) -> list[str]:
    """Run the example until it has printed `count` lines, then kill it as a crash would."""
    consumer = subprocess.Popen(
        [sys.executable, str(example), url, str(database)], stdout=subprocess.PIPE, text=True
    )
    assert consumer.stdout is not None
    lines = [consumer.stdout.readline().strip() for _ in range(count)]
    consumer.kill()
    consumer.wait()
    consumer.stdout.close()
    return [line.split(" ", 1)[1] for line in lines]


def desk(database: Path) -> list[tuple]:
    with sqlite3.connect(database) as connection:
        return connection.execute("SELECT id, revision, closed_at IS NULL FROM desk").fetchall()


def test_repeats_have_no_effect_and_everything_is_acknowledged(
    queue: EmbeddedQueue, redis: Redis, events: list[str], tmp_path: Path
) -> None:
    for event in [*events[:2], *events]:
        redis.xadd(STREAM, {FIELD: event})
    assert consume(queue.url, tmp_path / "handled.db", 5) == [
        "i-1/0 handled",
        "i-1/1 handled",
        "i-1/0 seen before",
        "i-1/1 seen before",
        "i-1/2 handled",
    ]
    assert desk(tmp_path / "handled.db") == [("i-1", 2, 0)]
    assert redis.xpending(STREAM, GROUP)["pending"] == 0


def test_older_revision_does_not_overwrite_a_newer_one(
    queue: EmbeddedQueue, redis: Redis, events: list[str], tmp_path: Path
) -> None:
    for event in (events[2], events[1]):
        redis.xadd(STREAM, {FIELD: event})
    consume(queue.url, tmp_path / "handled.db", 2)
    assert desk(tmp_path / "handled.db") == [("i-1", 2, 0)]


def test_what_a_dead_consumer_had_taken_is_claimed(
    queue: EmbeddedQueue, redis: Redis, events: list[str], tmp_path: Path
) -> None:
    redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    for event in events:
        redis.xadd(STREAM, {FIELD: event})
    taken = redis.xreadgroup(GROUP, "dead", {STREAM: ">"})
    assert len(taken[0][1]) == 3
    impatient = tmp_path / "consumer.py"
    patience = "CLAIM_AFTER_MS = 30_000"
    assert patience in EXAMPLE.read_text()
    impatient.write_text(EXAMPLE.read_text().replace(patience, "CLAIM_AFTER_MS = 0"))
    assert consume(queue.url, tmp_path / "handled.db", 3, impatient) == [
        f"{json.loads(event)['id']} handled" for event in events
    ]
    assert desk(tmp_path / "handled.db") == [("i-1", 2, 0)]


def test_what_it_had_taken_itself_comes_before_what_is_new(
    queue: EmbeddedQueue, redis: Redis, events: list[str], tmp_path: Path
) -> None:
    """Killed and started again, it hands over nothing before what it had in its hands."""
    redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    trimmed = redis.xadd(STREAM, {FIELD: events[0]})
    redis.xadd(STREAM, {FIELD: events[0]})
    redis.xreadgroup(GROUP, socket.gethostname(), {STREAM: ">"})
    for event in events[1:]:
        redis.xadd(STREAM, {FIELD: event})
    redis.xdel(STREAM, trimmed)
    assert consume(queue.url, tmp_path / "handled.db", 4) == [
        " seen before",
        "i-1/0 handled",
        "i-1/1 handled",
        "i-1/2 handled",
    ]


def test_files_of_cases_are_noted_once(
    store: Store, samples, queue: EmbeddedQueue, redis: Redis, tmp_path: Path
) -> None:
    store.incidents.record(samples.change(), samples.origin, (), samples.compose)
    picture = samples.evidence(type=EvidenceType.PHOTO)
    deed = Deed(Action.COMMENT, Actor(Party.OPERATOR, "li"), samples.change().at, note="看过")
    files = (Attachment(picture, "1.jpg"),)
    store.cases.take("i-1", deed, 0, CaseWriter("dongshan"), files)
    for message in [*store.outbox.waiting(), *store.outbox.waiting()]:
        redis.xadd(STREAM, {FIELD: message.body})
    assert consume(queue.url, tmp_path / "handled.db", 4) == [
        "i-1/0 handled",
        "i-1/case/1 handled",
        "i-1/0 seen before",
        "i-1/case/1 seen before",
    ]
    with sqlite3.connect(tmp_path / "handled.db") as connection:
        assert connection.execute("SELECT * FROM files").fetchall() == [
            (picture.id, "i-1", picture.sha256, picture.url)
        ]
