"""A camera under control: a device that turns, tells events and forgets who listens."""

import asyncio
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, get_args

import pytest

from gateway import camera_drive, camera_events, camera_motion
from gateway.camera_commands import (
    STATES,
    ClockState,
    Command,
    GoToPreset,
    KeepPreset,
    Move,
    PtzState,
    Reboot,
    SetClock,
    SetImaging,
    SetTour,
    Stop,
    TurnTo,
)
from gateway.camera_control import COMMANDS, READERS, CameraControl, is_controllable
from gateway.camera_tour import Tour, TourStop
from gateway.control_pool import THREADS, ControlPool
from gateway.errors import NotFoundError, OnvifError, UnreachableError
from gateway.onvif.alarms import AlarmType, CameraAlarm
from gateway.onvif.ptz import Motion
from gateway.sources import Credentials
from gateway.store import Store
from gateway.store.inventory import Camera

Start = Callable[..., Any]
RIGHT = Credentials("admin", "right")
LEFT = Motion(pan=-0.5)
WAIT_S = 60.0


class Watched:
    """A control at work, and what it told."""

    def __init__(self, device: Any, store: Store, pool: ControlPool) -> None:
        self.alarms: queue.Queue[CameraAlarm] = queue.Queue()
        self.moving: queue.Queue[bool] = queue.Queue()
        camera = Camera("dome", "dome", address=f"onvif://{device.address}")
        if not store.inventory.cameras():
            store.inventory.add(camera)
        self.control = CameraControl(
            camera, RIGHT, pool, store.camera_controls, self.alarms.put, self.moving.put
        )

    def do(self, command: Command) -> None:
        asyncio.run(self.control.do(command))

    def read(self, state: str) -> Any:
        return asyncio.run(self.control.read(state))

    def alarm(self) -> CameraAlarm:
        return self.alarms.get(timeout=WAIT_S)


