"""A town is as busy as asked for, and its cameras show what their clips hold, round and round."""

from dataclasses import replace

import pytest

from benchmarks.fleet_server import Showing
from benchmarks.town import busy_share, expected, residents
from benchmarks.town_clips import ENCODINGS, FULL, QUICK, clips
from benchmarks.town_reference import Event

CLIP = replace(clips("found", QUICK)[0], length_s=60.0)
EVENTS = (Event("person_presence", 12.5, 20.0), Event("person_presence", 58.0, 61.0))


@pytest.mark.parametrize("percent", [0, 5, 10, 20])
def test_a_town_is_as_busy_as_asked_for(percent):
    shown = clips("found", FULL)
    thirty_seconds = (Event("person_presence", 12.0, 42.0),)
    events = {clip.path: thirty_seconds if clip.is_busy else () for clip in shown}
    town = residents(shown, events, 200, percent)
    share = sum(busy_share(one.clip, events) for one in town) / len(town)
    assert share == pytest.approx(percent / 100, abs=0.002)
    assert len({one.camera for one in town}) == len(town)
    assert {one.clip.encoding for one in town} == set(ENCODINGS["found"])


def test_a_clip_shows_its_events_in_every_round():
    showing = Showing("cam000", picture=0, began_s=1000.0)
    due = list(expected(showing, "cam000", CLIP, EVENTS, until_s=1130.0))
    assert [event.began_s for event in due] == [1012.5, 1058.0, 1072.5, 1118.0]


def test_what_goes_on_at_the_end_is_due_as_well():
    showing = Showing("cam000", picture=0, began_s=1000.0)
    (event,) = expected(showing, "cam000", CLIP, EVENTS, until_s=1015.0)
    assert (event.began_s, event.ended_s) == (1012.5, 1020.0)


def test_a_camera_that_began_amid_its_clip_shows_the_rest_first():
    showing = Showing("cam000", picture=30 * CLIP.encoding.fps, began_s=1000.0)
    due = list(expected(showing, "cam000", CLIP, EVENTS, until_s=1060.0))
    assert [event.began_s for event in due] == [1028.0, 1042.5]


def test_what_a_reader_who_left_did_not_see_to_its_end_is_not_due():
    showing = Showing("cam000", picture=0, began_s=1000.0, ended_s=1015.0)
    assert not list(expected(showing, "cam000", CLIP, EVENTS, until_s=1130.0))
