"""Incidents are written while everything is killed; then store and readers are compared.

A writer keeps incidents in the real store as a worker does, relays carry them to a real queue and
to a webhook, the documented example of a consumer reads the queue: each a process of its own. All
of them are killed, the queue with and without its data; the disk fills up, clocks jump, the webhook
is slow or away. With `--serve` it is the real `gridpatrol run` that is killed (`chaos_serve`).
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice

from benchmarks import chaos_serve
from benchmarks.chaos_audit import (
    View,
    handled_events,
    stored_events,
    view,
    wrong_in_store,
    wrong_on_desk,
)
from benchmarks.chaos_parts import set_clock
from benchmarks.chaos_plan import expected_events
from benchmarks.chaos_receiver import Manner
from benchmarks.chaos_site import KILLS, LOOK_S, TROUBLES, Site, chaos_site
from benchmarks.report import Figure, Outcome

KILLS_A_TROUBLE = 3
"""Kills for each disk that fills up, clock that jumps, or receiver that misbehaves."""
CHECK_S = 0.5
STALLED_S = 400.0
"""Longer than a webhook that failed again and again is left alone: what comes later is lost."""


@dataclass(frozen=True, slots=True)
class Demand:
    """How much chaos. pause_s: how long the longest fault lasts. database: "" for SQLite."""

    incidents: int
    kills: int
    seed: int
    pause_s: float = 2.0
    database: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it. wrong_*: incidents that are otherwise than they ended. kills: by victim."""

    store: View
    consumer: View
    webhook: View
    wrong_in_store: int
    wrong_on_desk: int
    kills: dict[str, int]
    troubles: dict[str, int]
    seconds: float

    @property
    def is_right(self) -> bool:
        """Whether nothing is lost, made up, twice or out of order anywhere."""
        views = (self.store, self.consumer, self.webhook)
        return all(one.is_right for one in views) and not self.wrong_in_store + self.wrong_on_desk


def run_chaos(demand: Demand) -> Report:
    """Run it; raises GatewayError where the queue or the store cannot run at all."""
    began_s = time.monotonic()
    opened = chaos_site(demand.incidents, demand.seed, demand.pause_s, demand.database)
    with opened as site:
        troubles = _rage(site, demand)
        _settle(site)
        expected = expected_events(demand.incidents)
        return Report(
            store=view(expected, stored_events(site.store)),
            consumer=_with_repeats(site, view(expected, handled_events(site.place.handled))),
            webhook=view(expected, site.receiver.taken),
            wrong_in_store=wrong_in_store(site.store, expected),
            wrong_on_desk=wrong_on_desk(site.place.handled, expected),
            kills=dict(site.kills),
            troubles=troubles,
            seconds=time.monotonic() - began_s,
        )


def run_with(words: Sequence[str], *, quick: bool) -> Outcome:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks chaos")
    parser.add_argument("--incidents", type=int, default=2_000 if quick else 100_000)
    parser.add_argument("--kills", type=int, default=24 if quick else 100)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument(
        "--database", default="", metavar="URL", help="an empty PostgreSQL database"
    )
    parser.add_argument(
        "--serve", action="store_true", help="kill the real `gridpatrol run` before a real camera"
    )
    asked = vars(parser.parse_args(words))
    if asked.pop("serve"):
        return chaos_serve.run(asked["kills"], asked["seed"])
    demand = Demand(**asked, pause_s=1.0 if quick else 2.0)
    return _outcome(demand, run_chaos(demand))


def run(*, quick: bool) -> Outcome:
    """Run with the usual numbers and a seed of the moment."""
    return run_with((), quick=quick)


def _rage(site: Site, demand: Demand) -> dict[str, int]:
    """Let every fault happen when its share of the changes is written; return the troubles."""
    faults = _schedule(site, demand.kills)
    changes = len(expected_events(demand.incidents))
    troubles = dict.fromkeys(TROUBLES, 0)
    for number, name in enumerate(faults):
        due = changes * number // len(faults)
        while site.written() < due and not site.writer.is_done:
            site.wait(LOOK_S)
        if name in TROUBLES:
            troubles[name] += 1
        (TROUBLES.get(name) or KILLS[name])(site)
    return troubles


def _schedule(site: Site, kills: int) -> list[str]:
    """Return the faults in their order: every victim and every trouble as often as the others."""
    faults = [*islice(cycle(KILLS), kills), *islice(cycle(TROUBLES), kills // KILLS_A_TROUBLE)]
    site.rng.shuffle(faults)
    return faults


def _settle(site: Site) -> None:
    """Mend everything and wait until all is written, delivered and read, or nothing moves."""
    site.disk.free()
    site.receiver.behave(Manner.WELL)
    set_clock(site.place, 0.0)
    changes = len(expected_events(site.incidents))
    before: tuple[int, ...] = ()
    moved_s = time.monotonic()
    while time.monotonic() - moved_s < STALLED_S:
        site.wait(CHECK_S)
        now = (site.written(), site.waiting(), site.handled(), len(site.receiver.taken))
        if site.writer.is_done and now[1:3] == (0, changes):
            return
        if now != before:
            before, moved_s = now, time.monotonic()


def _with_repeats(site: Site, seen: View) -> View:
    """Return the consumer's view with what it dropped, as it said itself."""
    said = site.place.seen.read_text().splitlines()
    repeated = sum(line.endswith("seen before") for line in said)
    return replace(seen, repeated=repeated)


def _outcome(demand: Demand, report: Report) -> Outcome:
    return Outcome(tuple(_figures(report)), tuple(_notes(demand, report)))


def _figures(report: Report) -> Iterator[Figure]:
    views = {"store": report.store, "consumer": report.consumer, "webhook": report.webhook}
    for name, seen in views.items():
        yield Figure(f"{name}: events", seen.events, "events")
        yield Figure(f"{name}: lost", seen.lost, "events", "<= 0")
        yield Figure(f"{name}: invented", seen.invented, "events", "<= 0")
        yield Figure(f"{name}: out of order", seen.out_of_order, "events", "<= 0")
        yield Figure(f"{name}: repeated, dropped by id", seen.repeated, "deliveries")
    yield Figure("store: incidents not as they ended", report.wrong_in_store, "", "<= 0")
    yield Figure(
        "consumer: incidents not as they ended, or twice", report.wrong_on_desk, "", "<= 0"
    )
    yield Figure("kills", sum(report.kills.values()), "")
    yield Figure("took", report.seconds, "s")


def _notes(demand: Demand, report: Report) -> Iterator[str]:
    yield f"seed {demand.seed}: --incidents {demand.incidents} --kills {demand.kills}"
    yield "killed: " + ", ".join(f"{name} {count}" for name, count in sorted(report.kills.items()))
    yield "troubles: " + ", ".join(f"{name} {count}" for name, count in report.troubles.items())
