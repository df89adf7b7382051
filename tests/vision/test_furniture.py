"""Static-object memory: signs taken for people go, whoever came by moving stays."""

import pytest

from vision.activity import Activity, ActivityState, Region
from vision.furniture import MOST_THINGS, Furniture
from vision.types import FrameSize

SIZE = FrameSize(640, 360)
SIGN = ("person", (100.0, 100.0, 120.0, 150.0), 0.3)
VAN = ("car", (400.0, 60.0, 480.0, 120.0), 0.6)


def still(at):
    return Activity(at, ActivityState.QUIET)


def stirred(at, box=SIGN[1]):
    x1, y1, x2, y2 = box
    return Activity(
        at, ActivityState.MOTION, (Region(x1 / 640, y1 / 360, x2 / 640, y2 / 360),), 0.1
    )


@pytest.fixture
def look(clock, detections):
    furniture = Furniture()

    def sift(at_s, sightings, activity=still):
        at = clock(at_s)
        found = furniture.sift(detections(sightings), activity and activity(at), at, SIZE)
        return sorted(
            (found.label(row), round(float(found.score[row]), 2)) for row in range(len(found))
        )

    sift.furniture = furniture
    return sift


def rest(look, sightings, seconds=40, begin_s=0, **fields):
    for number in range(seconds * 2):
        found = look(begin_s + number / 2, sightings, **fields)
    return found


def test_a_sign_is_left_out_after_a_while(look):
    assert look(0, [SIGN]) == [("person", 0.3)]
    assert rest(look, [SIGN]) == []


def test_it_trembles(look):
    for number in range(80):
        shift = number % 3
        box = (100.0 + shift, 100.0 - shift, 121.0, 150.0 + shift)
        found = look(number / 2, [("person", box, 0.25 + 0.05 * shift)])
    assert found == []


def test_whoever_stands_in_front_of_it_is_let_through(look):
    rest(look, [SIGN])
    assert look(41, [SIGN], activity=stirred) == [("person", 0.3)]
    assert look(42, [("person", SIGN[1], 0.7)]) == [("person", 0.7)]
    assert look(43, [SIGN]) == []


def test_parked_cars_of_which_the_model_is_sure_stay(look):
    assert rest(look, [SIGN, VAN]) == [("car", 0.6)]


def test_who_was_seen_to_arrive_stays(look):
    look(0, [])
    look(1, [SIGN], activity=stirred)
    assert rest(look, [SIGN], seconds=300, begin_s=2) == [("person", 0.3)]


def test_people_who_move_on_their_place_stay(look):
    for number in range(200):
        activity = stirred if number % 3 == 0 else still
        found = look(number / 2, [SIGN], activity=activity)
    assert found == [("person", 0.3)]


@pytest.mark.parametrize(
    "activity", [None, lambda at: Activity(at, ActivityState.GLOBAL)], ids=["none", "global"]
)
def test_without_luma_nothing_is_learnt(look, activity):
    assert rest(look, [SIGN], seconds=100, activity=activity) == [("person", 0.3)]


def test_what_is_gone_for_long_is_forgotten(look):
    rest(look, [SIGN])
    look(400, [])
    assert look(401, [SIGN]) == [("person", 0.3)]


def test_forget(look):
    rest(look, [SIGN])
    look.furniture.forget()
    assert look(41, [SIGN]) == [("person", 0.3)]


def test_memory_is_bounded(look):
    for number in range(3 * MOST_THINGS):
        x, y = 30.0 * (number % 20), 30.0 * (number // 20)
        look(number / 2, [("person", (x, y, x + 10, y + 20), 0.3)])
    assert len(look.furniture._things) <= MOST_THINGS
