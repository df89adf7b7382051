"""The command that analyses films."""

import json as json_library
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gateway.cli.output import ConfigOption, JsonOption, err, out, print_table
from gateway.config import Settings, load_settings
from gateway.errors import ConfigError
from vision.water.types import RainState

if TYPE_CHECKING:
    from gateway.analyze import Film
    from gateway.analyze import Progress as Step
    from gateway.film.water import FilmWaterPlan
    from gateway.replay.batch import FilmOutcome
    from vision.water.types import WaterSetup

LANGUAGES = ("zh-CN", "en")


def analyze(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Video files, and folders of them.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="Zones and rules (docs/how-to/write-rules.md).")
    ] = None,
    fps: Annotated[
        float | None, typer.Option(min=0.1, max=60, help="Pictures looked at per second of film.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="When a film begins, such as 2026-07-01T08:00:00+08:00.")
    ] = None,
    recorded: Annotated[
        str | None, typer.Option(help="A camera, whose recordings are analysed.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Such as 2026-05-01T08:00; the site's zone.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Up to 24 hours later.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--out", help="Keep results here, with pictures; go on here after a stop."),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Of what is kept: zh-CN or en; the site's own by default.")
    ] = None,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Decode everything, quiet stretches too.")
    ] = False,
    water_zone: Annotated[
        str | None, typer.Option(help="Watch water there: corners `x,y x,y x,y …`, 0-1.")
    ] = None,
    water: Annotated[
        Path | None, typer.Option(help="Watch water as this set-up file says.")
    ] = None,
    rain: Annotated[
        RainState, typer.Option(help="What the weather was, for watched water.")
    ] = RainState.UNKNOWN,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Find the incidents in films, much faster than real time; the same film gives the same."""
    settings = load_settings(config)
    chosen = _language(language, settings)
    films = _films(files or (), _moment(start))
    if recorded is not None:
        films += (_recorded(settings, recorded, since, until),)
    if not films:
        raise ConfigError("name a file, a folder, or a camera with --recorded")
    outcomes = _analyzed(
        films,
        settings,
        _Wish(rules, fps, thorough, folder, chosen, json, _ground(water_zone, water), rain),
    )
    if not json:
        _show([outcome for outcome in outcomes if outcome.error is None], settings.site.zone)
    if folder is not None:
        _keep(folder, outcomes, chosen, settings)
    _complain(outcomes)


@dataclass(frozen=True, slots=True)
class _Wish:
    """How films are to be analysed, and where what is found goes, in which language."""

    rules: Path | None
    fps: float | None
    thorough: bool
    folder: Path | None
    language: str
    json: bool
    water: "WaterSetup | None" = None
    rain: RainState = RainState.UNKNOWN


def _analyzed(films: Sequence["Film"], settings: Settings, wish: _Wish) -> list["FilmOutcome"]:
    """Return what became of each film; with --json its lines are printed once they are there."""
    from gateway.analyze import AnalysisPlan
    from gateway.detector_setup import open_detectors
    from gateway.film.eyes import Crew
    from gateway.replay.batch import Batch
    from gateway.replay.journal import Journal
    from gateway.replay.words import Words
    from gateway.rules_file import load_rules
    from vision.rules import DEFAULT_RULES

    asked = load_rules(wish.rules) if wish.rules else None
    detectors, tracker = open_detectors(settings.analysis, settings.data_dir)
    plan = AnalysisPlan(
        rules=asked or DEFAULT_RULES,
        tracker=tracker,
        fps=wish.fps or settings.analysis.fps,
        thorough=wish.thorough,
        time_zone=settings.site.zone,
        water=_water_plan(wish, settings),
    )
    judged = [replace(film, rules=asked or film.rules) for film in films]
    journal = Journal(wish.folder, plan, detectors) if wish.folder else None
    kind_words = Words.load(wish.language, settings.site.zone).kind_words
    outcomes = []
    with Crew(detectors) as crew, _bars(shown=not wish.json) as bars:
        for outcome in Batch(crew, plan, journal, bars.step, kind_words).run(judged):
            outcomes.append(outcome)
            if wish.json:
                out.file.writelines(f"{line}\n" for line in outcome.lines)
                out.file.flush()
    return outcomes


def _ground(zone: str | None, file: Path | None) -> "WaterSetup | None":
    """Return where water is watched, None where it is not. Raises ConfigError."""
    from gateway.water.evaluation import zone_setup
    from gateway.water_file import load_water
    from vision.water.types import PlaceType

    if file is not None:
        return load_water(file).setup
    return zone_setup(zone, PlaceType.ROAD) if zone else None


def _water_plan(wish: _Wish, settings: Settings) -> "FilmWaterPlan | None":
    from gateway.detector_setup import open_water_voters
    from gateway.film.water import FilmWaterPlan
    from vision.water.votes import as_one

    if wish.water is None:
        if wish.rain is not RainState.UNKNOWN:
            raise ConfigError("--rain is for water: say where with --water-zone or --water")
        return None
    voters = open_water_voters(settings.analysis, settings.data_dir)
    names = "+".join(voter.spec.sha256 for voter in voters)
    return FilmWaterPlan(wish.water, as_one(voters), names, wish.rain)


def _films(paths: Sequence[Path], start: datetime | None) -> tuple["Film", ...]:
    from gateway.replay.films import films_in

    return films_in(paths, start)


def _language(asked: str | None, settings: Settings) -> str:
    if asked is not None and asked not in LANGUAGES:
        raise ConfigError(f"--language {asked}: there are {' and '.join(LANGUAGES)}")
    return asked or settings.site.language


def _moment(text: str | None) -> datetime | None:
    """Return an aware time. Raises ConfigError for anything else."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--start {text}: not a time; {error}") from error
    if moment.tzinfo is None:
        raise ConfigError(f"--start {text} has no time zone; add Z or +08:00")
    return moment


