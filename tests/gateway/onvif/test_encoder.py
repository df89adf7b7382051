"""Encoders of a device that answers both media services: read, tuned, set back."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.errors import OnvifError
from gateway.onvif import encoder as encoder_module
from gateway.onvif.client import OnvifClient
from gateway.onvif.encoder import Change, Encoder
from gateway.onvif.encoding import Encoding, RateMode, Size, Tuning
from gateway.onvif.stream_choice import streams
from gateway.sources import Credentials

Start = Callable[..., Any]
SMALL = Size(640, 360)
FIRST_ONLY = {"media2"}
"""What a device lacks that has the first media service alone."""
BROKEN = (200, "<s:Envelope><unclosed")


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_module, "READ_BACK_PAUSE_S", 0.0)


@pytest.fixture
def sub(onvif_server: Any) -> Callable[..., dict[str, Any]]:
    """Return a maker of two encoders, the second that of a sub stream of 1280x720."""

    def make(**fields: object) -> dict[str, Any]:
        codec = str(fields.get("codec", "H264"))
        main = onvif_server.Encoder(2560, 1440, kbps=4096, codec=codec)
        return {"e1": main, "e2": onvif_server.Encoder(1280, 720, 12.5, **fields)}

    return make


def encoder_of(device: Any, profile: int = -1) -> Encoder:
    client = OnvifClient(device.address, Credentials("admin", "right"))
    client.connect()
    return Encoder(client, client.profiles()[profile])


@pytest.mark.parametrize("codec", ["H264", "H265"])
def test_tuned_and_set_back_by_the_second_service(
    onvif_device: Start, sub: Start, codec: str
) -> None:
    device = onvif_device(encoders=sub(codec=codec, constant=True))
    encoder = encoder_of(device)
    change = encoder.tune(encoder.nearest(Tuning()))
    before = Encoding(12.5, 50, 2048, Size(1280, 720), RateMode.CBR, 4, codec.lower())
    after = Encoding(6, 12, 160, SMALL, RateMode.VBR, 4, codec.lower())
    assert change == Change(before, after)
    assert (change.saved_kbps, change.saved_ratio) == (1888, 0.88)
    assert device.encoders["e1"].kbps == 4096, "the main stream is none of its business"
    assert encoder.restore(before) == Change(after, before)
    assert encoder.state() == before


def test_tuned_and_set_back_by_the_first_service(onvif_device: Start, sub: Start) -> None:
    device = onvif_device(encoders=sub(), lacks=FIRST_ONLY)
    device.encoders["e2"].fps = 12
    encoder = encoder_of(device)
    wish = Tuning(fps=5, key_s=1, bit_rate_kbps=64, quality=2, mode=RateMode.CBR)
    change = encoder.tune(encoder.nearest(wish))
    before = Encoding(12, 50, 2048, Size(1280, 720), None, 4, "h264")
    assert change.before == before
    assert change.after == Encoding(6, 10, 128, SMALL, None, 2, "h264"), "the nearest it can do"
    encoder.restore(before)
    assert encoder.state() == before


@pytest.mark.parametrize(
    "lack",
    [
        {"lacks": {"Media2"}},
        {"lacks": {"GetVideoEncoderConfigurations"}},
        {"instead": {"GetVideoEncoderConfigurations": BROKEN}},
    ],
    ids=str,
)
def test_where_the_second_service_is_no_good_the_first_is_asked(
    onvif_device: Start, sub: Start, lack: dict[str, Any]
) -> None:
    encoder = encoder_of(onvif_device(encoders=sub(), **lack))
    assert encoder.tune(encoder.nearest(Tuning())).after.size == SMALL


@pytest.mark.parametrize("lacks", [set(), FIRST_ONLY], ids=["second", "first"])
class TestACameraOfItsOwnMind:
    def test_says_yes_and_keeps_the_old(
        self, onvif_device: Start, sub: Start, lacks: set[str]
    ) -> None:
        device = onvif_device(encoders=sub(), keeps_encoding=True, lacks=lacks)
        encoder = encoder_of(device)
        with pytest.raises(OnvifError, match="kept the old"):
            encoder.tune(encoder.nearest(Tuning()))

    def test_rounds_and_is_told_as_it_is(
        self, onvif_device: Start, sub: Start, lacks: set[str]
    ) -> None:
        encoder = encoder_of(onvif_device(encoders=sub(alters={"kbps": 256}), lacks=lacks))
        assert encoder.tune(encoder.nearest(Tuning())).after.bit_rate_kbps == 256

    def test_makes_it_dearer_and_is_set_back(
        self, onvif_device: Start, sub: Start, lacks: set[str]
    ) -> None:
        device = onvif_device(encoders=sub(alters={"kbps": 8000}), lacks=lacks)
        encoder = encoder_of(device)
        with pytest.raises(OnvifError, match="it was set back"):
            encoder.tune(encoder.nearest(Tuning()))
        assert device.encoders["e2"].width == 1280

    def test_sets_back_in_part_and_is_told_of(
        self, onvif_device: Start, sub: Start, lacks: set[str]
    ) -> None:
        device = onvif_device(encoders=sub(), lacks=lacks)
        encoder = encoder_of(device)
        before = encoder.tune(encoder.nearest(Tuning())).before
        device.encoders["e2"].alters = {"gop": 40}
        with pytest.raises(OnvifError, match=r"key 50.*made.*key 40"):
            encoder.restore(before)

    def test_refuses_after_taking_a_part(
        self, onvif_device: Start, sub: Start, lacks: set[str]
    ) -> None:
        device = onvif_device(encoders=sub(), lacks=lacks)
        encoder = encoder_of(device)
        planned = encoder.nearest(Tuning())
        odd = Change(planned.before, Encoding(6, 12, 160, Size(500, 280), None, 4, "h264"))
        with pytest.raises(OnvifError, match="500x280 is not offered"):
            encoder.tune(odd)
        assert encoder.state() == planned.before


def test_nothing_is_written_where_nothing_is_to_be_saved(onvif_device: Start, sub: Start) -> None:
    device = onvif_device(encoders=sub())
    small = device.encoders["e2"]
    small.set(width=640, height=360, fps=6, gop=12, kbps=160)
    encoder = encoder_of(device)
    change = encoder.tune(encoder.nearest(Tuning()))
    assert (change.saved_kbps, change.saved_ratio) == (0, 0)
    assert "SetVideoEncoderConfiguration" not in device.asked


@pytest.mark.parametrize("lacks", [set(), FIRST_ONLY], ids=["second", "first"])
def test_a_camera_that_does_not_tell_what_it_offers_keeps_its_size(
    onvif_device: Start, sub: Start, lacks: set[str]
) -> None:
    silent = lacks | {"GetVideoEncoderConfigurationOptions"}
    encoder = encoder_of(onvif_device(encoders=sub(), lacks=silent))
    after = encoder.tune(encoder.nearest(Tuning())).after
    assert (after.fps, after.bit_rate_kbps, after.size) == (6, 160, Size(1280, 720))


class TestWhichStream:
    @pytest.mark.parametrize(
        ("main", "analysed", "token", "is_main"),
        [
            ("main", "sub", "sub", False),
            ("main", "main", "main", True),
            ("main", "gone", "sub", False),
            ("gone", "gone", "main", True),
            ("sub", "main", "main", False),
        ],
    )
    def test_by_the_uris_it_is_kept_with(
        self, onvif_device: Start, sub: Start, main: str, analysed: str, token: str, is_main: bool
    ) -> None:
        client = OnvifClient(onvif_device(encoders=sub()).address, Credentials("admin", "right"))
        client.connect()
        uri = "rtsp://127.0.0.1:554/{}".format
        found = streams(client, uri(main), uri(analysed))
        assert (found.analysed.token, found.is_main) == (token, is_main)
