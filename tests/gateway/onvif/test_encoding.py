"""How a stream is best encoded: sizes, rates and limits that cameras offer, and wishes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.onvif.encoding import (
    DEFAULT_TUNING,
    MIN_WIDTH,
    Encoding,
    Offer,
    RateMode,
    Size,
    Span,
    Tuning,
    fitted,
)

AS_DELIVERED = Encoding(25, 50, 2048, Size(704, 396), RateMode.CBR, 4, "h264")
BOTH = frozenset(RateMode)
EMPTY = Offer()


def sizes(*texts: str) -> tuple[Size, ...]:
    return tuple(map(Size.parse, texts))


@pytest.mark.parametrize(
    ("now", "offered", "taken"),
    [
        pytest.param("1280x720", ["1280x720", "640x360"], "640x360", id="as wanted"),
        pytest.param("1280x720", ["704x396", "320x180"], "704x396", id="nearest"),
        pytest.param("640x360", ["1920x1080", "640x360"], "640x360", id="as it is"),
        pytest.param("1920x1080", ["640x480", "704x576", "480x270"], "480x270", id="same aspect"),
        pytest.param("704x576", ["640x360", "352x288"], "704x576", id="too narrow"),
        pytest.param("1024x768", ["640x480", "512x384"], "512x384", id="another aspect"),
        pytest.param("352x288", ["640x360", "704x576"], "352x288", id="never larger"),
        pytest.param("1280x720", ["640x352"], "640x352", id="multiples of 16"),
        pytest.param("1280x720", [], "1280x720", id="not told"),
    ],
)
def test_the_picture_nearest_to_the_default(now: str, offered: list[str], taken: str) -> None:
    before = replace(AS_DELIVERED, size=Size.parse(now))
    assert str(fitted(before, Tuning(), Offer(sizes=sizes(*offered))).size) == taken


@pytest.mark.parametrize(
    ("wished", "taken"),
    [
        pytest.param("640x480", "640x480", id="of another aspect, if a person says so"),
        pytest.param("1920x1080", "704x396", id="never larger"),
        pytest.param("500x281", "480x270", id="nearest"),
    ],
)
def test_the_picture_that_a_person_wishes(wished: str, taken: str) -> None:
    offer = Offer(sizes=sizes("640x480", "704x396", "480x270", "1920x1080"))
    before = replace(AS_DELIVERED, size=Size(704, 480))
    before = replace(before, size=Size(704, 396)) if taken != "640x480" else before
    assert str(fitted(before, Tuning(size=Size.parse(wished)), offer).size) == taken


def test_the_default() -> None:
    tuned = fitted(AS_DELIVERED, Tuning(), Offer(modes=BOTH))
    assert tuned == replace(AS_DELIVERED, fps=6, gop=12, bit_rate_kbps=160, mode=RateMode.VBR)


def test_what_is_cheaper_already_stays() -> None:
    frugal = Encoding(4, 20, 96)
    assert fitted(frugal, Tuning(), EMPTY) == Encoding(4, 8, 96)


def test_a_person_may_have_it_dearer() -> None:
    wish = Tuning(fps=12, key_s=1, bit_rate_kbps=512, mode=RateMode.CBR, quality=9)
    offer = Offer(quality=Span(1, 6), modes=BOTH)
    tuned = fitted(replace(AS_DELIVERED, fps=4, bit_rate_kbps=96), wish, offer)
    assert (tuned.fps, tuned.gop, tuned.bit_rate_kbps) == (12, 12, 512)
    assert (tuned.mode, tuned.quality) == (RateMode.CBR, 6)


def test_limits_of_the_camera() -> None:
    offer = Offer(fps=Span(8, 30), gop=Span(20, 100), bit_rate_kbps=Span(256, 8192))
    tuned = fitted(AS_DELIVERED, Tuning(), offer)
    assert (tuned.fps, tuned.gop, tuned.bit_rate_kbps) == (8, 20, 256)
    assert tuned.mode is RateMode.CBR, "no other is offered"


@pytest.mark.parametrize(
    ("choices", "taken"), [((25, 12.5, 6.25, 3), 6.25), ((5, 7), 5), ((15, 25), 15)]
)
def test_rates_that_can_be_chosen(choices: tuple[float, ...], taken: float) -> None:
    tuned = fitted(AS_DELIVERED, Tuning(), Offer(fps_choices=choices))
    assert (tuned.fps, tuned.gop) == (taken, round(2 * taken))


SIZES = st.builds(Size, st.integers(16, 4000), st.integers(16, 3000))
STREAMS = st.builds(
    Encoding,
    fps=st.floats(1, 60),
    gop=st.none() | st.integers(1, 500),
    bit_rate_kbps=st.integers(16, 16384),
    size=st.none() | SIZES,
    mode=st.none() | st.sampled_from(RateMode),
)


@given(STREAMS, st.lists(SIZES, max_size=8))
def test_the_default_never_makes_a_stream_dearer(now: Encoding, offered: list[Size]) -> None:
    tuned = fitted(now, Tuning(), Offer(sizes=tuple(offered), modes=BOTH))
    assert not tuned.is_dearer(now)
    if now.size is not None and tuned.size != now.size:
        assert tuned.size.width >= MIN_WIDTH
        assert tuned.size.is_like(now.size)
    assert fitted(tuned, Tuning(), Offer(sizes=tuple(offered), modes=BOTH)).fps == tuned.fps


@pytest.mark.parametrize("text", ["640", "0x360", "640x", "-640x360", "wide"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r"size|pixels"):
        Size.parse(text)


def test_a_stream_in_words() -> None:
    assert str(AS_DELIVERED) == "h264 704x396 25/s key 50 2048 kbit/s cbr quality 4"
    assert str(Encoding(5, None, 96)) == "5/s 96 kbit/s"
    assert DEFAULT_TUNING.quality is None
