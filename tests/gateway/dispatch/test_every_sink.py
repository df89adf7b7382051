"""What every sink keeps, tried on each with a real server: queue, webhook receiver, broker."""

import asyncio
import json
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from cloudevents.core.formats.json import JSONFormat
from jsonschema import Draft202012Validator
from structlog.testing import capture_logs

from gateway.clock import utc_now
from gateway.dial_policy import DialPolicy
from gateway.dispatch import redis_connection, relay
from gateway.dispatch.backoff import Backoff
from gateway.dispatch.embedded import EmbeddedQueue, open_queue
from gateway.dispatch.mqtt_sink import MqttSink
from gateway.dispatch.redis_sink import RedisSink
from gateway.dispatch.relay import QueueState
from gateway.dispatch.sink import Letter, Receipt, Sink
from gateway.dispatch.webhook_sink import WebhookSink
from gateway.errors import StorageError
from gateway.sink_settings import MqttSettings, WebhookSettings
from gateway.store import Store
from vision.types import ChangeType, Severity

SCHEMAS = Path(__file__).parents[3] / "docs" / "schema"
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
PASSWORD = "s3cret"
NAME = "county"
QUICK = Backoff(first_s=0.02, longest_s=0.1)
PATIENT_S, HASTY_S = 60.0, 0.4
POISON = "poison"
"""Incidents of this kind are refused by a venue told to."""


class QueueVenue:
    """The dispatch queue: Valkey, with its messages on the disk."""

    secret = PASSWORD

    def __init__(self, queue: EmbeddedQueue, entries: Callable) -> None:
        self._queue, self._entries = queue, entries

    def sink(self, **_settings: object) -> Sink:
        return RedisSink(self._queue.url)

    def stranger(self) -> Sink:
        return RedisSink(f"redis://patrol:{PASSWORD}@127.0.0.1:1/0")

    def arrived(self) -> list[str]:
        return [event for _, event in self._entries(self._queue.url)]

    def end(self) -> None:
        self._queue._child.kill()

    def restart(self) -> None:
        self._queue.restart()

    def hang(self) -> None:
        self._queue._child.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._queue._child.send_signal(signal.SIGCONT)


class WebhookVenue:
    """A receiver of requests that breaks off, hangs and refuses when it is told to."""

    secret = SECRET

    def __init__(self, servers, receiver) -> None:
        self._servers, self._receiver = servers, receiver

    def sink(self, **settings: object) -> Sink:
        given = {"url": self._receiver.url, "secret": SECRET, "timeout_s": PATIENT_S} | settings
        return WebhookSink(WebhookSettings.model_validate(given), DialPolicy())

    def stranger(self) -> Sink:
        return self.sink(url="http://127.0.0.1:1/")

    def arrived(self) -> list[str]:
        return [one.body.decode() for one in self._receiver.taken]

    def end(self) -> None:
        self._receiver.manner = self._servers.close_midway

    def restart(self) -> None:
        self._receiver.manner = self._servers.OK

    wake = restart

    def hang(self) -> None:
        self._receiver.manner = self._servers.hang

    def refuse_poison(self) -> None:
        refuse = self._servers.answer(422, "not like this")

        async def judge(request, writer) -> None:
            if POISON not in request.body.decode():
                self._receiver.taken.append(request)
                await self._servers.OK(request, writer)
            else:
                await refuse(request, writer)

        self._receiver.manner = judge

    cure = restart


class BrokerVenue:
    """Mosquitto, and a platform that hears everything there."""

    secret = PASSWORD

    def __init__(self, broker, listener) -> None:
        self._broker, self._listener = broker, listener
        self._rights = (broker.folder / "rights").read_text()

    def sink(self, **settings: object) -> Sink:
        login = {"username": "patrol", "password": PASSWORD}
        given = {"url": self._broker.url, "timeout_s": PATIENT_S} | login | settings
        return MqttSink(MqttSettings.model_validate(given), "gridpatrol-test", DialPolicy())

    def stranger(self) -> Sink:
        return self.sink(username="nobody")

    def arrived(self) -> list[str]:
        return [message.payload.decode() for message in self._listener.heard]

    def end(self) -> None:
        self._broker.stop()

    def restart(self) -> None:
        self._broker.start()

    def hang(self) -> None:
        self._broker.signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._broker.signal(signal.SIGCONT)

    def refuse_poison(self) -> None:
        allowed = "topic write gridpatrol/+/+/+"
        kinds = "topic write gridpatrol/+/+/person_presence"
        self._broker.set_rights(self._rights.replace(allowed, kinds))

    def cure(self) -> None:
        self._broker.set_rights(self._rights)


