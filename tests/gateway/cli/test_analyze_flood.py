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

LANE = next(place for place in PLACES if place.name == "lane")
SEED = 1
TIDE = Tide(begin_s=150.0, high_s=360.0, ebb_s=540.0, gone_s=720.0, ratio=0.62)
LENGTH_S, EVERY_S = 1680.0, 6.0
"""Pictures as far apart as key frames: five of them, over 24 s, are a look."""
LATE_S = 300.0
"""What waits before a state is told: three minutes, and two of water too shallow to be seen."""
CLEAR_S = 600.0


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
    assert true.watch_s is not None
    assert true.red_s is not None
    assert true.watch_s <= incident["start_s"] <= true.red_s + LATE_S
    turns = incident["turns"]
    assert turns[0]["type"] == "opened"
    reds = [turn["at_s"] for turn in turns if turn["severity"] == "red"]
    assert incident["start_s"] < reds[0] <= true.red_s + 2 * LATE_S
    assert turns[-1]["type"] == "closed"
    assert true.gone_s <= turns[-1]["at_s"] <= true.gone_s + CLEAR_S + LATE_S
