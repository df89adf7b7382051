"""A searched film gives what one decoded picture by picture gives, byte for byte."""

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import pytest

from gateway.analyze import AnalysisPlan, analyze_file, to_json_lines
from gateway.config import AnalysisSettings
from gateway.detector_setup import open_detector
from gateway.film.eyes import Crew
from gateway.film.pictures import pictures_at
from gateway.video_file import VideoFile
from vision.ensemble import DetectorSet

STILL_S, STREET_S, FPS = 20, 6, 10
LOOKS = 2.0


@pytest.fixture(scope="module")
def eyes():
    return open_detector(AnalysisSettings(precision="f32"))


@pytest.fixture(scope="module")
def still_street_still(square_film, tmp_path_factory) -> Path:
    """A square that stands still, lives for some seconds, and stands still again."""
    with av.open(str(square_film)) as film:
        live = [
            frame.to_ndarray(format="bgr24")[156:]
            for frame in islice(film.decode(video=0), STREET_S * FPS)
        ]
    path = tmp_path_factory.mktemp("film") / "square.mp4"
    pictures = [live[0]] * (STILL_S * FPS) + live + [live[-1]] * (STILL_S * FPS)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"g": "20", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 768, 420, "yuv420p"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def both(still_street_still, eyes):
    """The film searched, and decoded in full."""
    detector, tracker = eyes
    plans = (
        AnalysisPlan(tracker=tracker, fps=LOOKS, thorough=thorough) for thorough in (False, True)
    )
    return [analyze_file(still_street_still, detector, plan) for plan in plans]


def test_the_search_finds_the_same_bytes(both) -> None:
    searched, thorough = both
    assert searched.incidents
    assert list(to_json_lines(searched)) == list(to_json_lines(thorough))


def test_only_what_stirs_is_decoded(both) -> None:
    searched, thorough = both
    assert STREET_S <= searched.decoded_s <= 0.75 * thorough.decoded_s
    assert thorough.decoded_s == pytest.approx(2 * STILL_S + STREET_S, abs=0.5)


def test_progress_never_goes_back_and_ends_at_the_end(still_street_still, eyes) -> None:
    detector, tracker = eyes
    told = []
    analysis = analyze_file(
        still_street_still, detector, AnalysisPlan(tracker=tracker, fps=1), told.append
    )
    done = [step.done_s for step in told]
    assert done == sorted(done)
    assert done[-1] == analysis.analysed_s
    assert len(set(done)) > 20


@pytest.mark.parametrize("name", ["square.mp4", "vtest.avi"])
def test_single_pictures_are_those_of_the_film(name, still_street_still, square_film, eyes) -> None:
    path = still_street_still if name == "square.mp4" else square_film
    with VideoFile(path) as video:
        chosen = list(islice(video.pictures(5), 8))[3::4]
        expected = {one.at_s: one.resized_bgr(one.size) for one in chosen}
    with Crew(DetectorSet.combine([eyes[0]])) as crew:
        found = dict(pictures_at(path, list(expected), crew))
    assert found.keys() == expected.keys()
    assert all((found[at_s] == expected[at_s]).all() for at_s in expected)
