"""Which films there are to analyse, and a span of recordings as one of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest

from gateway.analyze import AnalysisPlan, analyze_film, film_of
from gateway.errors import NotFoundError
from gateway.film.eyes import Crew
from gateway.replay.films import films_in, recorded_film
from gateway.store.segments import Segment
from vision.ensemble import DetectorSet

BEGAN = datetime(2026, 5, 4, 0, 0, tzinfo=UTC)
SEAM_S = 137 / 25
"""Where the road film is cut in two: a key frame."""


def test_a_folder_is_every_film_below_it_by_its_path_in_it(tmp_path) -> None:
    for name in ("b.mp4", "deep/a.MKV", "note.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    films = films_in([tmp_path])
    assert [film.name for film in films] == ["b.mp4", "deep/a.MKV"]
    assert films[1].parts[0].path == tmp_path / "deep" / "a.MKV"


def test_films_of_one_name_go_by_their_paths(tmp_path) -> None:
    paths = [tmp_path / day / "gate.mp4" for day in ("monday", "tuesday")]
    assert [film.name for film in films_in(paths)] == [path.as_posix() for path in paths]
    assert [film.name for film in films_in([paths[0], paths[0]])] == ["gate.mp4"]


def test_a_folder_without_films_is_told(tmp_path) -> None:
    with pytest.raises(NotFoundError, match=str(tmp_path)):
        films_in([tmp_path])


@pytest.fixture
def recorded(store, road_film, tmp_path):
    """The road film as two recordings of the camera "gate", one after the other."""
    with av.open(str(road_film)) as film:
        (track,) = film.streams.video
        packets = [packet for packet in film.demux(track) if packet.size]
        for number, part in enumerate((packets[:137], packets[137:])):
            _write(tmp_path / f"{number}.mp4", track, part)
    for number, (from_s, to_s) in enumerate([(0.0, SEAM_S), (SEAM_S, 10.0)]):
        began, ended = (BEGAN + timedelta(seconds=at_s) for at_s in (from_s, to_s))
        store.segments.add([Segment("gate", f"{number}.mp4", began, ended, 1, 1)])
    return lambda since_s, until_s: recorded_film(
        store,
        tmp_path,
        "gate",
        BEGAN + timedelta(seconds=since_s),
        BEGAN + timedelta(seconds=until_s),
    )


def _write(path: Path, track: av.VideoStream, packets: list[av.Packet]) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(track)
        first = packets[0].pts
        for packet in packets:
            packet.pts, packet.dts = packet.pts - first, packet.dts - first
            packet.stream = stream
            out.mux(packet)


@pytest.fixture
def analyze(detector):
    detectors = DetectorSet.combine([detector])
    with Crew(detectors) as crew:
        yield lambda film: analyze_film(film, crew, AnalysisPlan())


def test_an_incident_over_two_recordings_is_one(recorded, analyze, road_film) -> None:
    whole = analyze(film_of(road_film, "gate", BEGAN))
    parts = analyze(recorded(0, 10))
    (expected,) = (one for one in whole.incidents if one.incident.rule == "vehicles")
    (found,) = (one for one in parts.incidents if one.incident.rule == "vehicles")
    assert found.incident.id == expected.incident.id
    assert found.incident.opened_at == expected.incident.opened_at
    assert found.end_s == pytest.approx(expected.end_s, abs=0.5)
    assert (parts.start, parts.file.name) == (BEGAN, "gate")
    assert parts.analysed_s == pytest.approx(whole.analysed_s, abs=0.3)


def test_of_a_span_only_what_is_in_it_is_judged(recorded, analyze) -> None:
    analysis = analyze(recorded(2, 8))
    assert BEGAN + timedelta(seconds=2) <= analysis.start <= BEGAN + timedelta(seconds=2.2)
    assert 5.5 < analysis.analysed_s < 6.0
    assert all(0 <= one.start_s <= one.end_s < 6.0 for one in analysis.incidents)


def test_a_span_of_which_nothing_is_recorded_is_told(recorded) -> None:
    with pytest.raises(NotFoundError, match="gate"):
        recorded(60, 70)
