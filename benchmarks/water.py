"""`python -m benchmarks water [--events N] [--hours N] [--place NAME] [--cause NAME] [--quick]`.

Simulated hours over real views go through the real detector, sampler and watch of water. Events and
causes take the places in turn; `--place` and `--cause` keep to one, for looking into a figure. What
is rendered here is rendered by code and numbers of the benchmark alone. Tables of rendered and of
real water stay apart, and no figure here is of a real video of a flood: there is none to be had.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from statistics import median

import cv2

from benchmarks import water_cost, water_gauge, water_photos, water_wading
from benchmarks.report import Figure, Outcome
from benchmarks.water_hours import CAUSES, Hour, event
from benchmarks.water_places import Place, present
from benchmarks.water_score import (
    Found,
    alerts_per_hour,
    delay_of_truth_s,
    delays,
    found,
    unseen_share,
    wrong_share,
)
from benchmarks.water_trial import Camera, Eyes, Trial, camera_after_usual_days, play
from vision.detector import Detector
from vision.water.network import MODEL_NAME, WaterNetwork
from vision.water.votes import WaterVoter
from vision.weights import find_model, load_manifest, shipped_manifest

EVENTS, HOURS = 20, 2
"""Events, and hours for each cause, in a full run."""
MIDDLE_MIN, WORST_MIN, FALSE, SEVERE = "<= 3", "<= 12", "<= 0.05", "<= 0"
QUICK_CAUSES = ("wet asphalt",)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run. seeds: number of the first event and hour; others show whether it is luck."""

    events: int = EVENTS
    hours: int = HOURS
    places: tuple[str, ...] = ()
    causes: tuple[str, ...] = tuple(CAUSES)
    jobs: int = 1
    quick: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """What one process does: some hours at one place. hours: (cause or "", seed)."""

    place: str
    hours: tuple[tuple[str, int], ...]
    quick: bool


def run(*, quick: bool) -> Outcome:
    """Play everything; quick: one event and one cause at one place."""
    if quick:
        return _run(Plan(events=1, hours=1, places=("lane",), causes=QUICK_CAUSES, quick=True))
    return _run(Plan())


def run_with(words: Sequence[str], *, quick: bool) -> Outcome:
    """Play as the command line says."""
    if not words:
        return run(quick=quick)
    parser = argparse.ArgumentParser(prog="python -m benchmarks water", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, metavar="N")
    parser.add_argument("--hours", type=int, default=HOURS, metavar="N", help="of each cause")
    parser.add_argument("--place", action="append", metavar="NAME")
    parser.add_argument("--cause", action="append", choices=sorted(CAUSES))
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    asked = parser.parse_args(words)
    causes = tuple(asked.cause) if asked.cause else tuple(CAUSES)
    return _run(
        Plan(asked.events, asked.hours, tuple(asked.place or ()), causes, asked.jobs, quick)
    )


def _run(plan: Plan) -> Outcome:
    places = [one for one in present() if not plan.places or one.name in plan.places]
    tasks = tuple(_tasks(plan, places))
    with ProcessPoolExecutor(plan.jobs, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(carry_out, tasks))
    trials = [trial for part in done for trial in part.trials]
    figures = [*_event_figures(trials, places), *_cause_figures(trials, plan.causes)]
    if not plan.quick:
        figures += [*water_cost.figures(places[0], network()), *water_gauge.figures(places)]
        figures += water_wading.figures(_detector())
    real = water_photos.outcome(places, network(), quick=plan.quick)
    notes = (*_notes(places, done), *_told(trials), *real.notes)
    return Outcome((*figures, *real.figures), notes)


def _tasks(plan: Plan, places: Sequence[Place]) -> Iterator[Task]:
    """Yield what each place is to play: events and hours go round the places."""
    own = [place for place in places if not place.extra] or list(places)
    hours: dict[str, list[tuple[str, int]]] = {place.name: [] for place in own}
    for number in range(plan.events):
        hours[own[number % len(own)].name].append(("", number))
    for turn, cause in enumerate(plan.causes):
        for number in range(plan.hours):
            hours[own[(number + turn) % len(own)].name].append((cause, number))
    for name, asked in hours.items():
        yield Task(name, tuple(asked), plan.quick)


@dataclass(frozen=True, slots=True)
class Done:
    """What a task came to. taught: how often somebody had to say "only wet" in the usual days."""

    place: str
    taught: int
    trials: tuple[Trial, ...]


def carry_out(task: Task) -> Done:
    """Let a camera live through its usual days, then give it its hours, each from there."""
    cv2.setNumThreads(1)
    place = next(one for one in present() if one.name == task.place)
    trials, taught = [], 0
    cameras: dict[str, Camera] = {}
    for hour in (_hour(place, cause, seed) for cause, seed in task.hours):
        if hour.place.name not in cameras:
            made = camera_after_usual_days(hour.place, _eyes(), network(), quick=task.quick)
            cameras[hour.place.name] = made
            taught += made.taught
        trials.append(play(hour, cameras[hour.place.name].watch(network()), _eyes()))
    return Done(task.place, taught, tuple(trials))


