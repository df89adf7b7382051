"""What runs, and is killed, in the chaos: a writer, a relay, a consumer, each a process of its own.

Writer and relay come from a server that has everything loaded already and forks them, so that a
start costs milliseconds and many kills are cheap.
"""

import asyncio
import base64
import importlib.util
import multiprocessing
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from multiprocessing.process import BaseProcess
from pathlib import Path

from redis.exceptions import RedisError

from benchmarks.chaos_plan import ORIGIN, Step, steps
from gateway import clock
from gateway.children import die_with_parent
from gateway.config import LogSettings, Settings
from gateway.dispatch.message import MessageWriter
from gateway.dispatch.relay import Relay
from gateway.dispatch.sinks import open_sinks
from gateway.errors import StorageError
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.telemetry import set_up_logging

RETRY_S = 0.05
"""The writer's pause before a store that refused is tried again."""
REPEATED = 3
"""Changes that a writer tells again when it starts: it cannot know what it had kept."""
EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "consumer.py"
CLAIM_AFTER_MS = 1000
"""The consumer's patience with dead ones, in place of half a minute."""
WEBHOOK = "county"
SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])
_CLOCK = struct.Struct("d")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the chaos happens. data: the site's data directory. notes: what the parts tell.

    database, queue_url, receiver_url: of the store, the dispatch queue, the webhook.
    """

    data: Path
    notes: Path
    database: str
    queue_url: str
    receiver_url: str

    @property
    def clock(self) -> Path:
        """How far the clocks of writer and relay are off."""
        return self.notes / "clock"

    @property
    def kept(self) -> Path:
        """One byte for each change that the store took."""
        return self.notes / "kept"

    @property
    def handled(self) -> Path:
        """The consumer's database."""
        return self.notes / "handled.db"

    @property
    def seen(self) -> Path:
        """What the consumer said, a line for each event."""
        return self.notes / "consumer.log"


def set_clock(place: Place, off_s: float) -> None:
    """Let the clocks of writer and relay jump, so many seconds from the true time."""
    beside = place.clock.with_suffix(".new")
    beside.write_bytes(_CLOCK.pack(off_s))
    beside.replace(place.clock)


def _take_clock(place: Place) -> None:
    """Have everything in this process read the clock that jumps."""
    true_now = clock.utc_now

    def utc_now() -> datetime:
        (off_s,) = _CLOCK.unpack(place.clock.read_bytes())
        return true_now() + timedelta(seconds=off_s)

    for module in list(sys.modules.values()):
        if getattr(module, "utc_now", None) is true_now:
            module.__dict__["utc_now"] = utc_now


def write(place: Place, incidents: int) -> None:
    """Be the writer: keep every change, as the worker does, from where an earlier one was."""
    _take_clock(place)
    told = place.kept.stat().st_size
    first = max(told - REPEATED, 0)
    with _open_store(place) as store, place.kept.open("ab", buffering=0) as kept:
        for number, step in enumerate(islice(steps(incidents), first, None), first):
            _insist(store, step)
            if number >= told:
                kept.write(b".")


def _insist(store: Store, step: Step) -> None:
    """Keep one change, however often the store refuses."""
    while True:
        try:
            store.incidents.record(step.change(), ORIGIN, (), MessageWriter("chaos"))
        except StorageError:
            time.sleep(RETRY_S)
        else:
            return


def relay(place: Place) -> None:
    """Be what carries messages out of `serve`: a relay for each sink, until killed."""
    _take_clock(place)
    log = (place.notes / "relay.log").open("a")
    set_up_logging(LogSettings(level="warning", format="json"), "relay", log)
    webhook = {"url": place.receiver_url, "secret": SECRET, "timeout_s": 1.0}
    settings = Settings.from_mapping(
        {"data_dir": place.data, "sinks": {"webhooks": {WEBHOOK: webhook}}}
    )
    asyncio.run(_relay(place, settings))


async def _relay(place: Place, settings: Settings) -> None:
    sinks = open_sinks(settings, place.queue_url)
    with _open_store(place) as store:
        store.deliveries.register([named.name for named in sinks])
        async with asyncio.TaskGroup() as tasks:
            for named in sinks:
                tasks.create_task(Relay(store, named.sink, named.name).run(asyncio.Event()))


def _open_store(place: Place) -> Store:
    return Store.open(place.database, SecretBox.open(place.notes / "secret.key"))


def consume(place: Place) -> None:
    """Be the documented example of a consumer, quick to claim what a dead one had taken.

    It ends when the queue does, and whoever runs it starts it again.
    """
    spec = importlib.util.spec_from_file_location("consumer", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    vars(example)["CLAIM_AFTER_MS"] = CLAIM_AFTER_MS
    with place.seen.open("a") as sys.stdout:
        try:
            example.main(place.queue_url, str(place.handled))
        except RedisError:
            sys.exit(1)


class Part:
    """A process that is started again whenever it is gone, until it has done its work."""

    def __init__(self, name: str, work: Callable[..., None], *arguments: object) -> None:
        self.name = name
        self._work = work
        self._arguments = arguments
        self._process = self._start()

    @property
    def pid(self) -> int:
        """Number of the process that runs now, or ran last."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def is_done(self) -> bool:
        """Whether it has ended of its own will."""
        return self._process.exitcode == 0

    def keep_running(self) -> None:
        """Start it again if it was killed or broke off."""
        if not self._process.is_alive() and not self.is_done:
            self._process = self._start()

    def kill(self) -> bool:
        """End it without a word, by SIGKILL; return whether it ran."""
        if not self._process.is_alive():
            return False
        self._process.kill()
        self._process.join()
        return True

    def _start(self) -> BaseProcess:
        process = _FORKS.Process(
            target=_run, args=(self._work, *self._arguments), name=self.name, daemon=True
        )
        process.start()
        return process


def _run(work: Callable[..., None], *arguments: object) -> None:
    die_with_parent()
    work(*arguments)