def _recorded(settings: Settings, camera: str, since: str | None, until: str | None) -> "Film":
    """Return a span of a camera's recordings, its times in the site's zone unless they name one."""
    from gateway.data_directory import open_store
    from gateway.replay.films import recorded_film

    span = []
    for option, text in (("--from", since), ("--to", until)):
        try:
            moment = datetime.fromisoformat(text or "")
        except ValueError as error:
            raise ConfigError(
                f"--recorded {camera} needs {option}, such as {option} 2026-05-01T08:00"
            ) from error
        span.append(moment if moment.tzinfo else moment.replace(tzinfo=settings.site.zone))
    with open_store(settings) as store:
        return recorded_film(store, settings.data_dir, camera, span[0], span[1])


class _Bars:
    """A bar for each film that is under way, on standard error."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def step(self, film: "Film", at: "Step") -> None:
        """Show how far a film is."""
        with self._lock:
            task = self._tasks.get(film.name)
            if task is None:
                task = self._progress.add_task(film.name, total=None, incidents=0)
                self._tasks[film.name] = task
        self._progress.update(task, completed=at.done_s, total=at.total_s, incidents=at.incidents)


@contextmanager
def _bars(*, shown: bool) -> Iterator[_Bars]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%  {task.fields[incidents]} incidents"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, disable=not shown) as progress:
        yield _Bars(progress)


def _show(outcomes: Sequence["FilmOutcome"], zone: tzinfo) -> None:
    from gateway.replay.results import incidents_in
    from gateway.replay.words import clock

    many = len(outcomes) > 1
    found = [one for outcome in outcomes for one in incidents_in(outcome.lines)]
    rows = (
        (
            *([one.file] if many else []),
            clock(one.start_s),
            clock(one.end_s) + ("…" if one.lasts else ""),
            one.severity,
            one.kind,
            one.zone,
            one.rule,
            json_library.dumps(dict(one.readings), ensure_ascii=False),
        )
        for one in found
    )
    columns = ("from", "to", "severity", "kind", "zone", "rule", "readings")
    print_table(("film", *columns) if many else columns, rows)
    _show_counts(outcomes, zone)
    for outcome in outcomes:
        _sum_up(outcome)


def _show_counts(outcomes: Sequence["FilmOutcome"], zone: tzinfo) -> None:
    """Print what was counted, times of day in a zone; nothing where no rule counts."""
    from gateway.counts.table import FILM, HEADINGS, count_lines
    from gateway.replay.results import counts_in
    from gateway.sheet_words import SheetWords

    counted = [one for outcome in outcomes for one in counts_in(outcome.lines)]
    if counted:
        words = SheetWords(zone, {})
        headings = [heading.lower() for heading in (FILM, *HEADINGS)]
        print_table(headings, (line for one in counted for line in count_lines(one, words)))


def _sum_up(outcome: "FilmOutcome") -> None:
    from gateway.replay.words import clock

    analysis, name = outcome.analysis, outcome.film.name
    if analysis is None:
        out.print(f"{name}: done before", markup=False, soft_wrap=True)
        return
    out.print(
        f"{name}: {len(analysis.incidents)} incidents in {clock(analysis.analysed_s)} of film, "
        f"{clock(analysis.decoded_s)} of it decoded, "
        f"{analysis.times_real_time:.1f} times real time",
        markup=False,
        soft_wrap=True,
    )
    if analysis.damage:
        err.print(f"{name} is damaged: {analysis.damage}", style="yellow", markup=False)


def _keep(
    folder: Path, outcomes: Sequence["FilmOutcome"], language: str, settings: Settings
) -> None:
    from gateway.replay.folder import write_folder
    from gateway.replay.words import Words

    made = write_folder(folder, outcomes, Words.load(language, settings.site.zone))
    for path in (made.lines, made.table, made.sheet, made.counts):
        if path is not None:
            err.print(str(path), markup=False, soft_wrap=True)


def _complain(outcomes: Sequence["FilmOutcome"]) -> None:
    """Say which films could not be analysed; raises the last one's error."""
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    for error in errors[:-1]:
        err.print(str(error), style="yellow", markup=False, soft_wrap=True)
    if errors:
        raise errors[-1]
