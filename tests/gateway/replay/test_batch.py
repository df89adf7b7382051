"""Many films at once: order, errors that stay with their film, and going on after a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.analyze import AnalysisPlan, FileAnalysis, Film, analyze_film
from gateway.film.eyes import Crew
from gateway.replay.batch import Batch, FilmOutcome
from gateway.replay.films import films_in
from gateway.replay.journal import JOURNAL, Journal
from vision.ensemble import DetectorSet

PLAN = AnalysisPlan(fps=1.0)


@pytest.fixture
def folder(road_film, tmp_path) -> Path:
    """Three films, the middle one of which is none."""
    films = tmp_path / "films"
    films.mkdir()
    for name in ("a.mp4", "c.mp4"):
        (films / name).symlink_to(road_film)
    (films / "b.mp4").write_bytes(b"no film" * 100)
    return films


@pytest.fixture
def analyze(detector, tmp_path):
    """Return a run over films with a journal in `out`; gives the outcomes and what was begun."""

    def run(films: tuple[Film, ...]) -> tuple[list[FilmOutcome], set[str]]:
        detectors, begun = DetectorSet.combine([detector]), set()
        journal = Journal(tmp_path / "out", PLAN, detectors)
        with Crew(detectors) as crew:
            batch = Batch(crew, PLAN, journal, lambda film, _: begun.add(film.name))
            return list(batch.run(films)), begun

    return run


def test_outcomes_come_in_order_and_an_error_stays_with_its_film(analyze, folder) -> None:
    outcomes, _ = analyze(films_in([folder]))
    assert [outcome.film.name for outcome in outcomes] == ["a.mp4", "b.mp4", "c.mp4"]
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    first, _, last = ([json.loads(line) for line in one.lines] for one in outcomes)
    assert first
    assert [one.pop("file") for one in first] == ["a.mp4"] * len(first)
    assert [one["kind"] for one in last[:-1]] == [one["kind"] for one in first[:-1]]


def test_a_surprise_stays_with_its_film(analyze, folder, monkeypatch) -> None:
    def surprised(film: Film, *others: object) -> FileAnalysis:
        if film.name == "a.mp4":
            raise ZeroDivisionError("secret detail")
        return analyze_film(film, *others)

    monkeypatch.setattr("gateway.replay.batch.analyze_film", surprised)
    outcomes, _ = analyze(films_in([folder]))
    told = "film a.mp4 failed (ZeroDivisionError); the log says more"
    assert [str(outcome.error) == told for outcome in outcomes] == [True, False, False]
    assert outcomes[-1].lines


def test_what_is_done_is_not_done_again(analyze, folder, tmp_path) -> None:
    first, begun = analyze(films_in([folder]))
    again, begun_again = analyze(films_in([folder]))
    assert (begun, begun_again) == ({"a.mp4", "c.mp4"}, set())
    assert [one.lines for one in again] == [one.lines for one in first]
    assert [one.analysis for one in again] == [None, None, None]
    incidents = [json.loads(line) for one in first for line in one.lines]
    pictures = {f"{one['id']}.jpg" for one in incidents if one["type"] == "incident"}
    assert {path.name for path in (tmp_path / "out" / "pictures").iterdir()} == pictures


@contextmanager
def command(*words: object, **variables: str) -> Iterator[subprocess.Popen]:
    """Run the command line in a process of its own, to be killed."""
    environment = os.environ | variables | {"GRIDPATROL_ANALYSIS__PRECISION": "f32"}
    argv = [sys.executable, "-m", "gateway.cli", "analyze", *map(str, words)]
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.mark.slow
def test_after_a_kill_the_finished_film_is_kept_and_the_other_begun_anew(
    road_film, square_film, tmp_path
) -> None:
    out, variables = tmp_path / "out", {"GRIDPATROL_DATA_DIR": str(tmp_path / "var")}
    words = (road_film, square_film, "--fps", 1, "--out", out, "--json")
    with command(*words, **variables) as process:
        while not (journal := out / JOURNAL).exists() or not journal.read_text().endswith("\n"):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert len(journal.read_text().splitlines()) == 1
    finished = {path: path.stat().st_mtime_ns for path in (out / "films").glob("*.jsonl")}
    with command(*words, **variables) as process:
        said, _ = process.communicate(timeout=150)
    assert process.returncode == 0
    assert len(journal.read_text().splitlines()) == 2
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert (out / "incidents.jsonl").read_bytes() == said
    summaries = [json.loads(line) for line in said.splitlines() if b'"summary"' in line]
    assert [one["file"] for one in summaries] == [road_film.name, square_film.name]
