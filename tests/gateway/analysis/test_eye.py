"""One camera's eye on a real hub and pool: what it decodes, when it wakes, what it offers."""

import time
from dataclasses import replace

import pytest

from gateway.analysis import eye as eye_module
from gateway.analysis.decode_pool import DecodePool
from gateway.analysis.eye import CameraEye, Workshop
from gateway.analysis.looks import LookQueue
from gateway.hub import Hub
from gateway.session import SessionState
from vision.attention import Interest
from vision.camera_hint import LEAST_OCCASIONS
from vision.ensemble import DetectorSet
from vision.scheduler import FLOOR, Rung, Share
from vision.types import FrameSize

PATIENCE_S = 30.0
EVERYTHING = Share(Rung.FULL, 0.0, 0.04, 0.04)
GOP = 10


def wait_until(condition, timeout_s=PATIENCE_S):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def pool():
    pool = DecodePool(2)
    pool.start()
    yield pool
    pool.stop()


@pytest.fixture
def open_eye(detector, pool):
    """Return a maker of eyes, each on a hub; all are stopped at the end."""
    eyes = []

    def start(hub, looks=None, share=EVERYTHING, may_wake=lambda demand: True):
        shop = Workshop(looks or LookQueue(), pool, may_wake)
        eye = CameraEye(hub, shop, DetectorSet.combine([detector]), lambda look, detections: None)
        eye.share = share
        eyes.append(eye)
        eye.start()
        return eye

    yield start
    for eye in eyes:
        eye.stop()


class Kept(LookQueue):
    """Keeps every look offered, and lets none wait."""

    def __init__(self):
        super().__init__()
        self.all = []

    def put(self, look):
        self.all.append(look)


def test_offers_pictures_at_the_models_size(detector, coded_stream, open_eye):
    hub, looks = Hub("gate"), LookQueue()
    eye = open_eye(hub, looks)
    coded_stream(pictures=3).play(hub)
    look = looks.take(PATIENCE_S)
    assert (look.camera, look.picture.size) == ("gate", FrameSize(160, 96))
    size = detector.input_size
    assert look.prepared[0].pixels.shape == (size.height, size.width, 3)
    assert look.prepared[0].letterbox == detector.letterbox_for(FrameSize(160, 96))
    assert eye.fault is None


def test_a_quiet_camera_shows_its_key_frames_and_is_seldom_looked_at(coded_stream, open_eye):
    hub, looks = Hub("gate"), Kept()
    eye = open_eye(hub, looks, replace(FLOOR, key_every_s=0.0))
    stream = coded_stream("h264", 1)
    hub.start(stream.info)
    for number in range(20):
        (delivery,) = stream.deliveries(later_s=2.0 * number)
        hub.publish(delivery.packet)
        wait_until(lambda: len(looks.all) == number + 1)  # noqa: B023 called at once
    assert eye.rung is Rung.KEYS
    assert [look.prepared is not None for look in looks.all].count(True) == 2, "in 38 seconds"
    assert len(looks.all) == 20, "the rules are told of every other one that nothing stirs"


def test_a_camera_given_everything_is_decoded_from_its_next_key_frame(
    coded_stream, picture_number, open_eye
):
    hub, shown = Hub("gate"), []
    stream = coded_stream("h264", 40, gop=GOP)
    eye = open_eye(hub, Kept(), FLOOR, may_wake=lambda demand: False)
    eye.on_picture = lambda picture, _: shown.append(picture_number(picture.frame))
    hub.start(stream.info)
    for packet in stream.packets[:15]:
        hub.publish(packet)
    wait_until(lambda: shown)
    eye.share = EVERYTHING
    for packet in stream.packets[15:]:
        hub.publish(packet)
    wait_until(lambda: eye.latest and picture_number(eye.latest.frame) == 39)
    assert eye.rung is Rung.FULL
    eye.share = FLOOR
    stream.play(hub, later_s=10)
    wait_until(lambda: eye.rung is Rung.KEYS)


