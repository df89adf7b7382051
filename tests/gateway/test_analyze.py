"""Analysing files: real footage with its known incidents, the same bytes twice, broken tails."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.analyze import AnalysisPlan, FileAnalysis, Progress, analyze_file, to_json_lines
from gateway.errors import NotVideoError
from vision.detector import Detector
from vision.geometry import Polygon
from vision.rules import RuleSet
from vision.rules.count import CountSpec
from vision.rules.presence import PresenceSpec
from vision.scene import Zone
from vision.tracker import TrackerSettings, two_stage
from vision.types import Kind
from vision.weights import find_model, load_manifest, shipped_manifest

TOLERANCE_S = 1.0
"""Without bf16, in int8 or f32, a far box is found some frames sooner or later."""

FOOTPATH = Zone("footpath", Polygon.of([[0, 0.12], [0.35, 0.12], [0.35, 0.35], [0, 0.35]]))
LEFT_ROAD = Zone("left-road", Polygon.of([[0, 0.33], [0.3, 0.33], [0.3, 0.6], [0, 0.6]]))
CAR_PARK = Zone("car-park", Polygon.of([[0.8, 0], [1, 0], [1, 0.2], [0.8, 0.2]]))
SQUARE_RULES = RuleSet(
    (FOOTPATH, LEFT_ROAD, CAR_PARK),
    (
        PresenceSpec(id="footpath", zone="footpath", kinds=(Kind.PERSON,)),
        PresenceSpec(id="left-road", zone="left-road", kinds=(Kind.PERSON,)),
        PresenceSpec(id="parked", zone="car-park", kinds=(Kind.VEHICLE,), dwell_s=10.0),
    ),
)


@pytest.fixture(scope="module")
def eyes() -> tuple[Detector, TrackerSettings]:
    spec, tracker = two_stage(find_model("nanodet-g", load_manifest(shipped_manifest())))
    return Detector.open(spec), tracker


@pytest.fixture(scope="module")
def analyze(eyes):
    detector, tracker = eyes

    def run(path: Path, on_progress=lambda _: None, **plan) -> FileAnalysis:
        return analyze_file(path, detector, AnalysisPlan(tracker=tracker, **plan), on_progress)

    return run


@pytest.fixture(scope="module")
def road(analyze, road_film) -> FileAnalysis:
    return analyze(road_film)


Span = tuple[str, str, object, object]


def spans(analysis: FileAnalysis) -> list[Span]:
    """Return rule, kind, start and end of each incident, by rule."""
    by_rule = sorted(analysis.incidents, key=lambda found: found.incident.rule)
    return [(f.incident.rule, f.incident.kind, f.start_s, f.end_s) for f in by_rule]


def about(rule: str, kind: str, start_s: float, end_s: float) -> Span:
    """Return a span that equals any within the tolerance."""
    start, end = (pytest.approx(s, abs=TOLERANCE_S) for s in (start_s, end_s))
    return (rule, kind, start, end)


def test_the_square_one_walker_on_the_footpath_and_cars_that_never_move(
    analyze, square_film
) -> None:
    analysis = analyze(square_film, rules=SQUARE_RULES)
    assert spans(analysis) == [
        about("footpath", "person_presence", 10.4, 17.0),
        about("left-road", "person_presence", 18.0, 32.2),
        about("left-road", "person_presence", 52.4, 75.6),
        about("parked", "vehicle_presence", 10.5, 79.4),
    ]
    assert [f.incident.rule for f in analysis.incidents if f.lasts] == ["parked"]
    assert (analysis.pictures, analysis.analysed_s) == (398, pytest.approx(79.4))
    assert analysis.damage is None


def test_the_road_cars_one_after_another_are_one_incident(road) -> None:
    vehicles = [span for span in spans(road) if span[1] == "vehicle_presence"]
    assert vehicles == [about("vehicles", "vehicle_presence", 2.4, 9.6)]
    (found,) = [f for f in road.incidents if f.incident.kind == "vehicle_presence"]
    assert found.incident.readings["peak_count"] in (3, 4, 5)
    assert (road.pictures, road.file.codec) == (50, "h264")


def test_the_same_file_gives_the_same_bytes(analyze, road, road_film) -> None:
    again = analyze(road_film)
    assert list(to_json_lines(again)) == list(to_json_lines(road))


def test_each_line_is_an_object_and_the_last_sums_up(road) -> None:
    *incidents, summary = [json.loads(line) for line in to_json_lines(road)]
    assert {line["type"] for line in incidents} == {"incident"}
    assert (summary["type"], summary["incidents"]) == ("summary", len(incidents))
    for line in incidents:
        assert line["duration_s"] == pytest.approx(line["end_s"] - line["start_s"], abs=0.002)
        opened = datetime.fromisoformat(line["opened_at"])
        assert (opened - road.start).total_seconds() == pytest.approx(line["start_s"], abs=0.002)


def test_times_of_day_begin_where_they_are_told_to(analyze, road, road_film) -> None:
    start = datetime(2026, 5, 4, 8, tzinfo=UTC)
    later = analyze(road_film, start=start)
    assert spans(later) == spans(road)
    assert later.incidents[0].incident.opened_at > start
    assert later.incidents[0].incident.id != road.incidents[0].incident.id


def test_progress_rises_to_the_end(analyze, road_film) -> None:
    told: list[Progress] = []
    analysis = analyze(road_film, told.append)
    assert [step.done_s for step in told] == sorted(step.done_s for step in told)
    assert told[-1] == Progress(analysis.analysed_s, pytest.approx(10.0), len(analysis.incidents))


def test_what_is_left_of_a_film_cut_short_is_analysed(analyze, square_film, tmp_path) -> None:
    path = tmp_path / "vtest.avi"
    path.write_bytes(square_film.read_bytes()[:2_200_000])
    analysis = analyze(path, rules=SQUARE_RULES)
    assert 15 < analysis.analysed_s < 30
    assert spans(analysis)[0] == about("footpath", "person_presence", 10.4, 17.0)
    assert analysis.damage is not None


def test_what_passes_is_counted_by_the_interval_to_the_last_one_begun(analyze, road_film) -> None:
    start = datetime(2026, 5, 4, 8, 14, 55, tzinfo=UTC)
    counting = CountSpec(id="traffic", kinds=(Kind.VEHICLE,), interval_s=900)
    analysis = analyze(road_film, start=start, rules=RuleSet((), (counting,)))
    before, after = analysis.tallies
    assert before.end == after.start == datetime(2026, 5, 4, 8, 15, tzinfo=UTC)
    for tally in (before, after):
        assert 2.0 < tally.watched_s <= 5.0, "less while the whole picture changes"
    counted = sum(row.count for tally in analysis.tallies for row in tally.rows)
    assert counted > 0, "of the cars that drive; most are parked"
    *tallies, summary = [json.loads(line) for line in to_json_lines(analysis)]
    assert [line["type"] for line in (*tallies, summary)] == ["tally", "tally", "summary"]
    assert tallies[0]["start"] == "2026-05-04T08:00:00.000Z"
    assert tallies[0]["rows"][0].keys() == {"kind", "label", "direction", "count"}


def test_a_file_without_video_is_refused(analyze, tmp_path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    with pytest.raises(NotVideoError, match="is empty"):
        analyze(path)
