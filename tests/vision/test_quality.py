"""Quality measured on real footage, as it is and spoilt in ways that must and must not be told."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vision.health import CAMERA_SPECS, HealthLimits
from vision.incidents import IncidentBook
from vision.picture_watch import PictureWatch
from vision.quality import COMPARE_S, LEARN_LOOKS, LEARN_S, SETTLE_S, QualityMeter
from vision.types import ChangeType

BEGAN = datetime(2026, 5, 1, 8, tzinfo=UTC)
FPS = 2.0
SIZE = (160, 120)
FULL = (320, 240)
WELL_S = LEARN_S + 2 * SETTLE_S + 10
ROUND_S = 1.0


def at(seconds):
    return BEGAN + timedelta(seconds=seconds)


def pictures_of(film):
    """Return two pictures a second of a film: luma, 320 by 240."""
    with av.open(str(film)) as container:
        frames, due = [], 0.0
        for frame in container.decode(video=0):
            if frame.time + 1e-6 >= due:
                frames.append(cv2.resize(frame.to_ndarray(format="gray"), FULL))
                due += 1 / FPS
    return frames


@pytest.fixture(scope="session")
def square(square_film):
    return pictures_of(square_film)


@pytest.fixture(scope="session")
def road(road_film):
    return pictures_of(road_film)


def small(picture):
    return cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA)


# Ways to spoil a picture: each takes the picture and its number.


def as_it_is(picture, _):
    return picture


def blur(sigma):
    """sigma: in pixels of 640 across."""
    return lambda picture, _: cv2.GaussianBlur(picture, (0, 0), sigma * FULL[0] / 640)


def dim(share):
    table = (16 + (np.arange(256) - 16).clip(0) * share).astype(np.uint8)
    return lambda picture, _: table[picture]


def gamma(power):
    table = (255 * (np.arange(256) / 255) ** power).astype(np.uint8)
    return lambda picture, _: table[picture]


def slide(share):
    def spoil(picture, _):
        move = np.float32([[1, 0, share * FULL[0]], [0, 1, share * FULL[1] / 3]])
        return cv2.warpAffine(picture, move, FULL, borderMode=cv2.BORDER_REFLECT)

    return spoil


def turn_away(picture, _):
    return np.ascontiguousarray(picture[::-1, ::-1])


GRAIN = np.random.default_rng(1).normal(0, 1, (16, FULL[1], FULL[0])).astype(np.float32)
X, Y = np.arange(FULL[0]) / FULL[0], np.arange(FULL[1])[:, None] / FULL[1]


def bell(offsets):
    return np.exp(-(offsets**2)).astype(np.float32)


def noise(sigma):
    def spoil(picture, number):
        grain = sigma * GRAIN[number % 16]
        return (picture + grain).clip(0, 255).astype(np.uint8)

    return spoil


def rain(picture, number):
    random = np.random.default_rng(number)
    wet = picture.copy()
    for x, y, length in zip(
        random.integers(0, FULL[0], 150),
        random.integers(0, FULL[1], 150),
        random.integers(5, 30, 150),
        strict=True,
    ):
        cv2.line(wet, (int(x), int(y)), (int(x + length // 6), int(y + length)), 220, 1)
    return wet


def sway(picture, number):
    by = np.random.default_rng(number).normal(0, 0.004, 2) * FULL[0]
    move = np.float32([[1, 0, by[0]], [0, 1, by[1]]])
    return cv2.warpAffine(picture, move, FULL, borderMode=cv2.BORDER_REFLECT)


def infrared(picture, number):
    """Bright in the middle, dark around, grainy: a lamp beside the lens."""
    lit = gamma(0.7)(picture, number) * bell((X - 0.5) / 0.45) * bell((Y - 0.6) / 0.5) + 16
    return noise(4)(lit, number)


def headlights(picture, number):
    """Night, and every half second a lamp somewhere else."""
    glare = 200 * bell((X - number * 0.058 % 1) / 0.08) * bell((Y - 0.6) / 0.08)
    return noise(3)(dim(0.25)(picture, number) + glare, number)


def hand(_, number):
    return noise(2)(90 + 40 * X - 20 * Y, number)


def grease(picture, _):
    smeared = picture.copy()
    veil = cv2.GaussianBlur(picture, (0, 0), 4)[:, : FULL[0] // 2] * 0.6 + 70
    smeared[:, : FULL[0] // 2] = veil.clip(0, 255)
    return smeared


def cloud_shadow(picture, _):
    shaded = picture.copy()
    shaded[:, : FULL[0] // 2] = shaded[:, : FULL[0] // 2] * 0.6
    return shaded


class Camera:
    """A camera whose picture was well for a good while; each test spoils a copy of its own.

    Its pictures are looked at every `every_s`; whether incidents open or end is asked each second.
    """

    def __init__(self, pictures, every_s=1 / FPS):
        self.pictures, self.every_s = pictures, every_s
        self.film = [*pictures, *pictures[-2:0:-1]]
        self.watch = PictureWatch(HealthLimits(accept_view_s=120))
        self.book = IncidentBook("gate", CAMERA_SPECS.values())
        self.number = 0

    def show(self, spoil, for_s, *, grey=False):
        """Go on with the film, spoilt; return the kinds of incidents that open.

        grey: the spoilt pictures have no colour.
        """
        kinds = []
        ends_s = self.number / FPS + for_s
        while (now_s := self.number / FPS) < ends_s:
            picture = self.film[self.number % len(self.film)]
            shown = small(spoil(picture, self.number))
            self.watch.see(shown, at(now_s), infrared=grey, gop_s=2.0)
            for round_s in np.arange(0, self.every_s, ROUND_S):
                now = at(now_s + float(round_s))
                changes = self.book.step(now, self.watch.conditions())
                kinds += [c.incident.kind for c in changes if c.type is ChangeType.OPENED]
            self.number += round(self.every_s * FPS)
        return kinds

    def held(self):
        return {condition.kind for condition in self.watch.conditions()}


def settled(pictures, every_s=1 / FPS):
    camera = Camera(pictures, every_s)
    assert camera.show(as_it_is, WELL_S + LEARN_LOOKS * every_s) == []
    return camera


@pytest.fixture(scope="module")
def settled_camera(square):
    return settled(square)


@pytest.fixture
def camera(settled_camera):
    return deepcopy(settled_camera)


PACES_S = (1.0, 4.0, 10.0)
"""Time to spare; the key frames of a town on a small machine; those of smart codecs."""
RAREST_S = 16.0
"""A quiet camera that tells of motion itself, in a town short of time."""


@pytest.fixture(scope="module", params=(*PACES_S, RAREST_S), ids="every {:g} s".format)
def settled_paced(request, square):
    return settled(square, request.param)


@pytest.fixture
def paced(settled_paced):
    """A camera like `camera`, looked at no oftener than a second."""
    return deepcopy(settled_paced)


FAULTS = {
    "hand": (hand, 20, "camera_covered"),
    "dark": (dim(0.05), 150, "camera_dark"),
    "blur": (blur(9), 150, "camera_blurred"),
    "turned": (turn_away, 60, "camera_moved"),
    "pushed": (slide(0.08), 60, "camera_moved"),
    "pushed far": (slide(0.2), 60, "camera_moved"),
}


@pytest.mark.parametrize(("spoil", "spoilt_s", "kind"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_once_by_its_name(camera, spoil, spoilt_s, kind):
    assert camera.show(spoil, spoilt_s) == [kind]


@pytest.mark.parametrize(("spoil", "spoilt_s", "kind"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_at_any_pace_and_ends(paced, spoil, spoilt_s, kind):
    assert paced.show(spoil, spoilt_s + 2 * paced.every_s) == [kind]
    assert paced.show(as_it_is, 120) == []
    assert paced.held() == set()


HARMLESS = {
    "itself": as_it_is,
    "dusk": dim(0.4),
    "contrast": gamma(2.0),
    "overexposed": gamma(0.5),
    "slightly soft": blur(3),
    "noise": noise(12),
    "rain": rain,
    "wind": sway,
    "headlights": headlights,
    "cloud": cloud_shadow,
}


@pytest.mark.parametrize("spoil", HARMLESS.values(), ids=HARMLESS)
def test_weather_and_light_are_no_fault(camera, spoil):
    assert camera.show(spoil, 150) == []


@pytest.mark.parametrize("spoil", HARMLESS.values(), ids=HARMLESS)
def test_weather_and_light_are_no_fault_at_any_pace(paced, spoil):
    assert paced.show(spoil, 60 + 20 * paced.every_s) == []


def test_switch_to_infrared_is_no_fault_and_the_way_back_neither(paced):
    assert paced.show(infrared, 150, grey=True) == []
    assert paced.show(as_it_is, 60) == []


@pytest.mark.parametrize("every_s", PACES_S)
def test_a_film_with_cuts_is_not_called_moved(road, every_s):
    """The road film shows seven places in ten seconds, again and again."""
    assert settled(road, every_s).show(as_it_is, 100 + 20 * every_s) == []


@pytest.mark.parametrize("comes_in_s", [120, 360])
def test_fog_that_comes_in_minutes_is_not_called_a_cover(paced, comes_in_s):
    began = paced.number

    def fog(picture, number):
        clear = max(1 - (number - began) / FPS / comes_in_s, 0.1)
        return (180 + clear * (picture - 180.0)).clip(0, 255).astype(np.uint8)

    assert "camera_covered" not in paced.show(fog, comes_in_s + 60)
    assert paced.watch.quality.contrast < 25


def test_no_time_that_passes_confirms_what_was_seen_once(paced):
    """The lens is covered, and before another look the camera is gone."""
    paced.show(hand, max(paced.every_s, 3))
    assert paced.held() == {"camera_covered"}
    away = [at(paced.number / FPS + second) for second in range(90)]
    assert not any(paced.book.step(now, paced.watch.conditions()) for now in away)


def test_a_view_that_is_gone_after_an_absence_was_not_covered(paced):
    """Nobody saw whether it went in a moment or, by fog, in an hour."""
    paced.number += round(3600 * FPS)
    assert "camera_covered" not in paced.show(hand, 60 + 5 * paced.every_s)


def test_a_picture_is_compared_no_oftener_than_it_is_worth(camera):
    compared = 0
    for _ in range(40):
        camera.show(as_it_is, 1 / FPS)
        compared += camera.watch.quality.view is not None
    assert compared == 40 / FPS / COMPARE_S


def test_how_far_a_view_slid_is_measured(camera):
    camera.show(slide(0.1), 30)
    view = camera.watch.quality.view
    while view is None:
        camera.show(slide(0.1), 1 / FPS)
        view = camera.watch.quality.view
    assert view.shift == (pytest.approx(0.1, abs=0.01), pytest.approx(0.033, abs=0.01))
    assert view.shifted_match > 0.9
    assert view.match < 0.5


def test_grease_on_half_of_the_lens_is_seen(paced):
    paced.show(grease, 40 + 6 * paced.every_s)
    assert paced.held() == {"camera_fouled"}
    paced.show(as_it_is, 30 + 6 * paced.every_s)
    assert paced.held() == set()


def test_a_view_that_stays_moved_is_accepted(camera):
    camera.show(turn_away, 60)
    assert camera.held() == {"camera_moved"}
    assert camera.show(turn_away, 240) == []
    assert camera.held() == set(), "the other view is the usual one by now"
    assert camera.show(as_it_is, 60) == ["camera_moved"]


def test_a_camera_turned_on_purpose_is_learnt_anew(camera):
    camera.watch.forget_view()
    assert camera.show(turn_away, 150) == []


def freezing(camera, draw=as_it_is):
    frozen = camera.pictures[0]
    return lambda _, number: draw(frozen.copy(), number)


def test_a_frozen_picture_is_told(paced):
    assert paced.show(freezing(paced), 90) == ["camera_frozen"]


def test_a_drawn_clock_does_not_hide_that_the_picture_is_frozen(camera):
    def clock(picture, number):
        cv2.rectangle(picture, (5, 3), (120, 14), 20, -1)
        text = f"08:{number // 120:02}:{number // 2 % 60:02}"
        return cv2.putText(picture, text, (6, 12), 0, 0.3, 235)

    assert camera.show(freezing(camera, clock), 90) == ["camera_frozen"]


@pytest.mark.parametrize("every_s", PACES_S)
def test_a_picture_that_never_lived_is_not_called_frozen(square, every_s):
    assert settled(square[:1] * 4, every_s).show(as_it_is, 200) == []


def test_what_cannot_be_judged_in_the_dark_stays_as_it_was(camera):
    camera.show(turn_away, 40)
    assert camera.held() == {"camera_moved"}
    camera.show(dim(0.05), 20)
    assert camera.held() == {"camera_moved", "camera_dark"}
    camera.show(as_it_is, 40)
    assert camera.held() == set()


def encoded(pictures, rate):
    """Return pictures as a decoder shows them after x264, 15 a second, a key frame each 2 s."""
    encoder, decoder = av.CodecContext.create("libx264", "w"), av.CodecContext.create("h264", "r")
    encoder.width, encoder.height, encoder.pix_fmt = *FULL, "yuv420p"
    encoder.time_base = Fraction(1, 15)
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "x264-params": "keyint=30:min-keyint=30:scenecut=0",
    } | rate
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
        frame.pts, frame.time_base = number, encoder.time_base
        for packet in encoder.encode(frame):
            for shown in decoder.decode(packet):
                yield shown.to_ndarray(format="gray")


@pytest.mark.parametrize("rate", [{"crf": "23"}, {"qp": "34"}, {"b": "100000"}], ids=str)
def test_a_live_camera_before_an_empty_yard_is_not_frozen(square, rate):
    """Nothing moves, and coding leaves most pictures out: the sensor's noise still shows."""
    meter, longest_s = QualityMeter(), 0.0
    live = (noise(1)(square[0], number) for number in range(15 * 20))
    for number, picture in enumerate(encoded(live, rate)):
        if number % 7 == 0:
            longest_s = max(longest_s, meter.see(small(picture), at(number / 15)).still_s)
    assert longest_s <= 2.5, "no longer than to the next key frame"


@given(
    luma=arrays.arrays(np.uint8, st.tuples(st.integers(16, 40), st.integers(16, 40))),
    steps=st.lists(st.floats(-20, 20), min_size=1, max_size=30),
)
@settings(max_examples=40, deadline=None)
def test_no_picture_and_no_clock_is_too_odd(luma, steps):
    watch, now = PictureWatch(HealthLimits()), BEGAN
    for step in steps:
        now += timedelta(seconds=step)
        watch.see(luma, now, infrared=False, gop_s=None)
        for number in (watch.quality.brightness, watch.quality.contrast, watch.quality.still_s):
            assert np.isfinite(number)
