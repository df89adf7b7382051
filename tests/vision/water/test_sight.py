"""Sight on real footage: weather and lens are drawn on it; water in the zones is no blindness."""

from itertools import islice

import av
import cv2
import numpy as np
import pytest

from vision.types import FrameSize
from vision.water.registration import luma_of, register
from vision.water.sight import Usual, unseen
from vision.water.types import Sample, Unseen

WIDTH, HEIGHT = 320, 240
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
NOTHING = np.zeros((HEIGHT, WIDTH), np.bool_)
ZONE = NOTHING.copy()
ZONE[130:, 60:260] = True


@pytest.fixture(scope="session")
def square(square_film):
    """The square without people."""
    with av.open(str(square_film)) as container:
        some = [f.to_ndarray(format="bgr24") for f in islice(container.decode(video=0), 0, 250, 50)]
    empty = np.median(np.stack(some), axis=0).astype(np.uint8)
    return cv2.resize(empty, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def dim(share):
    return lambda picture: 14 + share * picture


def shadow(picture):
    mask = cv2.fillConvexPoly(np.zeros_like(X), np.array([[20, 20], [200, 40], [120, 220]]), 1.0)
    return picture * (1 - 0.55 * mask[..., None])


def air(far, near, veil=185.0):
    """Let through so much from the picture's top, and from its bottom; the rest is veil."""
    share = (Y / HEIGHT)[..., None]
    through = far ** (1 - share) * near**share
    return lambda picture: picture * through + veil * (1 - through)


def drops(count, largest_px, dirt=False):
    """Draw blobs that show the view upside down and small, or nothing."""

    def wet(picture):
        random = np.random.default_rng(7)
        out = picture.copy()
        soft = cv2.GaussianBlur(picture, (0, 0), 4)
        for _ in range(count):
            x, y = random.uniform(0, (WIDTH, HEIGHT))
            radius = random.uniform(largest_px / 3, largest_px)
            cover = np.clip(6 * (1 - np.hypot(X - x, Y - y) / radius), 0, 1)[..., None]
            mapped = [
                np.clip(m - 6 * (o - m), 0, e - 1) for m, o, e in ((x, X, WIDTH), (y, Y, HEIGHT))
            ]
            small = cv2.remap(soft, *(m.astype(np.float32) for m in mapped), cv2.INTER_LINEAR)
            out = out * (1 - cover) + (0.5 * soft + 30 if dirt else small) * cover
        return out

    return wet


def film(picture):
    return cv2.GaussianBlur(picture, (0, 0), 1.5)


def flooded(from_row):
    def wet(picture):
        out = picture.copy()
        mirrored = cv2.GaussianBlur(picture, (0, 0), 2)[::-1]
        rows = Y[from_row:, :, None]
        out[from_row:] = 0.5 * mirrored[from_row:] + 50 + 3 * np.sin(rows)
        return out

    return wet


def both(first, then):
    return lambda picture: then(first(picture))


def judged(square, clock, spoil, blocked=NOTHING, zones=ZONE):
    usual = Usual.of([square, np.clip(shadow(square.astype(np.float32)), 0, 255).astype(np.uint8)])
    grain = np.random.default_rng(5).normal(0, 2, (HEIGHT, WIDTH, 1))
    picture = (spoil(square.astype(np.float32)) + grain).clip(0, 255).astype(np.uint8)
    sample = Sample(clock(0), picture, blocked, FrameSize(640, 480))
    found = register(sample, luma_of(square), NOTHING)
    return unseen(sample, found, zones, NOTHING, usual)


SEEN = {
    "as it is": lambda picture: picture,
    "dim": dim(0.5),
    "dusk": dim(0.35),
    "bright": lambda picture: 255 * (picture / 255) ** 0.7,
    "sun shadow": shadow,
    "light mist": air(0.75, 0.95),
    "flooded zone": flooded(150),
    "flooded beyond its zone": flooded(110),
    "flooded at dusk": both(flooded(150), dim(0.35)),
    "few small drops": drops(6, 4),
}
UNSEEN = {
    "night": (dim(0.05), {Unseen.DARK}),
    "haze beyond": (air(0.15, 0.8), {Unseen.HAZE}),
    "heavy haze": (air(0.12, 0.5), {Unseen.HAZE}),
    "thick fog": (air(0.05, 0.1), {Unseen.HAZE, Unseen.AWAY}),
    "haze over a flood": (both(flooded(150), air(0.12, 0.5)), {Unseen.HAZE}),
    "haze at dusk": (both(dim(0.35), air(0.12, 0.5, 75)), {Unseen.HAZE, Unseen.AWAY}),
    "drops": (drops(35, 12), {Unseen.DROPS}),
    "large drops": (drops(12, 25), {Unseen.DROPS}),
    "dirt": (drops(20, 16, dirt=True), {Unseen.DROPS}),
    "drops at dusk": (both(dim(0.35), drops(35, 12)), {Unseen.DROPS}),
    "drops before a flood": (both(flooded(150), drops(35, 14)), {Unseen.DROPS}),
    "film of water": (film, {Unseen.DROPS, Unseen.HAZE}),
    "turned": (lambda picture: picture[::-1, ::-1], {Unseen.AWAY}),
    "shifted": (lambda picture: np.roll(picture, 20, axis=1), {Unseen.SHIFTED}),
}


@pytest.mark.parametrize("name", SEEN)
def test_what_shows_the_ground_is_seen(square, clock, name):
    assert judged(square, clock, SEEN[name]) is None


@pytest.mark.parametrize("name", UNSEEN)
def test_what_hides_the_ground_is_never_taken_for_normal(square, clock, name):
    spoil, reasons = UNSEEN[name]
    assert judged(square, clock, spoil) in reasons


@pytest.mark.parametrize(("rows", "reason"), [(45, None), (70, Unseen.COVERED)])
def test_a_jam_covers_the_zone_from_half_of_it_on(square, clock, rows, reason):
    jam = NOTHING.copy()
    jam[130 : 130 + rows, 40:280] = True
    assert judged(square, clock, lambda picture: picture, jam) is reason


def test_a_dark_zone_is_dark_in_a_lit_picture(square, clock):
    def unlit(picture):
        return np.where(ZONE[..., None], 14 + 0.02 * picture, picture)

    assert judged(square, clock, unlit) is Unseen.DARK


def test_a_view_without_structure_is_not_called_hazy_for_it(clock):
    """Bare asphalt shows nothing that could pale; whether it can be placed decides."""
    bare = np.full((HEIGHT, WIDTH, 3), 110, np.uint8)
    assert judged(bare, clock, lambda picture: picture) is Unseen.AWAY
