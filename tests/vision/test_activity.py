"""Luma activity: who moves is found at every rate, light and weather are not motion."""

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.activity import ACTIVITY_SIZE, ActivityState, LumaActivity

SHAPE = (ACTIVITY_SIZE.height, ACTIVITY_SIZE.width)
RATES = {"every picture": 15.0, "tuned": 6.0, "key frames": 0.5, "rare key frames": 0.25}


def street(seed=1):
    """Return a textured view."""
    random = np.random.default_rng(seed)
    coarse = random.integers(60, 180, (12, 20)).astype(np.float32)
    view = cv2.resize(coarse, SHAPE[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(view + random.normal(0, 6, SHAPE), 20, 230).astype(np.float32)


class Camera:
    """A noisy camera over a street, and the eye that looks at it."""

    def __init__(self, clock, rate, noise=1.5):
        self.clock, self.rate, self.noise = clock, rate, noise
        self.view, self.number = street(), 0
        self.random = np.random.default_rng(2)
        self.eye = LumaActivity()

    def show(self, change=lambda view, number: view):
        seen = change(self.view.copy(), self.number)
        seen = seen + self.random.normal(0, self.noise, SHAPE)
        at = self.clock(self.number / self.rate)
        self.number += 1
        return self.eye.look(np.clip(seen, 0, 255).astype(np.uint8), at)

    def settle(self, seconds=12, **fields):
        return [self.show(**fields) for _ in range(max(8, int(seconds * self.rate)))]


def person(x, y, dark=45, width=4, height=10):
    def walk(view, number):
        view[y : y + height, x : x + width] = dark
        return view

    return walk


@pytest.fixture(params=RATES.values(), ids=RATES.keys())
def camera(request, clock):
    return Camera(clock, request.param)


def test_a_street_without_anybody_is_quiet(camera):
    states = {look.state for look in camera.settle()[3:]}
    assert states == {ActivityState.QUIET}


def test_a_person_far_away_is_seen_at_the_first_look(camera):
    camera.settle()
    look = camera.show(person(80, 40))
    assert look.state is ActivityState.MOTION
    (region,) = look.regions
    assert region.x1 <= 80 / 160
    assert region.x2 >= 84 / 160
    assert region.y1 <= 40 / 90
    assert region.y2 >= 50 / 90
    assert (region.x2 - region.x1) * (region.y2 - region.y1) < 0.04


def test_two_people_are_two_regions(camera):
    camera.settle()
    look = camera.show(lambda view, n: person(30, 30)(person(120, 50)(view, n), n))
    assert len(look.regions) == 2


@pytest.mark.parametrize("gain", [0.6, 0.85, 1.2], ids=["dusk", "cloud", "sun"])
def test_a_step_of_light_is_global_and_soon_over(camera, gain):
    camera.settle()
    first = camera.show(lambda view, n: view * gain)
    after = camera.settle(12, change=lambda view, n: view * gain)
    assert first.state is ActivityState.GLOBAL
    assert not [look for look in (first, *after) if look.state is ActivityState.MOTION]
    assert after[-1].state is ActivityState.QUIET


def test_night_switch_is_global_then_learnt(camera):
    def infrared(view, number):
        return (200 - 0.6 * np.abs(view - 120)) * 0.6

    camera.settle()
    looks = [camera.show(infrared), *camera.settle(20, change=infrared)]
    assert looks[0].state is ActivityState.GLOBAL
    assert looks[-1].state is ActivityState.QUIET
    assert camera.show(lambda v, n: person(80, 40, 30)(infrared(v, n), n)).regions


def test_somebody_is_seen_while_the_light_flickers(camera):
    def flicker(view, number):
        return view * (1 + 0.05 * np.sin(1.7 * number))

    looks = camera.settle(change=flicker)
    assert not [look for look in looks[6:] if look.state is ActivityState.MOTION]
    assert camera.show(lambda v, n: person(80, 40)(flicker(v, n), n)).regions


@pytest.mark.parametrize("rate", [15.0, 6.0])
def test_soft_shadow_that_travels_is_no_motion(clock, rate):
    camera = Camera(clock, rate)

    def cloud(view, number):
        x = np.arange(SHAPE[1])[None]
        middle = number / camera.rate * 12 - 700
        return view * (1 - 0.3 / (1 + np.exp((np.abs(x - middle) - 40) / 16)))

    camera.settle()
    assert ActivityState.MOTION not in {camera.show(cloud).state for _ in range(20)}


def test_leaves_are_learnt(clock):
    camera = Camera(clock, 6.0)
    leaves = street(7)[:30, :40]

    def sway(view, number):
        shift = round(3 * np.sin(2.3 * number / camera.rate))
        view[:30, :40] = np.roll(leaves, shift, axis=1)
        return view

    looks = camera.settle(120, change=sway)
    late = [look.state is ActivityState.MOTION for look in looks[-120:]]
    assert np.mean(late) < 0.1
    assert camera.show(lambda v, n: person(100, 60)(sway(v, n), n)).regions


def test_a_parked_car_becomes_background_and_a_person_beside_it_is_seen(clock):
    camera = Camera(clock, 6.0)
    parked = person(60, 40, dark=30, width=24, height=12)
    camera.settle()
    looks = camera.settle(60, change=parked)
    assert looks[0].regions
    assert looks[-1].state is ActivityState.QUIET
    assert camera.show(lambda v, n: person(110, 40)(parked(v, n), n)).regions


def test_whoever_was_there_from_the_first_look_on_leaves_no_ghost(camera):
    camera.settle(60, change=person(80, 40, width=8, height=20))
    looks = [camera.show() for _ in range(3)]
    assert {look.state for look in looks[1:]} == {ActivityState.QUIET}
    assert camera.show(person(80, 40, width=8, height=20)).regions


def test_somebody_plain_before_a_bold_pattern_is_no_ghost(camera):
    rows, columns = np.indices(SHAPE) // 5
    camera.view = np.where((rows + columns) % 2, 110, 160).astype(np.float32)
    camera.settle()
    for _ in range(6):
        assert camera.show(person(60, 30, width=20, height=40)).regions


def test_who_comes_between_two_rare_looks_with_a_lamp_is_told(clock):
    camera = Camera(clock, 0.25)
    camera.settle()
    look = camera.show(lambda view, n: person(80, 40)(0.7 * view, n))
    assert look.state is ActivityState.MOTION
    assert all(camera.show(lambda view, n: 0.7 * view).regions == () for _ in range(4))


def test_another_size_and_a_clock_that_jumps_begin_anew(camera):
    camera.settle()
    at = camera.clock(10_000)
    other = np.full((120, 160), 90, np.uint8)
    assert camera.eye.look(other, at).state is ActivityState.QUIET
    assert camera.eye.look(other, camera.clock(5)).state is ActivityState.QUIET


def test_who_comes_after_the_clock_was_set_back_is_seen(camera):
    """It was set while the light changed: what that had put off ends all the same."""

    def night(view, _):
        return 255 - view

    camera.settle()
    assert camera.show(night).state is ActivityState.GLOBAL
    camera.number -= round(3600 * camera.rate)
    camera.settle(change=night)
    came = camera.show(lambda view, n: person(80, 40)(night(view, n), n))
    assert came.state is ActivityState.MOTION


def test_forgotten_is_not_compared(camera):
    camera.settle()
    camera.eye.forget()
    assert camera.show(lambda view, n: view[:, ::-1]).state is ActivityState.QUIET


@given(
    st.lists(
        st.tuples(
            st.sampled_from([(90, 160), (120, 160), (1, 1), (7, 300), (68, 160)]),
            st.integers(0, 2**32 - 1),
            st.floats(-100, 1000),
        ),
        max_size=12,
    )
)
def test_any_picture_at_any_time_gets_an_answer(clock, looks):
    eye = LumaActivity()
    for shape, seed, at_s in looks:
        luma = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
        look = eye.look(luma, clock(at_s))
        assert (look.state is ActivityState.MOTION) == bool(look.regions)
        assert 0.0 <= look.area_ratio <= 1.0
        for region in look.regions:
            assert 0.0 <= region.x1 < region.x2 <= 1.0
            assert 0.0 <= region.y1 < region.y2 <= 1.0


@pytest.mark.parametrize("step", [1, 20], ids=["every picture", "one in two seconds"])
def test_pedestrians_of_a_real_film_are_seen(square_film, clock, step):
    eye, states = LumaActivity(), []
    with av.open(str(square_film)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % step == 0:
                small = frame.reformat(160, 120, "gray").to_ndarray()
                states.append(eye.look(small, clock(number / 10)).state)
    assert np.mean([state is ActivityState.MOTION for state in states[1:]]) > 0.95