def test_a_camera_that_is_stirred_is_looked_at_from_before_that(
    coded_stream, picture_number, open_eye, pool
):
    hub, looks = Hub("gate"), Kept()
    stream = coded_stream("h264", 60, gop=20)
    eye = open_eye(hub, looks, FLOOR)
    hub.start(stream.info)
    for packet in stream.packets[:50]:
        hub.publish(packet)
    wait_until(lambda: looks.all)
    pool.quit(eye)
    eye.stir("the camera's own alarm")
    wait_until(lambda: eye.rung is Rung.FULL)
    assert eye.why == "the camera's own alarm"
    wait_until(lambda: picture_number(looks.all[-1].picture.frame) == 49)
    woken = [look for look in looks.all if look.prepared and look.past]
    numbers = [picture_number(look.picture.frame) for look in woken]
    assert numbers == sorted(set(numbers))
    assert len(numbers) >= 2
    assert numbers[-1] < 49


def test_nothing_from_before_the_view_turned_is_gone_back_to(
    coded_stream, picture_number, open_eye, pool
):
    hub, looks = Hub("gate"), Kept()
    stream = coded_stream("h264", 60, gop=20)
    eye = open_eye(hub, looks, FLOOR)
    hub.start(stream.info)
    for packet in stream.packets[:46]:
        hub.publish(packet)
    wait_until(lambda: looks.all)
    pool.quit(eye)
    eye.forget_view()
    for packet in stream.packets[46:60]:
        hub.publish(packet)
    eye.stir("the camera's own alarm")
    wait_until(lambda: eye.rung is Rung.FULL)
    wait_until(lambda: picture_number(looks.all[-1].picture.frame) == 59)
    numbers = [picture_number(look.picture.frame) for look in looks.all if look.past]
    assert numbers
    assert min(numbers) >= 46


def test_another_session_that_is_coded_otherwise_is_learnt_anew(coded_stream, open_eye):
    hub = Hub("gate")
    eye = open_eye(hub)
    stream = coded_stream(pictures=10)
    stream.play(hub)
    learnt = eye._hint
    stream.play(hub, later_s=1)
    assert eye._hint is learnt, "the same stream once more"
    hub.start(replace(stream.info, width=2 * stream.info.width))
    hub.publish(stream.packets[0])
    assert eye._hint is not learnt


def test_a_camera_tells_as_long_as_its_alarms_reach_us(open_eye):
    eye = open_eye(Hub("gate"))
    assert not eye.demand(0.0).tells
    eye.motion_alarm(active=False)
    assert eye.demand(0.0).tells
    eye.hears = lambda: False
    assert not eye.demand(0.0).tells


def test_alarms_that_were_nothing_wake_no_more(coded_stream, open_eye, monkeypatch):
    """A still picture, a camera that alarms again and again: it is believed for a while."""
    clock = [0.0]
    monkeypatch.setattr(eye_module, "monotonic_s", lambda: clock[0])
    hub, shown = Hub("gate"), []
    still = replace(FLOOR, key_every_s=0.0)
    eye = open_eye(hub, Kept(), still, may_wake=lambda demand: False)
    eye.on_picture = lambda picture, _: shown.append(picture)
    stream = coded_stream("h264", 1)
    hub.start(stream.info)
    assert eye.agreement is None
    woken = []
    for alarm in range(14):
        clock[0] = 100.0 * alarm
        assert eye.interest < Interest.STIRRED
        eye.motion_alarm(active=True)
        woken.append(eye.interest is Interest.STIRRED)
        for look in range(3):
            clock[0] += 1.0
            (delivery,) = stream.deliveries(later_s=clock[0])
            hub.publish(delivery.packet)
            wait_until(lambda: len(shown) == 3 * alarm + look + 1)  # noqa: B023 called at once
        eye.motion_alarm(active=False)
    believed = woken.count(True)
    assert LEAST_OCCASIONS <= believed < 12
    assert woken == [True] * believed + [False] * (14 - believed)
    assert (eye.agreement.wakes, eye.agreement.true_ratio) == (False, 0.0)


