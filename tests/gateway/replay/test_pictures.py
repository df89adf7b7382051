"""The marked pictures of a film's incidents: what is drawn on them, and in which words."""

import cv2
import numpy as np
import pytest

from gateway.analyze import AnalysisPlan, analyze_film, film_of
from gateway.film.eyes import Crew
from gateway.replay.batch import Batch, FilmOutcome
from gateway.replay.folder import write_folder
from gateway.replay.journal import Journal
from gateway.replay.pictures import picture_name, write_pictures
from gateway.replay.words import Words
from vision.ensemble import DetectorSet
from vision.geometry import Polygon
from vision.overlay import NO_WORDS
from vision.rules import RuleSet
from vision.rules.presence import PresenceSpec
from vision.scene import Line, Zone
from vision.types import Kind

ZONE = Zone("lane", Polygon.of([[0, 0], [1, 0], [1, 1], [0, 1]]), "村口")
LINE = Line("wire", (0.0, 0.6), (1.0, 0.6), "桥头")
CARS = (PresenceSpec(id="cars", zone="lane", kinds=(Kind.VEHICLE,)),)
WITH_LINE = AnalysisPlan(RuleSet((ZONE,), CARS, (LINE,)), fps=2.0)
WITHOUT = AnalysisPlan(RuleSet((ZONE,), CARS), fps=2.0)


@pytest.fixture(scope="module")
def crew(detector):
    with Crew(DetectorSet.combine([detector])) as crew:
        yield crew


@pytest.fixture
def picture(crew, road_film, tmp_path):
    """Return the picture of the film's first incident, as it is drawn to a plan in some words."""
    film = film_of(road_film)
    analysis = analyze_film(film, crew, WITHOUT)

    def draw(plan: AnalysisPlan, kind_words=NO_WORDS) -> np.ndarray:
        write_pictures(film, analysis, crew, plan, kind_words, tmp_path)
        name = picture_name(analysis.incidents[0].incident.id)
        return cv2.imread(str(tmp_path / name)).astype(int)

    return draw


def changed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return by rows how much of the picture is drawn otherwise, 0-1."""
    return (np.abs(one - other).max(axis=2) > 60).mean(axis=1)


def test_lines_are_drawn_as_zones_are(picture) -> None:
    rows = changed(picture(WITH_LINE), picture(WITHOUT))
    assert rows[round(0.6 * len(rows))] > 0.5, "the line, all across"


def test_kinds_are_called_by_the_words_given(picture) -> None:
    words = Words.load("zh-CN", WITHOUT.time_zone).kind_words
    assert words["vehicle"] == "车辆"
    rows = changed(picture(WITHOUT, words), picture(WITHOUT))
    assert 0.0 < rows.mean() < 0.02, "a label, and nothing else"
    assert np.array_equal(picture(WITHOUT, {"vehicle": "vehicle"}), picture(WITHOUT))


@pytest.fixture
def analyzed(detector, road_film, tmp_path):
    """Return a run of one film whose results are kept in `out`."""
    detectors = DetectorSet.combine([detector])

    def run(films) -> list[FilmOutcome]:
        journal = Journal(tmp_path / "out", WITH_LINE, detectors)
        with Crew(detectors) as crew:
            return list(Batch(crew, WITH_LINE, journal, lambda *_: None).run(films))

    return run


def test_table_and_sheet_name_places_as_people_do_also_of_what_was_done_before(
    analyzed, road_film, tmp_path
) -> None:
    for _ in "12":
        outcomes = analyzed((film_of(road_film),))
        made = write_folder(tmp_path / "out", outcomes, Words.load("zh-CN", WITH_LINE.time_zone))
        assert "<dd>村口</dd>" in made.sheet.read_text("utf-8")
        assert ",村口," in made.table.read_text("utf-8-sig")
        assert '"zone": "lane"' in made.lines.read_text("utf-8")
