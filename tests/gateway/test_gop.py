from dataclasses import replace

import pytest

from gateway.gop import GopMeter


@pytest.mark.parametrize("gop", [10, 25])
def test_the_interval_is_known_from_the_second_key_frame_on(coded_stream, gop):
    meter = GopMeter()
    for number, packet in enumerate(coded_stream("h264", 60, gop=gop).packets):
        meter.see(packet)
        expected = None if number < gop else pytest.approx(gop / 25)
        assert meter.seconds == expected


def test_an_interval_that_grows_counts_while_it_grows(coded_stream):
    first, *others = coded_stream("h264", 60, gop=10).packets
    meter = GopMeter()
    for packet in (first, *others[:10]):
        meter.see(packet)
    for packet in others[10:]:
        meter.see(replace(packet, is_key=False))
    assert meter.seconds == pytest.approx(49 / 25)