def test_no_picture_is_offered_twice_or_out_of_order(coded_stream, open_eye, picture_number):
    hub, looks = Hub("gate"), Kept()
    stream = coded_stream("h264", 100, gop=20)
    eye = open_eye(hub, looks, replace(EVERYTHING, rung=Rung.KEYS, key_every_s=0.0))
    hub.start(stream.info)
    for number, packet in enumerate(stream.packets):
        hub.publish(packet)
        if number == 50:
            wait_until(lambda: eye.latest)
            eye.stir("the camera's own alarm")
            wait_until(lambda: eye.rung is Rung.FULL)
    wait_until(lambda: eye.latest and picture_number(eye.latest.frame) == 99)
    times = [look.picture.captured_at for look in looks.all]
    assert times == sorted(set(times))


def test_an_eye_that_is_behind_goes_on_at_the_newest_key_frame(
    coded_stream, open_eye, picture_number, pool
):
    hub, shown = Hub("gate"), []
    stream = coded_stream("h264", 100, gop=20)
    eye = open_eye(hub, Kept())
    hub.start(stream.info)
    for packet in stream.packets[:21]:
        hub.publish(packet)
    wait_until(lambda: eye.latest and picture_number(eye.latest.frame) == 20)
    assert eye.rung is Rung.FULL
    pool.quit(eye)
    eye.on_picture = lambda picture, _: shown.append(picture_number(picture.frame))
    arrived, eye._shop.pool.ready = eye._shop.pool.ready, lambda turn: None
    for packet in stream.packets[21:]:
        hub.publish(packet)
    eye._shop.pool.ready = arrived
    pool.ready(eye)
    wait_until(lambda: picture_number(eye.latest.frame) == 99)
    assert min(shown) == 80
    demand = eye.demand(0.0)
    assert demand.keys_per_s == pytest.approx(25 / 20), "what was passed over has come all the same"
    assert demand.full_per_s == pytest.approx(25 * eye._decoder.cost.picture_s)


def test_a_camera_that_steps_down_offers_no_picture_from_before_it_climbed(coded_stream, open_eye):
    hub, looks, shown = Hub("gate"), Kept(), []
    keys_only = replace(EVERYTHING, rung=Rung.KEYS, key_every_s=0.0)
    eye = open_eye(hub, looks, keys_only)
    eye.on_picture = lambda picture, _: shown.append(picture.captured_at)
    still = coded_stream("h264", 1)
    hub.start(still.info)
    for number in range(9):
        eye.share = EVERYTHING if 2 <= number < 6 else keys_only
        (delivery,) = still.deliveries(later_s=number)
        hub.publish(delivery.packet)
        wait_until(lambda: len(shown) == number + 1)  # noqa: B023 called at once
        wait_until(lambda: eye.rung is eye.share.rung)
    wait_until(lambda: looks.all[-1].picture.captured_at == shown[-1])
    assert [look.picture.captured_at for look in looks.all] == shown


def test_what_comes_while_it_climbs_does_not_wait_for_more(coded_stream, open_eye, picture_number):
    hub, looks = Hub("gate"), Kept()
    stream = coded_stream("h264", 30, gop=GOP)
    eye = open_eye(hub, looks, FLOOR)
    climb = eye._decoder.climb

    def slow_climb(*args, **more):
        for packet in stream.packets[25:]:
            hub.publish(packet)
        return climb(*args, **more)

    eye._decoder.climb = slow_climb
    hub.start(stream.info)
    for packet in stream.packets[:25]:
        hub.publish(packet)
    wait_until(lambda: looks.all)
    eye.stir("the camera's own alarm")
    wait_until(lambda: picture_number(eye.latest.frame) == 29)


