"""A rendered flood over a real street, through `gridpatrol analyze`: told at the right seconds."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.footage import PICTURES
from benchmarks.water_film import course, flood_hour, make_film
from benchmarks.water_hours import Tide
from benchmarks.water_places import PLACES
from gateway.cli import app
from vision.water.types import WaterLines

LANE = next(place for place in PLACES if place.name == "lane")
SEED = 1
TIDE = Tide(begin_s=150.0, high_s=360.0, ebb_s=540.0, gone_s=1800.0, ratio=0.62)
LENGTH_S, EVERY_S = 2760.0, 6.0
"""Pictures as far apart as key frames: five of them, over 24 s, are a look."""
LINES = WaterLines()
LATE_S = 180.0
"""Besides what waits before a state is told: water too shallow to be seen, and half a look."""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not PICTURES.is_dir(), reason="Debian's opencv-doc is not installed")
def test_a_flood_opens_rises_falls_and_closes_at_the_right_seconds(
    tmp_path: Path,
) -> None:
    hour, film = flood_hour(LANE, SEED, TIDE, LENGTH_S), tmp_path / "flood.mp4"
    make_film(hour, film, EVERY_S)
    zone = " ".join(f"{x:g},{y:g}" for x, y in LANE.zone.corners)
    done = CliRunner().invoke(app, ["analyze", str(film), "--water-zone", zone, "--json"])
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    (incident,) = [line for line in lines if line.get("kind") == "waterlogging"]
    true = course(hour)
    turns = incident["turns"]
    assert [(turn["type"], turn["severity"]) for turn in turns] == [
        ("opened", "green"),
        ("updated", "red"),
        ("updated", "yellow"),
        ("updated", "green"),
        ("closed", "green"),
    ]
    opened, reddened, eased, eased_again, closed = (turn["at_s"] for turn in turns)
    assert incident["start_s"] == opened
    for told, crossed, wait in (
        (opened, true.watch_s, LINES.watch_s),
        (reddened, true.red_s, 0.0),
        (eased, true.off_red_s, LINES.clear_s),
        (eased_again, true.off_yellow_s, LINES.clear_s),
        (closed, true.gone_s, LINES.clear_s),
    ):
        assert crossed is not None
        assert crossed + wait <= told <= crossed + wait + LATE_S
