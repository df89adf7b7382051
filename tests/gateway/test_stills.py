"""Pictures for people who ask: as new as the packets, whatever the analysis decodes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.decode import KeyPictures
from gateway.hub import Hub
from gateway.kept_gop import GopLimits
from gateway.quarantine import Quarantine
from gateway.stills import KEPT, Stills


@pytest.fixture
def stills(tmp_path):
    quarantine = Quarantine(tmp_path, "worker", datetime.now(UTC))
    yield Stills(quarantine)
    quarantine.close()


def first_key(stream):
    picture, _ = KeyPictures().decode(stream.info, stream.packets[0])
    return picture


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_what_came_since_the_key_frame_is_shown(stills, coded_stream, picture_number, codec):
    hub, stream = Hub("gate"), coded_stream(codec, 90, gop=90)
    seen, shown = first_key(stream), []
    hub.start(stream.info)
    for number, packet in enumerate(stream.packets):
        hub.publish(packet)
        if number % 30 == 29:
            shown.append(picture_number(stills.newest(hub, seen).frame))
    assert shown == [29, 59, 89]


def test_a_picture_younger_than_a_second_is_not_decoded_anew(stills, coded_stream):
    hub, stream = Hub("gate"), coded_stream("h264", 25, gop=25)
    seen = first_key(stream)
    stream.play(hub)
    assert stills.newest(hub, seen) is seen


def test_nothing_was_analysed_yet(stills, coded_stream, picture_number):
    hub = Hub("gate")
    assert stills.newest(hub, None) is None
    coded_stream("h264", 10).play(hub)
    assert picture_number(stills.newest(hub, None).frame) == 9


def test_after_a_new_session_the_new_one_is_shown(stills, coded_stream, picture_number):
    hub = Hub("gate")
    coded_stream("h264", 30).play(hub)
    stills.newest(hub, None)
    coded_stream("hevc", 30, gop=30, first=200).play(hub, later_s=60)
    assert picture_number(stills.newest(hub, None).frame) == 229


def test_a_damaged_gop_leaves_what_was_seen(stills, coded_stream):
    hub, stream = Hub("gate"), coded_stream("h264", 60, gop=60)
    seen = first_key(stream)
    hub.start(stream.info)
    for packet in stream.packets:
        hub.publish(replace(packet, data=b"\0\0\0\1\x65" + bytes(200)))
    assert stills.newest(hub, seen) is seen


def test_without_a_decoder_what_was_seen_remains(stills, coded_stream):
    hub, stream = Hub("gate"), coded_stream("h264", 5)
    replace(stream, info=replace(stream.info, codec="h299")).play(hub)
    assert stills.newest(hub, None) is None


def test_a_gop_too_long_to_keep_leaves_what_was_seen(stills, coded_stream):
    hub, stream = Hub("gate", GopLimits(packets=20)), coded_stream("h264", 60, gop=60)
    seen = first_key(stream)
    stream.play(hub)
    assert stills.newest(hub, seen) is seen


def test_more_cameras_than_decoders_are_kept_for(stills, coded_stream, picture_number):
    stream = coded_stream("h264", 10)
    hubs = [Hub(f"camera-{number}") for number in range(KEPT + 2)]
    for hub in hubs:
        stream.play(hub)
    for hub in (*hubs, *hubs):
        assert picture_number(stills.newest(hub, None).frame) == 9