def test_one_that_is_stirred_climbs_with_its_past_whoever_comes_first(
    coded_stream, open_eye, picture_number, pool
):
    """The leave to decode everything and the next key frame lie ready at the same turn."""
    hub, looks = Hub("gate"), Kept()
    stream = coded_stream("h264", 60, gop=20)
    eye = open_eye(hub, looks, FLOOR, may_wake=lambda demand: False)
    hub.start(stream.info)
    hub.publish(stream.packets[0])
    wait_until(lambda: looks.all)
    pool.quit(eye)
    arrived, eye._shop.pool.ready = eye._shop.pool.ready, lambda turn: None
    eye.stir("the camera's own alarm")
    for packet in stream.packets[1:41]:
        hub.publish(packet)
    eye.share = EVERYTHING
    eye._shop.pool.ready = arrived
    pool.ready(eye)
    wait_until(lambda: eye.rung is Rung.FULL)
    wait_until(lambda: picture_number(looks.all[-1].picture.frame) == 40)
    past = [picture_number(look.picture.frame) for look in looks.all if look.past]
    assert past[0] == 20
    assert past == sorted(set(past))
    assert len(past) >= 2


def test_without_leave_a_stirred_camera_is_followed_by_its_key_frames(
    coded_stream, open_eye, picture_number
):
    hub, looks = Hub("gate"), Kept()
    stream = coded_stream("h264", 60, gop=GOP)
    eye = open_eye(hub, looks, FLOOR, may_wake=lambda demand: False)
    hub.start(stream.info)
    for packet in stream.packets[:35]:
        hub.publish(packet)
    wait_until(lambda: looks.all)
    eye.stir("the camera's own alarm")
    wait_until(lambda: eye.share.key_every_s == 0.0)
    for packets, seen in ((stream.packets[35:45], 4), (stream.packets[45:55], 5)):
        for packet in packets:
            hub.publish(packet)
        wait_until(lambda: len(looks.all) == seen)  # noqa: B023 called at once
    assert eye.rung is Rung.KEYS
    assert [picture_number(look.picture.frame) for look in looks.all] == [0, 20, 30, 40, 50]
    assert [look.past for look in looks.all] == [False, True, True, False, False]
    assert all(look.prepared for look in looks.all)


def test_what_a_waiting_camera_is_given_begins_at_once(coded_stream, open_eye):
    """No packet comes between the leave to decode everything and the climb."""
    hub, looks = Hub("gate"), Kept()
    stream = coded_stream("h264", 35, gop=GOP)
    eye = open_eye(hub, looks, FLOOR, may_wake=lambda demand: False)
    hub.start(stream.info)
    for packet in stream.packets:
        hub.publish(packet)
    wait_until(lambda: looks.all)
    eye.motion_alarm(active=True)
    wait_until(lambda: eye.share.key_every_s == 0.0)
    assert (eye.rung, eye.interest) == (Rung.KEYS, Interest.STIRRED)
    eye.give(EVERYTHING)
    wait_until(lambda: eye.rung is Rung.FULL)


def test_the_first_picture_that_can_decide_is_looked_at_out_of_turn(
    coded_stream, picture_number, open_eye
):
    """A look in ten seconds is due; what is pending is decided after one."""
    hub, looks = Hub("gate"), Kept()
    eye = open_eye(hub, looks, replace(EVERYTHING, look_every_s=10.0, idle_look_every_s=10.0))
    stream = coded_stream("h264", 35, gop=GOP)
    hub.start(stream.info)
    for packet in stream.packets[:5]:
        hub.publish(packet)
    wait_until(lambda: looks.all)
    first = picture_number(looks.all[0].picture.frame)
    decides_at = stream.packets[25].captured_at
    eye.found(moving=False, resting=False, known=False, decides_at=decides_at)
    for packet in stream.packets[5:]:
        hub.publish(packet)
    wait_until(lambda: picture_number(eye.latest.frame) == 34)
    looked = [picture_number(look.picture.frame) for look in looks.all if look.prepared]
    assert looked == [first, 25]


def test_goes_on_over_another_session_of_another_codec(coded_stream, picture_number, open_eye):
    hub = Hub("gate")
    eye = open_eye(hub)
    coded_stream(pictures=10).play(hub)
    coded_stream("hevc", pictures=10, first=100).play(hub, later_s=1)
    wait_until(lambda: eye.latest and picture_number(eye.latest.frame) >= 107)