@pytest.fixture(params=["queue", "webhook", "broker"])
async def venue(request, tmp_path: Path, webhooks, entries) -> AsyncIterator:
    """Return a server of one kind, running."""
    if request.param == "queue":
        queue = open_queue(tmp_path, None)
        yield QueueVenue(queue, entries)
        queue.stop()
    elif request.param == "webhook":
        async with webhooks.webhook_receiver() as receiver:
            yield WebhookVenue(webhooks, receiver)
    else:
        servers = request.getfixturevalue("mosquittos")
        broker = servers.Mosquitto(tmp_path)
        broker.start()
        with servers.Listener(broker) as listener:
            yield BrokerVenue(broker, listener)
        broker.stop()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have waits that take seconds to minutes take hundredths of a second."""
    for sink in (RedisSink, WebhookSink, MqttSink):
        monkeypatch.setattr(sink, "backoff", QUICK)
    monkeypatch.setattr(relay, "OFFER_AGAIN", QUICK)


@pytest.fixture
def store(store: Store) -> Store:
    """Return a store that has the sink."""
    store.deliveries.register([NAME])
    return store


def waiting(store: Store) -> int:
    return next(one.waiting for one in store.deliveries.status() if one.name == NAME)


def ids(bodies: Sequence[str]) -> list[str]:
    return [json.loads(body)["id"] for body in bodies]


def record(store: Store, samples, incident_id: str, sequence: int, **fields: object) -> None:
    kind = ChangeType.OPENED if sequence == 0 else ChangeType.UPDATED
    change = samples.change(incident_id, kind, sequence, after_s=sequence, **fields)
    store.incidents.record(change, samples.origin, (), samples.compose)


def assert_in_order(bodies: Sequence[str], written: Sequence[str]) -> None:
    """All that was written arrived, nothing else did, and of each incident in its order."""
    once = list(dict.fromkeys(ids(bodies)))
    assert sorted(once) == sorted(written)
    revisions = defaultdict(list)
    for one in once:
        incident, _, revision = one.rpartition("/")
        revisions[incident].append(int(revision))
    assert all(each == sorted(each) for each in revisions.values())


async def test_everything_arrives_and_each_incident_in_its_order(
    venue, store: Store, samples, relaying, until
) -> None:
    """Thirty messages of ten incidents, mixed, and as many while the first are under way."""

    def write(prefix: str) -> list[str]:
        for sequence in range(3):
            for number in range(10):
                record(store, samples, f"{prefix}-{number}", sequence)
        return [f"{prefix}-{n}/{sequence}" for sequence in range(3) for n in range(10)]

    written = write("before")
    async with relaying(venue.sink(), NAME):
        written += await asyncio.to_thread(write, "while")
        await until(lambda: len(venue.arrived()) >= len(written))
        await until(lambda: waiting(store) == 0)
    assert_in_order(venue.arrived(), written)
    assert len(venue.arrived()) == len(written)


async def test_receiver_that_ends_again_and_again_loses_nothing(
    venue, store: Store, samples, relaying, until
) -> None:
    async with relaying(venue.sink(), NAME) as carrier:
        for number in range(3):
            await until(lambda: carrier.state.state is QueueState.CONNECTED)
            for sequence in range(2):
                record(store, samples, f"i-{number}", sequence)
            await asyncio.to_thread(venue.end)
            record(store, samples, f"i-{number}", 2)
            await until(lambda: carrier.state.state is QueueState.DOWN)
            await asyncio.to_thread(venue.restart)
        await until(lambda: waiting(store) == 0)
        written = [f"i-{n}/{sequence}" for n in range(3) for sequence in range(3)]
        await until(lambda: set(ids(venue.arrived())) == set(written))
    assert_in_order(venue.arrived(), written)


async def test_what_could_not_be_noted_comes_again_as_it_was(
    venue, store: Store, samples, relaying, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a process dies between sending and noting."""
    written = [f"{one}/0" for one in samples.fill(store, 5)]
    settle, failures = store.deliveries.settle, iter([StorageError("the disk is full")])

    def fail_once(*arguments: object) -> None:
        for failure in failures:
            raise failure
        settle(*arguments)

    monkeypatch.setattr(store.deliveries, "settle", fail_once)
    async with relaying(venue.sink(), NAME):
        await until(lambda: waiting(store) == 0)
        await until(lambda: len(venue.arrived()) == 10)
    assert_in_order(venue.arrived(), written)
    assert len(set(venue.arrived())) == 5


async def test_receiver_that_hangs_is_given_up_and_taken_up_again(
    venue, store: Store, samples, relaying, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_connection, "ANSWER_S", HASTY_S)
    async with relaying(venue.sink(timeout_s=HASTY_S), NAME) as carrier:
        await until(lambda: carrier.state.state is QueueState.CONNECTED)
        venue.hang()
        written = [f"{one}/0" for one in samples.fill(store, 3)]
        await until(lambda: carrier.state.state is QueueState.DOWN)
        venue.wake()
        await until(lambda: waiting(store) == 0)
        await until(lambda: set(ids(venue.arrived())) == set(written))
    assert_in_order(venue.arrived(), written)


