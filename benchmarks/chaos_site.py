"""The site that the chaos falls upon, and the faults: who is killed, what breaks, for how long."""

import random
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from benchmarks.chaos_disk import Disk, LimitedFiles, SmallDisk, small_disk
from benchmarks.chaos_parts import WEBHOOK, Part, Place, consume, relay, set_clock, write
from benchmarks.chaos_receiver import Manner, Receiver
from gateway.dispatch.embedded import EmbeddedQueue
from gateway.errors import QueueUnreachableError
from gateway.secrets import SecretBox
from gateway.store import Store

LOOK_S = 0.02
DISK_MIB, BYTES_AN_INCIDENT = 256, 40_000
"""Room for the queue's file, which grows with every repeat, and for the database."""
CLOCKS_S = (-7200.0, -30.0, 45.0, 3600.0)
"""How far clocks jump; the next jump may bring them back."""


class MortalQueue(EmbeddedQueue):
    """The embedded queue, killed and robbed of its data from outside."""

    @property
    def pid(self) -> int:
        """Number of the server's process."""
        assert self._child is not None
        return self._child.pid

    def kill(self) -> bool:
        """End the server by SIGKILL; return whether it ran."""
        if self._child is None or not self.is_alive():
            return False
        self._child.kill()
        self._child.wait()
        return True

    def forget(self) -> None:
        """Delete what it had written."""
        shutil.rmtree(self._directory / "appendonlydir", ignore_errors=True)

    def keep_running(self) -> None:
        """Start the server again if it is gone; without room on the disk it will not start."""
        if not self.is_alive():
            with suppress(QueueUnreachableError):
                self.restart()


@dataclass
class Site:
    """All that runs, and what is done to it. pause_s: the scale of every fault's length."""

    place: Place
    incidents: int
    rng: random.Random
    pause_s: float
    queue: MortalQueue
    receiver: Receiver
    disk: Disk
    writer: Part
    relay: Part
    consumer: Part
    store: Store
    kills: Counter[str] = field(default_factory=Counter)

    def keep_running(self) -> None:
        """Start again what is gone."""
        self.queue.keep_running()
        for part in (self.writer, self.relay, self.consumer):
            part.keep_running()

    def wait(self, seconds: float) -> None:
        """Let time pass, with everything kept running."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.keep_running()
            time.sleep(LOOK_S)

    def kill(self, name: str, victim: "Part | MortalQueue") -> None:
        """Kill something that runs, as soon as it does."""
        while not victim.kill():
            if isinstance(victim, Part) and victim.is_done:
                return
            self.keep_running()
            time.sleep(LOOK_S)
        self.kills[name] += 1

    def span(self) -> float:
        """Return how long a fault lasts."""
        return self.pause_s * self.rng.uniform(0.2, 1.0)

    def written(self) -> int:
        """Return how many changes the writer was told are kept."""
        return self.place.kept.stat().st_size

    def waiting(self) -> int:
        """Return how many messages wait for any sink or are parked."""
        return sum(sink.waiting + sink.parked for sink in self.store.deliveries.status())

    def handled(self) -> int:
        """Return how many events the consumer has handled."""
        try:
            with sqlite3.connect(f"file:{self.place.handled}?mode=ro", uri=True) as database:
                (count,) = database.execute("SELECT count(*) FROM handled").fetchone()
        except sqlite3.Error:
            return 0
        return int(count)


def _kill_writer(site: Site) -> None:
    site.kill("writer", site.writer)


def _kill_relay(site: Site) -> None:
    site.kill("relay", site.relay)


def _kill_consumer(site: Site) -> None:
    site.kill("consumer", site.consumer)


def _kill_queue(site: Site) -> None:
    site.kill("queue", site.queue)
    time.sleep(site.span() / 4)


def _lose_queue(site: Site) -> None:
    site.kill("queue, data lost", site.queue)
    site.queue.forget()
    if site.rng.random() < 0.5:
        site.kill("relay", site.relay)


def _fill_disk(site: Site) -> None:
    site.disk.fill()
    site.wait(site.span())
    site.disk.free()


def _jump(site: Site) -> None:
    set_clock(site.place, site.rng.choice((0.0, *CLOCKS_S)))


def _misbehave(site: Site) -> None:
    for _ in range(site.rng.randint(1, 3)):
        site.receiver.behave(site.rng.choice((Manner.SLOW, Manner.BUSY, Manner.RUDE)))
        site.wait(site.span() / 2)
        site.receiver.behave(Manner.WELL)


KILLS: Mapping[str, Callable[[Site], None]] = MappingProxyType(
    {
        "writer": _kill_writer,
        "relay": _kill_relay,
        "queue": _kill_queue,
        "consumer": _kill_consumer,
        "queue, data lost": _lose_queue,
    }
)
TROUBLES: Mapping[str, Callable[[Site], None]] = MappingProxyType(
    {"full disk": _fill_disk, "clock": _jump, "receiver": _misbehave}
)


@contextmanager
def chaos_site(incidents: int, seed: int, pause_s: float, database: str = "") -> Iterator[Site]:
    """Run a site in a directory of its own, gone afterwards. database: "" for SQLite."""
    with ExitStack() as running:
        root = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        data, notes = root / "data", root / "notes"
        data.mkdir()
        notes.mkdir()
        mib = DISK_MIB + (incidents * BYTES_AN_INCIDENT >> 20)
        is_small = running.enter_context(small_disk(data, mib))
        queue = MortalQueue(data)
        running.callback(queue.stop)
        queue.start()
        receiver = running.enter_context(Receiver())
        url = database or f"sqlite:///{data / 'gridpatrol.db'}"
        place = Place(data, notes, url, queue.url, receiver.url)
        place.kept.touch()
        set_clock(place, 0.0)
        store = running.enter_context(Store.open(url, SecretBox.open(notes / "secret.key")))
        # A sink that is new gets what is open alone.
        store.deliveries.register([WEBHOOK])
        parts = (
            Part("writer", write, place, incidents),
            Part("relay", relay, place),
            Part("consumer", consume, place),
        )
        for part in parts:
            running.callback(part.kill)
        limited = LimitedFiles(lambda: (part.pid for part in parts[:2]))
        yield Site(
            place=place,
            incidents=incidents,
            rng=random.Random(seed),
            pause_s=pause_s,
            queue=queue,
            receiver=receiver,
            disk=SmallDisk(data) if is_small else limited,
            writer=parts[0],
            relay=parts[1],
            consumer=parts[2],
            store=store,
        )
