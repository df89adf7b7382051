"""Key frames only, every picture, and the way from one to the other: no gap, no smear."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.analysis.adaptive_decoder import AdaptiveDecoder
from gateway.decode import KeyPictures
from gateway.errors import NotVideoError
from gateway.hub import Delivery
from vision.scheduler import Rung

GOP = 10


@pytest.fixture
def keys():
    return KeyPictures()


@pytest.fixture(params=["h264", "hevc", "b_frames"])
def film(request, coded_stream):
    codec = "h264" if request.param == "b_frames" else request.param
    return coded_stream(codec, 60, gop=GOP, b_frames=request.param == "b_frames")


@pytest.fixture
def read(picture_number, keys):
    """Return a reader of the numbers of the pictures that packets bring."""

    def pictures(decoder, deliveries, key_every_s=0.0):
        shown = [
            picture
            for one in deliveries
            if decoder.note(one, key_every_s)
            for picture in decoder.decode(one, keys)
        ]
        return [picture_number(p.frame) for p in shown]

    return pictures


def test_begins_with_key_frames_only(film, read):
    assert read(AdaptiveDecoder(), film.deliveries()) == [0, 10, 20, 30, 40, 50]


def test_key_frames_that_come_too_often_are_passed_over(film, read):
    assert read(AdaptiveDecoder(), film.deliveries(), key_every_s=0.8) == [0, 20, 40]


@pytest.mark.parametrize("at", [21, 25, 29])
def test_climbing_goes_back_to_the_last_key_frame(film, read, picture_number, at):
    decoder, deliveries = AdaptiveDecoder(), list(film.deliveries())
    read(decoder, deliveries[:at])
    past = [picture_number(p.frame) for p in decoder.climb()]
    assert decoder.rung is Rung.FULL
    later = read(decoder, deliveries[at:])
    shown = [*past, *later]
    assert shown == list(range(20, 20 + len(shown)))
    assert shown[-1] >= 57, "a stream with B-frames may hold the last two back"


def test_climbing_goes_back_beyond_it_when_that_matters(film, read, picture_number):
    decoder, deliveries = AdaptiveDecoder(), list(film.deliveries())
    read(decoder, deliveries[:23])
    newest = decoder.newest_at
    past = [picture_number(p.frame) for p in decoder.climb(newest - timedelta(seconds=0.3))]
    assert decoder.health.pictures >= 2 + GOP, "from the key frame before"
    assert 10 < past[0] < 20


def test_climbing_goes_back_no_further_than_matters(film, read, picture_number):
    decoder, deliveries = AdaptiveDecoder(), list(film.deliveries())
    read(decoder, deliveries[:28])
    newest = decoder.newest_at
    past = [picture_number(p.frame) for p in decoder.climb(newest - timedelta(seconds=0.1))]
    assert decoder.health.pictures <= 3 + GOP, "from its own key frame"
    assert past[0] > 20


@pytest.mark.parametrize("gop", [250, 500])
def test_the_long_gop_of_a_smart_codec_is_gone_back_into_but_not_all_shown(
    coded_stream, read, picture_number, gop
):
    film = coded_stream("h264", gop + 200, gop=gop)
    decoder, deliveries = AdaptiveDecoder(), list(film.deliveries())
    read(decoder, deliveries[: gop - 10])
    assert decoder.newest_at == deliveries[gop - 11].packet.captured_at
    past = [picture_number(p.frame) for p in decoder.climb(deliveries[gop - 20].packet.captured_at)]
    assert past == list(range(gop - 19, gop - 10))


def test_a_gop_that_costs_too_much_is_not_kept_until_the_next_key_frame(coded_stream, read):
    film = coded_stream("h264", 450, gop=400)
    decoder, deliveries = AdaptiveDecoder(), list(film.deliveries())
    read(decoder, deliveries[:1])
    decoder.cost.picture_s = 0.01
    read(decoder, deliveries[1:300])
    assert decoder.newest_at is None
    assert not decoder.climb()
    decoder.step_down()
    read(decoder, deliveries[300:402])
    assert decoder.newest_at == deliveries[401].packet.captured_at


def test_the_key_frames_before_the_newest_can_be_gone_back_to(film, read, picture_number, keys):
    decoder, deliveries = AdaptiveDecoder(), list(film.deliveries())
    read(decoder, deliveries[:46], key_every_s=9.0)
    past = decoder.look_back(keys, since=deliveries[0].packet.captured_at)
    assert [picture_number(p.frame) for p in past] == [20, 30]
    past = decoder.look_back(keys, since=deliveries[20].packet.captured_at)
    assert [picture_number(p.frame) for p in past] == [30]
    assert decoder.rung is Rung.KEYS


def test_up_and_down_and_up_again(film, read, picture_number):
    decoder, deliveries = AdaptiveDecoder(), list(film.deliveries())
    decoder.climb()
    read(decoder, deliveries[:15])
    decoder.step_down()
    assert read(decoder, deliveries[15:32]) == [20, 30]
    past = [picture_number(p.frame) for p in decoder.climb()]
    assert [*past, *read(decoder, deliveries[32:])][0] == 30


def test_what_it_held_back_is_forgotten_with_the_session(film, read, picture_number):
    decoder, deliveries = AdaptiveDecoder(), list(film.deliveries())
    read(decoder, deliveries[:25])
    again = [replace(one, epoch=one.epoch + 1) for one in deliveries[10:13]]
    read(decoder, again)
    past = decoder.climb(again[-1].packet.captured_at - timedelta(seconds=9))
    assert picture_number(past[0].frame) == 10


def test_counts_what_became_of_the_packets(coded_stream, read):
    film = coded_stream("h264", 40, gop=GOP)
    decoder, deliveries = AdaptiveDecoder(), list(film.deliveries())
    read(decoder, deliveries[:20])
    decoder.climb()
    read(decoder, deliveries[20:])
    assert decoder.health.pictures == 2 + GOP + 20
    assert not decoder.health.broken


def test_key_frames_that_cannot_be_decoded_are_broken_in_the_end(coded_stream, read):
    film = coded_stream("h264", 40, gop=GOP)
    decoder = AdaptiveDecoder()
    damaged = [
        replace(one, packet=replace(one.packet, data=b"\0\0\0\1\x65" + bytes(200)))
        for one in film.deliveries()
    ]
    assert read(decoder, damaged) == []
    assert decoder.health.broken
    assert decoder.health.damaged == 4


def test_a_stream_that_is_decoded_again_is_broken_no_longer(coded_stream, read):
    film = coded_stream("h264", 40, gop=GOP)
    decoder, deliveries = AdaptiveDecoder(), list(film.deliveries())
    for one in deliveries:
        spoilt = replace(one, packet=replace(one.packet, data=b"\0\0\0\1\x65" + bytes(200)))
        assert read(decoder, [spoilt]) == []
    assert decoder.health.broken
    decoder.climb()
    assert read(decoder, film.deliveries(later_s=2.0)) == list(range(40))
    assert not decoder.health.broken


def test_cameras_that_share_a_decoder_never_see_each_others_pictures(coded_stream, picture_number):
    keys = KeyPictures()
    ours = list(coded_stream("h264", 40, gop=GOP).deliveries())
    theirs = list(coded_stream("h264", 40, gop=GOP, first=500).deliveries())
    decoders = AdaptiveDecoder(), AdaptiveDecoder()
    shown = ([], [])
    for pair in zip(ours, theirs, strict=True):
        for decoder, one, seen in zip(decoders, pair, shown, strict=True):
            if decoder.note(one, 0.0):
                seen += [picture_number(p.frame) for p in decoder.decode(one, keys)]
    assert shown == ([0, 10, 20, 30], [500, 510, 520, 530])


def test_codec_without_a_decoder_is_said(coded_stream, keys):
    film = coded_stream("h264", 5)
    info = replace(film.info, codec="h299")
    decoder, first = AdaptiveDecoder(), Delivery(1, info, film.packets[0])
    assert decoder.note(first, 0.0)
    with pytest.raises(NotVideoError, match="h299"):
        decoder.decode(first, keys)


def test_learns_how_often_pictures_come(coded_stream, read):
    film = coded_stream("h264", 60, gop=GOP)
    decoder = AdaptiveDecoder()
    read(decoder, film.deliveries())
    assert decoder.cost.pictures_per_s == pytest.approx(25)
    assert decoder.cost.keys_per_s == pytest.approx(2.5)