@pytest.fixture
def pool() -> Iterator[ControlPool]:
    pool = ControlPool()
    pool.start()
    yield pool
    pool.stop()
    assert not [one.name for one in threading.enumerate() if one.name == "onvif-events"]


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten what people and drives need; the order of things stays."""
    monkeypatch.setattr(camera_motion, "SETTLE_S", 0.1)
    monkeypatch.setattr(camera_drive, "HOLD_S", 0.4)
    monkeypatch.setattr(camera_drive, "LOOK_S", 0.05)
    monkeypatch.setattr(camera_events, "FIRST_WAIT_S", 0.1)


@pytest.fixture
def watched(store: Store, pool: ControlPool) -> Iterator[Callable[[Any], Watched]]:
    """Return a starter of controls for a device."""
    running: list[CameraControl] = []

    def start(device: Any) -> Watched:
        found = Watched(device, store, pool)
        running.append(found.control)
        found.control.start()
        return found

    yield start
    for control in running:
        control.stop()


class TestMoves:
    def test_a_move_ends_when_nobody_holds_it_any_more(
        self, onvif_device: Start, watched: Start
    ) -> None:
        device = onvif_device()
        one = watched(device)
        one.do(Move(LEFT))
        device.wait_until(lambda: device.motions == ["move -0.5 0.0 0.0", "stop"])
        assert [one.moving.get(timeout=WAIT_S) for _ in range(2)] == [True, False]
        assert not one.control.is_moving

    def test_a_held_button_is_one_move(self, onvif_device: Start, watched: Start) -> None:
        device = onvif_device()
        one = watched(device)
        for _ in range(10):
            one.do(Move(LEFT))
        one.do(Stop())
        assert device.motions == ["move -0.5 0.0 0.0", "stop"]

    def test_a_camera_slower_than_the_renewal_gets_a_move_once(
        self, onvif_device: Start, watched: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(camera_drive, "RESEND_S", 0.0)
        device = onvif_device()
        watched(device).do(Move(LEFT))
        device.wait_until(lambda: device.motions == ["move -0.5 0.0 0.0", "stop"])

    def test_a_stick_turned_fast_builds_no_queue(self, onvif_device: Start, watched: Start) -> None:
        device = onvif_device()
        one = watched(device)

        async def turn() -> None:
            speeds = [Motion(pan=step / 100) for step in range(1, 100)]
            await asyncio.gather(*(one.control.do(Move(speed)) for speed in speeds))

        asyncio.run(turn())
        device.wait_until(lambda: device.motions[-1] == "stop")
        assert "move 0.99 0.0 0.0" in device.motions
        assert len(device.motions) < 10

    def test_a_button_let_go_stops_at_once(self, onvif_device: Start, watched: Start) -> None:
        device = onvif_device()
        one = watched(device)
        one.do(Move(LEFT))
        one.do(Stop())
        assert device.motions[-1] == "stop"
        assert one.moving.get(timeout=WAIT_S)
        assert not one.moving.get(timeout=WAIT_S)
        one.do(Move(LEFT))
        assert one.control.is_moving

    def test_what_goes_on_is_stopped_with_us(self, onvif_device: Start, watched: Start) -> None:
        device = onvif_device()
        one = watched(device)
        one.do(Move(LEFT))
        one.control.stop()
        assert device.motions[-1] == "stop"

    def test_a_camera_that_lets_us_in_no_more_does_not_keep_us(
        self, onvif_device: Start, watched: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(camera_drive, "HOLD_S", 60.0)
        device = onvif_device()
        one = watched(device)
        one.do(Move(LEFT))
        device.password = "other"
        one.control.stop()
        assert "stop" not in device.motions

    def test_a_way_is_over_when_the_camera_says_so(
        self, onvif_device: Start, watched: Start
    ) -> None:
        device = onvif_device()
        one = watched(device)
        one.do(TurnTo(Motion(1, -1)))
        device.wait_until(lambda: device.asked.count("GetStatus") >= 2)
        assert one.control.is_moving
        device.moving = False
        assert one.moving.get(timeout=WAIT_S)
        assert not one.moving.get(timeout=WAIT_S)

    def test_a_camera_that_tells_no_movement_is_given_time(
        self, onvif_device: Start, watched: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(camera_drive, "BLIND_TRAVEL_S", 0.2)
        one = watched(onvif_device(lacks={"GetStatus"}))
        one.do(GoToPreset("p1"))
        assert one.control.is_moving
        assert one.moving.get(timeout=WAIT_S)
        assert not one.moving.get(timeout=WAIT_S)

    def test_a_refused_way_moves_nothing(self, onvif_device: Start, watched: Start) -> None:
        one = watched(onvif_device())
        with pytest.raises(OnvifError, match="there is no preset p9"):
            one.do(GoToPreset("p9"))
        assert one.moving.get(timeout=WAIT_S)
        assert not one.moving.get(timeout=WAIT_S)


class TestTour:
    @pytest.fixture(autouse=True)
    def quick_tours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway.camera_tour.MIN_DWELL_S", 0.1)

    def test_runs_pauses_for_a_person_and_survives_a_restart(
        self, onvif_device: Start, watched: Start
    ) -> None:
        device = onvif_device()
        one = watched(device)
        tour = Tour((TourStop("p1", 0.3), TourStop("p2", 0.3)), resume_s=1.0)
        one.do(SetTour(tour))
        device.wait_until(lambda: device.motions[-2:] == ["preset p2", "preset p1"])
        one.do(Move(LEFT))
        device.wait_until(lambda: device.motions[-1] == "stop")
        device.wait_until(lambda: device.motions[-1].startswith("preset"))
        assert one.read("ptz").tour == tour
        one.control.stop()
        device.motions.clear()
        watched(device)
        device.wait_until(lambda: device.motions[:2] == ["preset p1", "preset p2"])

    def test_a_view_that_is_gone_is_left_out(
        self, onvif_device: Start, watched: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(camera_drive, "TOUR_RETRY_S", 0.1)
        device = onvif_device()
        watched(device).do(SetTour(Tour((TourStop("p9", 0.1), TourStop("p2", 0.1)))))
        device.wait_until(lambda: device.motions[:2] == ["preset p2", "preset p2"])

    def test_ends(self, onvif_device: Start, watched: Start) -> None:
        device = onvif_device()
        one = watched(device)
        one.do(SetTour(Tour((TourStop("p1", 0.1),))))
        device.wait_until(lambda: "preset p1" in device.motions)
        one.do(SetTour(Tour()))
        assert not one.read("ptz").tour.runs


class TestEvents:
    def test_motion_begins_and_ends(
        self, onvif_device: Start, onvif_server: Any, watched: Start
    ) -> None:
        device = onvif_device()
        one = watched(device)
        device.tell(onvif_server.notification())
        began = one.alarm()
        assert (began.type, began.active, began.source) == (AlarmType.MOTION, True, "source-1")
        still = '<tt:SimpleItem Name="IsMotion" Value="false"/>'
        device.tell(onvif_server.notification(data=still))
        assert not one.alarm().active

    @pytest.mark.parametrize("auth", ["wsse", "digest"])
    def test_a_camera_that_forgets_us_is_asked_anew(
        self, onvif_device: Start, onvif_server: Any, watched: Start, auth: str
    ) -> None:
        device = onvif_device(auth=auth)
        one = watched(device)
        for number in range(2):
            device.wait_until(lambda: bool(device.subscriptions))
            device.tell(onvif_server.notification(source=str(number)))
            assert one.alarm().source == str(number)
            device.drop_subscriptions()
        assert device.asked.count("CreatePullPointSubscription") >= 2
        assert "Renew" not in device.asked

    def test_a_subscription_near_its_end_is_replaced(
        self, onvif_device: Start, onvif_server: Any, watched: Start
    ) -> None:
        device = onvif_device(lifetime_s=20.0)
        watched(device)
        for _ in range(2):
            device.wait_until(lambda: bool(device.subscriptions))
            known = set(device.subscriptions)
            device.tell(onvif_server.notification())
            device.wait_until(lambda known=known: bool(set(device.subscriptions) - known))
        assert device.asked.count("Unsubscribe") >= 2
        assert len(device.subscriptions) == 1

    def test_listening_ends_with_us(
        self, onvif_device: Start, onvif_server: Any, watched: Start
    ) -> None:
        device = onvif_device()
        one = watched(device)
        device.tell(onvif_server.notification())
        one.alarm()
        device.wait_until(lambda: bool(device.subscriptions))
        one.control.stop()
        device.wait_until(lambda: not device.subscriptions)
        assert not one.alarm().active

    @pytest.mark.parametrize("broken", [(200, "<s:Envelope><un"), (500, "busy"), (200, "")])
    def test_malformed_polls_do_not_cost_the_camera(
        self, onvif_device: Start, watched: Start, broken: tuple[int, str]
    ) -> None:
        device = onvif_device(instead={"PullMessages": broken})
        one = watched(device)
        device.wait_until(lambda: device.asked.count("CreatePullPointSubscription") >= 2)
        assert "PullMessages" in one.control.events_fault
        assert one.read("ptz").presets

    def test_a_camera_without_events(self, onvif_device: Start, watched: Start) -> None:
        device = onvif_device(lacks={"Events"})
        one = watched(device)
        device.wait_until(lambda: "GetServices" in device.asked)
        assert one.read("features").features[-1].outcome == "absent"
        assert "CreatePullPointSubscription" not in device.asked


class TestSettings:
    def test_states_and_commands(self, onvif_device: Start, watched: Start) -> None:
        device = onvif_device()
        one = watched(device)
        one.do(KeepPreset("river"))
        state: PtzState = one.read("ptz")
        assert [preset.name for preset in state.presets] == ["gate", "road", "river"]
        one.do(SetImaging({"brightness": 60.0}, "ON"))
        assert one.read("imaging").ir_cut == "ON"
        one.do(Reboot())
        assert device.motions[-1] == "reboot"

    def test_a_clock_set_meanwhile_does_not_lock_us_out(
        self, onvif_device: Start, watched: Start
    ) -> None:
        device = onvif_device()
        one = watched(device)
        one.read("ptz")
        device.clock_off = timedelta(hours=2)
        clock: ClockState = one.read("clock")
        assert clock.skew_s == pytest.approx(7200, abs=5)
        assert one.read("ptz").presets
        one.do(SetClock())
        assert one.read("clock").skew_s == pytest.approx(0, abs=5)

    def test_a_camera_that_is_gone(self, onvif_device: Start, watched: Start) -> None:
        device = onvif_device()
        device.address = "127.0.0.1:1"
        with pytest.raises(UnreachableError):
            watched(device).read("ptz")

    def test_a_state_that_there_is_not(self, onvif_device: Start, watched: Start) -> None:
        with pytest.raises(NotFoundError, match="no state 'mood'"):
            watched(onvif_device()).read("mood")


def test_many_cameras_share_a_few_threads(
    onvif_device: Start, onvif_server: Any, store: Store, pool: ControlPool
) -> None:
    """Hundreds of devices would be too many here; what matters is that threads do not grow."""
    device = onvif_device()
    cameras = [Watched(device, store, pool) for _ in range(40)]
    for one in cameras:
        one.control.start()
    device.wait_until(lambda: len(device.subscriptions) == 40, 60)
    names = [one.name for one in threading.enumerate()]
    assert sum(name.startswith("onvif-") for name in names) <= 2 * THREADS + 1
    for one in cameras:
        one.control.stop()
    device.wait_until(lambda: not device.subscriptions, 60)


def test_a_dead_camera_does_not_hold_up_a_live_one(
    onvif_device: Start, store: Store, pool: ControlPool
) -> None:
    live = onvif_device()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as mute:
        dead = onvif_device()
        dead.address = f"127.0.0.1:{mute.getsockname()[1]}"
        controls = [Watched(dead, store, pool).control for _ in range(3 * THREADS)]
        for control in controls:
            control.start()
        started = time.monotonic()
        assert Watched(live, store, pool).read("ptz").presets
        assert time.monotonic() - started < 4.0
        for control in controls:
            control.stop()


@pytest.mark.parametrize(
    ("address", "expected"),
    [("onvif://a:80", True), ("onvifs://a", True), ("rtsp://a/b", False), ("192.168.1.2", False)],
)
def test_which_cameras_can_be_controlled(address: str, expected: bool) -> None:
    assert is_controllable(Camera("a", "a", address=address)) is expected


def test_every_command_has_a_hand_and_every_state_a_reader() -> None:
    union = get_args(get_args(Command)[0])
    assert set(COMMANDS) == set(union)
    assert set(READERS) == set(STATES.values())
