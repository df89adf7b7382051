"""Water in a film: incidents open, rise, fall and close at the seconds they should."""

import json
import math
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from gateway.analyze import AnalysisPlan, analyze_file, to_json_lines
from gateway.film.water import FilmWaterPlan
from vision.geometry import Polygon
from vision.scene import Zone
from vision.types import ChangeType, Severity
from vision.water.types import PlaceType, RainState, WaterLines, WaterSetup

pytestmark = pytest.mark.slow

ROAD = Polygon(((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)))
LINES = WaterLines(watch_s=20, yellow_s=20, red_s=20, clear_s=40)
SETUP = WaterSetup(PlaceType.ROAD, (Zone("low", ROAD),), lines=LINES)
RISES_S, DEEP_S, FALLS_S, LENGTH_S = 80, 160, 250, 400


def view(share: float) -> np.ndarray:
    """Return a street below a wall; share: of the road, from below, under smooth water."""
    rng = np.random.default_rng(11)
    picture = np.full((180, 320, 3), 170, np.uint8)
    for left in range(8, 320, 36):
        cv2.rectangle(picture, (left, 15), (left + 16, 45), (50, 50, 60), cv2.FILLED)
        cv2.rectangle(picture, (left, 55), (left + 16, 80), (60, 50, 50), cv2.FILLED)
    road = rng.integers(40, 210, (90, 320), np.uint8)
    picture[90:] = cv2.GaussianBlur(road, (0, 0), 1.0)[:, :, None]
    top = 180 - round(90 * share)
    picture[top:] = (120, 130, 135)
    return picture


@pytest.fixture(scope="module")
def flood_film(tmp_path_factory) -> Path:
    """A street that goes under in two steps and dries at once; 1 picture a second."""
    path = tmp_path_factory.mktemp("film") / "flood.mp4"
    noise = np.random.default_rng(2).integers(0, 5, (180, 320, 1), np.uint8).repeat(3, axis=2)
    with av.open(path, "w") as out:
        track = out.add_stream("libx264", rate=1, options={"crf": "18", "g": "10"})
        track.width, track.height, track.pix_fmt = 320, 180, "yuv420p"
        track.time_base = Fraction(1, 1)
        for second in range(LENGTH_S):
            share = (second >= RISES_S) * 0.25 + (second >= DEEP_S) * 0.45
            picture = cv2.add(view(0.0 if second >= FALLS_S else share), np.roll(noise, second, 0))
            out.mux(track.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
        out.mux(track.encode(None))
    return path


@pytest.fixture(scope="module")
def analysis(flood_film, detector):
    plan = AnalysisPlan(water=FilmWaterPlan(SETUP))
    return analyze_file(flood_film, detector, plan)


def test_the_flood_is_told_when_it_comes_and_when_it_has_gone(analysis) -> None:
    (flood,) = (one for one in analysis.incidents if one.incident.kind == "waterlogging")
    assert RISES_S < flood.start_s <= RISES_S + 90
    assert FALLS_S - 15 <= flood.end_s <= FALLS_S + 90
    assert not flood.lasts


def test_it_rises_and_closes_at_the_right_seconds(analysis) -> None:
    (flood,) = (one for one in analysis.incidents if one.incident.kind == "waterlogging")
    at = {}
    for turn in flood.turns:
        at.setdefault((turn.type, turn.severity), turn.at_s)
    first, *_, last = flood.turns
    assert (first.type, last.type) == (ChangeType.OPENED, ChangeType.CLOSED)
    assert RISES_S < first.at_s <= RISES_S + 90
    reddened = min(s for (_, severity), s in at.items() if severity is Severity.RED)
    assert DEEP_S < reddened <= DEEP_S + 90
    assert FALLS_S + LINES.clear_s <= last.at_s <= LENGTH_S


def test_the_lines_tell_the_turns_and_are_the_same_again(analysis, flood_film, detector) -> None:
    lines = list(to_json_lines(analysis))
    told = [json.loads(line) for line in lines]
    (flood,) = (one for one in told if one.get("kind") == "waterlogging")
    assert flood["turns"][0]["type"] == "opened"
    again = analyze_file(flood_film, detector, AnalysisPlan(water=FilmWaterPlan(SETUP)))
    assert list(to_json_lines(again)) == lines


def test_without_a_water_zone_there_is_no_water(flood_film, detector) -> None:
    found = analyze_file(flood_film, detector).incidents
    assert [one for one in found if one.incident.kind == "waterlogging"] == []


def test_water_is_told_sooner_in_rain_and_later_or_never_in_the_dry(flood_film, detector) -> None:
    told = {}
    for rain in RainState:
        plan = AnalysisPlan(water=FilmWaterPlan(SETUP, rain=rain))
        found = analyze_file(flood_film, detector, plan).incidents
        floods = [one for one in found if one.incident.kind == "waterlogging"]
        told[rain] = min((one.turns[0].at_s for one in floods), default=math.inf)
    assert told[RainState.RAIN] <= told[RainState.UNKNOWN] < told[RainState.DRY]
    assert told[RainState.UNKNOWN] < math.inf