@pytest.mark.parametrize("share", [EVERYTHING, FLOOR], ids=["everything", "floor"])
def test_undecodable_pictures_are_a_fault_until_they_can_be_decoded(coded_stream, open_eye, share):
    hub = Hub("gate")
    eye = open_eye(hub, share=replace(share, key_every_s=0.0))
    stream = coded_stream(pictures=30, gop=5)
    hub.start(stream.info)
    for delivery in stream.deliveries():
        hub.publish(replace(delivery.packet, data=b"\0\0\0\1\x65" + bytes(200)))
    wait_until(lambda: eye.fault)
    assert (eye.fault.state, eye.fault.code) == (SessionState.NOT_VIDEO, "undecodable")
    stream.play(hub, later_s=2)
    wait_until(lambda: eye.latest and eye.fault is None)


def test_codec_without_a_decoder_is_a_fault(coded_stream, open_eye):
    hub = Hub("gate")
    eye = open_eye(hub)
    stream = coded_stream(pictures=5)
    replace(stream, info=replace(stream.info, codec="h299")).play(hub)
    wait_until(lambda: eye.fault)
    assert (eye.fault.state, eye.fault.code) == (SessionState.NOT_VIDEO, "not_video")
    assert "h299" in eye.fault.detail


def test_surprise_with_one_picture_does_not_end_the_eye(coded_stream, open_eye):
    class Trapped(LookQueue):
        """Fails once, as a part that was never seen to fail might."""

        def put(self, look):
            if not hasattr(self, "failed"):
                self.failed = True
                raise MemoryError("no room for a picture")
            super().put(look)

    hub, looks = Hub("gate"), Trapped()
    eye = open_eye(hub, looks)
    coded_stream(pictures=10).play(hub)
    assert looks.take(PATIENCE_S).camera == "gate"
    wait_until(lambda: eye.fault is None)


def test_stops_with_its_hub_closed_first(coded_stream, open_eye):
    hub = Hub("gate")
    eye = open_eye(hub)
    coded_stream(pictures=3).play(hub)
    hub.close()
    eye.stop()
    assert not hub.readers


def test_packets_between_key_frames_far_apart_are_not_lost(coded_stream, open_eye):
    hub, lost = Hub("gate"), []
    hub.on_drop = lambda name, count: lost.append(count)
    stream = coded_stream("h264", 700, gop=600)
    eye = open_eye(hub, Kept(), FLOOR, may_wake=lambda demand: False)
    hub.start(stream.info)
    for number, packet in enumerate(stream.packets[:590]):
        hub.publish(packet)
        if number % 100 == 99:  # the pool gets its turn, as it does in four seconds of a camera
            wait_until(lambda: eye._reader.waiting < 130)
    assert not lost
    eye.stir("the camera's own alarm")
    assert eye._decoder.newest_at is not None


def test_who_stirs_in_a_gop_that_is_too_long_wakes_at_its_end(coded_stream, open_eye, monkeypatch):
    monkeypatch.setattr(eye_module.Attention, "interest", lambda self, at_s: told[0])
    told = [Interest.QUIET]
    hub, looks = Hub("gate"), Kept()
    stream = coded_stream("h264", 200, gop=150)
    eye = open_eye(hub, looks, FLOOR)
    hub.start(stream.info)
    hub.publish(stream.packets[0])
    wait_until(lambda: eye.latest)
    eye._decoder.cost.picture_s = 0.01
    for packet in stream.packets[1:140]:
        hub.publish(packet)
    told[0] = Interest.STIRRED
    eye.stir("the camera's own alarm")
    wait_until(lambda: eye._owes_waking)
    told[0] = Interest.QUIET
    for packet in stream.packets[140:151]:
        hub.publish(packet)
    wait_until(lambda: eye.rung is Rung.FULL)
    wait_until(lambda: any(look.prepared for look in looks.all[1:]))