@pytest.mark.parametrize("venue", ["webhook", "broker"], indirect=True)
async def test_what_is_refused_is_parked_while_the_others_go_on(
    venue, store: Store, samples, relaying, until
) -> None:
    """A stream takes every message or none; the others may refuse one."""
    venue.refuse_poison()
    record(store, samples, "bad", 0, kind=POISON)
    record(store, samples, "bad", 1, kind=POISON)
    good = samples.fill(store, 3)
    async with relaying(venue.sink(), NAME):
        await until(lambda: len(store.deliveries.parked(NAME)) == 2)
        assert sorted(ids(venue.arrived())) == [f"{one}/0" for one in good]
        first, second = store.deliveries.parked(NAME)
        assert (first.event_id, second.event_id) == ("bad/0", "bad/1")
        assert first.refusals == relay.PARK_AFTER
        venue.cure()
        store.deliveries.offer_again(NAME, "bad/0", "li")
        await until(lambda: "bad/0" in ids(venue.arrived()))
    assert [one.event_id for one in store.deliveries.parked(NAME)] == ["bad/1"]


async def test_late_message_says_so_and_a_fresh_one_does_not(
    venue, store: Store, samples, relaying, until
) -> None:
    samples.fill(store, 1, "late")
    written_at = utc_now() - timedelta(hours=2)
    with store._database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE outbox SET created_at = ?", (f"{written_at:%Y-%m-%d %H:%M:%S.%f}",)
        )
    samples.fill(store, 1, "fresh")
    async with relaying(venue.sink(), NAME):
        await until(lambda: len(venue.arrived()) == 2)
    events = {one["subject"]: one for one in map(json.loads, venue.arrived())}
    late, fresh = events["late-0"], events["fresh-0"]
    assert 7200 <= late["lateseconds"] < 7200 + 120
    assert not {"lateseconds", "deliveredat"} & fresh.keys()


async def test_red_goes_first_when_much_has_waited(
    venue, store: Store, samples, relaying, until
) -> None:
    """One at a time, as on the thinnest link."""
    for name in ("green", "yellow", "red"):
        record(store, samples, name, 0, severity=Severity(name))
    sink = venue.sink()
    sink.batch = 1
    async with relaying(sink, NAME):
        await until(lambda: len(venue.arrived()) == 3)
    assert ids(venue.arrived()) == ["red/0", "yellow/0", "green/0"]


class Counted:
    """A sink that notes how many letters it is given at once."""

    def __init__(self, sink: Sink) -> None:
        self._sink, self.given = sink, []

    def __getattr__(self, name: str) -> object:
        return getattr(self._sink, name)

    async def send(self, letters: Sequence[Letter]) -> tuple[Receipt, ...]:
        self.given.append(len(letters))
        return await self._sink.send(letters)


async def test_no_batch_is_larger_than_the_sink_asks_for(
    venue, store: Store, samples, relaying, until
) -> None:
    sink = venue.sink()
    sink.batch = 8
    counted = Counted(sink)
    samples.fill(store, 11)
    async with relaying(counted, NAME):
        await until(lambda: len(venue.arrived()) == 11)
    assert counted.given == [8, 3]


async def test_no_secret_is_told(venue, store: Store, samples, relaying, until) -> None:
    """Neither in the log nor in what people see, when a sink cannot be reached."""
    samples.fill(store, 1)
    sink = venue.stranger()
    with capture_logs() as said:
        async with relaying(sink, NAME) as carrier:
            await until(lambda: carrier.state.state is QueueState.DOWN)
            await until(lambda: any(one.detail for one in store.deliveries.status()))
    told = f"{said} {carrier.state} {sink.where} {store.deliveries.status()}"
    assert sink.where in told
    assert venue.secret not in told


async def test_what_arrives_is_read_by_readers_that_are_not_ours(
    venue, store: Store, samples, relaying, until
) -> None:
    """The published schema, held by jsonschema; CloudEvents 1.0, read by its own SDK."""
    record(store, samples, "i-1", 0)
    record(store, samples, "i-1", 1, severity=Severity.RED)
    async with relaying(venue.sink(), NAME):
        await until(lambda: len(venue.arrived()) == 2)
    for body in venue.arrived():
        event = JSONFormat().read(None, body.encode())
        name = event.get_dataschema().rpartition(":")[2]
        schema = json.loads((SCHEMAS / f"{name}.json").read_text())
        Draft202012Validator(schema).validate(event.get_data())
        assert (event.get_subject(), event.get_source()) == ("i-1", "/gridpatrol/dongshan")
        assert event.get_time() is not None