def _hour(place: Place, cause: str, seed: int) -> Hour:
    return CAUSES[cause](place, seed) if cause else event(place, seed)


@cache
def _eyes() -> Eyes:
    return Eyes(_detector())


@cache
def _detector() -> Detector:
    return Detector.open(find_model("nanodet-g", load_manifest(shipped_manifest())))


@cache
def network() -> WaterVoter:
    """Return the shipped network."""
    return WaterNetwork.open(find_model(MODEL_NAME, load_manifest(shipped_manifest())))


def _event_figures(trials: Iterable[Trial], places: Iterable[Place]) -> Iterator[Figure]:
    """Yield how the events were told."""
    played = [trial for trial in trials if trial.name not in CAUSES]
    if not played:
        return
    events = [found(trial) for trial in played]
    setups = {place.name: place.setup for place in places}
    least = median(delay_of_truth_s(trial, setups[trial.place]) / 60 for trial in played)
    count = sum(one.delay_s is not None for one in events)
    middle, worst = delays(events)
    yield Figure("rendered: events found", count, f"of {len(events)}", f">= {len(events)}")
    yield Figure("rendered: delay after a true 5 %, median", middle, "min", MIDDLE_MIN)
    yield Figure("rendered: delay after a true 5 %, worst", worst, "min", WORST_MIN)
    yield Figure("rendered: delay were every look to see the truth, median", least, "min")
    severe = sum(one.severe for one in events)
    yield Figure("rendered: severe called normal", severe, "looks", SEVERE)
    steps = sum(one.transitions for one in events) / len(events)
    yield Figure("rendered: transitions", steps, "in 10 min")
    closing = sorted(one.closed_s / 60 for one in events if one.closed_s is not None)
    yield Figure("rendered: closed by the end", len(closing), f"of {count} found")
    if closing:
        early = sum(minutes < 0 for minutes in closing)
        yield Figure("rendered: closed before the water was gone", early, f"of {count} found")
        yield Figure("rendered: closed after, median", closing[len(closing) // 2], "min")
    false = sum(one.false for one in events)
    yield Figure("rendered: false alerts before and after", false, f"in {len(events)} events")
    unseen = sum(one.unseen for one in events) / len(events)
    yield Figure("rendered: looks that saw nothing", unseen, "share")


def _cause_figures(trials: Sequence[Trial], causes: Sequence[str]) -> Iterator[Figure]:
    """Yield what each cause was taken for."""
    for cause in causes:
        some = [trial for trial in trials if trial.name == cause]
        if not some:
            continue
        hours = sum(one.seconds for one in some) / 3600
        yield Figure(f"rendered: {cause}", alerts_per_hour(some), f"false/h of {hours:g} h", FALSE)
        yield Figure(f"rendered: {cause}, not normal", wrong_share(some), "share of looks")
        blind = sum(unseen_share(one.looks) * len(one.looks) for one in some)
        share = blind / sum(len(one.looks) for one in some)
        yield Figure(f"rendered: {cause}, not seen", share, "share of looks")


def _told(trials: Iterable[Trial]) -> Iterator[str]:
    """Yield what was found late or never, and every false alert with what the witnesses said."""
    for trial in trials:
        if trial.name not in CAUSES:
            yield _event_note(found(trial))
        for look in trial.looks:
            if look.opened and look.truth < 0.01:
                yield (
                    f"false alert: {trial.name} at {trial.place}, {look.at_s / 60:.0f} min, "
                    f"{look.seen:.2f} of the zone ({look.basis})"
                )


def _event_note(one: Found) -> str:
    where, unseen = f"{one.event} at {one.place}", f"{one.unseen:.0%} unseen"
    if one.delay_s is None:
        return f"{where}: found never, {unseen}"
    return f"{where}: found {one.delay_s / 60:.1f} min, {_closing(one.closed_s)}, {unseen}"


def _closing(closed_s: float | None) -> str:
    """Return how it was closed, in words."""
    if closed_s is None:
        return "stayed open"
    word = "before" if closed_s < 0 else "after"
    return f"closed {abs(closed_s) / 60:.0f} min {word} the water was gone"


def _notes(places: Sequence[Place], done: Sequence[Done]) -> Iterator[str]:
    """Yield what the figures do not tell."""
    yield from (f"{place.name}: {place.source}" for place in places)
    taught = sum(one.taught for one in done)
    yield f'usual days: told "only wet" {taught} times at {len(done)} places'
    yield (
        "rendered water over real views: square, path, crossing and lamp are one square filmed, "
        "road, lane and alley single pictures with noise; 0 alerts in 2 h say less than 1.5 an hour"
    )
    yield "no real video of a flood has been looked at: there is none with truth to be had"
