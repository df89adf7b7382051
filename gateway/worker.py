"""A worker: owns its share of the cameras from socket to incident.

What one camera needs is in `CameraUnit`; what they share, and who starts and stops them, is here.
"""

import asyncio
import threading
import zlib
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import cv2
import structlog

from gateway.camera_commands import Command, ControlState
from gateway.camera_control import CameraControl
from gateway.camera_health import HealthRound
from gateway.camera_unit import Bench, CameraUnit
from gateway.clock import ClockWatch, monotonic_s, to_iso, utc_now
from gateway.decode import Picture
from gateway.detector_setup import open_water_network
from gateway.errors import ConfigError, GatewayError, NoPictureError, NotFoundError
from gateway.live import LiveViewers
from gateway.overload import Overload
from gateway.recording.recorders import Recorders
from gateway.session import SessionState
from gateway.stills import Stills
from gateway.store.camera_states import CameraState
from gateway.store.inventory import Camera
from gateway.store.loads import WorkerLoad
from gateway.talk import Talks
from gateway.water.camera_water import CameraWater, facts_of
from gateway.water.night_school import NightSchool
from gateway.water.round import WaterRound
from gateway.water.teacher import Teacher
from gateway.whep import IceFragment, StreamChoice
from gateway.worker_api import LiveAnswer, Snapshot, WorkerStatus
from gateway.worker_talk_api import TalkAnswer, TalkState
from gateway.worker_water_api import LookFacts, ReferenceFacts, Teaching
from vision.types import FrameSize

REPORT_S = 4.0
"""How often the states of the cameras are written down when nothing changes."""
GATHER_S = 0.1
"""Changes of state that come this close together are written down together."""
JOIN_S = 1.0
"""How long the stop waits for a report that the database holds up."""
SNAPSHOT_QUALITY = 80

log = structlog.get_logger()


class Shard:
    """Which cameras a worker owns: `number` of `count`, by a checksum of the camera's id."""

    def __init__(self, text: str) -> None:
        """Parse "0/2". Raises ConfigError."""
        number, slash, count = text.partition("/")
        if not (slash and number.isdecimal() and count.isdecimal() and int(number) < int(count)):
            raise ConfigError(f"shard {text!r} is not NUMBER/COUNT, such as 0/2")
        self.number, self.count = int(number), int(count)

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def owns(self, camera_id: str) -> bool:
        """Say whether the camera is ours."""
        return zlib.crc32(camera_id.encode()) % self.count == self.number


class Worker:
    """The cameras of one shard at work, from `start` to `stop`. It is the control of its own port.

    Methods that are coroutines belong to the event loop of that port.
    """

    def __init__(self, bench: Bench, shard: Shard) -> None:
        self._bench = bench
        self._shard = shard
        settings = bench.settings
        self._viewers = LiveViewers(settings.live)
        self._stills = Stills(bench.quarantine)
        self._talks = Talks(settings.talk, settings.live)
        self._recorders = Recorders(bench.store, settings.data_dir, settings.recording)
        self._units: dict[str, CameraUnit] = {}
        self._refused: dict[str, CameraState] = {}
        self._changing = threading.Lock()
        self._report_due = threading.Event()
        self._stopping = threading.Event()
        self._reporter = threading.Thread(target=self._report, name="reporter", daemon=True)
        self._health = HealthRound(lambda: {key: unit.check for key, unit in self._units.items()})
        self._water = WaterRound(bench.store, self._waters)
        self._teacher = Teacher(partial(open_water_network, settings.data_dir))
        self._night_school = NightSchool(
            self._teacher, bench.store.water, self._waters, settings.site.zone
        )
        self._clock, self._set_back_s = ClockWatch(), 0.0
        self._overload = Overload()
        self._load: WorkerLoad | None = None
        self._url = ""

    def start(self, url: str) -> None:
        """Begin with the cameras of the inventory; `url` is where this worker's port answers.

        Raises StorageError; `stop` is due all the same.
        """
        self._url = url
        self._bench.quarantine.catch_crashes()
        self._bench.sessions.start()
        self._bench.controls.start()
        self._bench.writer.start()
        self._recorders.start()
        self._bench.engine.start()
        self._reporter.start()
        self._health.start()
        self._water.start()
        self._match_inventory()

    def stop(self) -> None:
        """End in the order of the flow, so that nothing seen is lost; also after a failed start."""
        self._stopping.set()
        self._report_due.set()
        self._bench.writer.hurry()
        self._health.stop()
        self._water.stop()
        self._teacher.stop()
        with self._changing:
            units = list(self._units.values())
            _for_all(units, CameraUnit.blind)
            self._bench.engine.stop()
            _for_all(units, CameraUnit.stop)
        self._recorders.stop()
        self._bench.sessions.stop()
        self._bench.controls.stop()
        self._bench.writer.stop()
        self._reporter.join(JOIN_S)
        self._bench.quarantine.close()

    async def close_viewers(self) -> None:
        """End every live session and every talk."""
        await asyncio.gather(self._viewers.close_all(), self._talks.close_all())

    async def whep_offer(self, camera: str, offer: str, stream: StreamChoice) -> LiveAnswer:
        """Start a live session."""
        return await self._viewers.offer(self._unit(camera).stream(stream), offer, stream)

    async def live_candidates(self, session: str, fragment: IceFragment) -> None:
        """Take more of a player's candidates."""
        await self._viewers.add_candidates(session, fragment)

    async def live_delete(self, session: str) -> None:
        """End a live session or a talk."""
        await self._viewers.delete(session)
        await self._talks.delete(session)

    async def talk_offer(self, camera: str, offer: str, speaker: str) -> TalkAnswer:
        """Let a person speak through a camera."""
        unit = self._unit(camera)
        credentials = await asyncio.to_thread(unit.credentials)
        return await self._talks.offer(unit.camera, credentials, offer, speaker)

    async def talk_state(self, camera: str) -> TalkState:
        """Return who speaks through a camera."""
        return self._talks.state(self._unit(camera).camera.id)

    async def snapshot(self, camera: str, width: int | None) -> Snapshot:
        """Return the latest picture as JPEG, no wider than `width` pixels."""
        unit = self._unit(camera)
        picture = await asyncio.to_thread(self._stills.newest, unit.hub, unit.eye.latest)
        if picture is None:
            raise NoPictureError(f"camera {camera} has not shown a picture yet")
        jpeg = await asyncio.to_thread(_encode, picture, width)
        return Snapshot(jpeg, picture.captured_at)

    async def control(self, camera: str, command: Command) -> None:
        """Have a camera do something."""
        await self._control(camera).do(command)

    async def control_state(self, camera: str, state: str) -> ControlState:
        """Return how something of a camera stands."""
        return await self._control(camera).read(state)

    async def only_wet(self, camera: str) -> ReferenceFacts:
        """Keep what was seen last as only wet."""
        return facts_of(await asyncio.to_thread(self._water_of(camera).only_wet))

    async def water_references(self, camera: str) -> tuple[ReferenceFacts, ...]:
        """Return the states a camera knows."""
        found = await asyncio.to_thread(self._water_of(camera).references)
        return tuple(facts_of(one) for one in found)

    async def water_reference_jpeg(self, camera: str, reference: str) -> bytes:
        """Return the picture of a state."""
        return await asyncio.to_thread(self._water_of(camera).reference_jpeg, reference)

    async def forget_water_reference(self, camera: str, reference: str) -> None:
        """Drop a state."""
        await asyncio.to_thread(self._water_of(camera).forget_reference, reference)

    async def water_look(self, camera: str) -> LookFacts:
        """Return what the last look at a camera's water saw."""
        return self._water_of(camera).last_look().facts()

    async def water_look_jpeg(self, camera: str) -> bytes:
        """Return the picture of the last look."""
        return await asyncio.to_thread(self._water_of(camera).last_look().jpeg)

    async def water_training(self, camera: str) -> Teaching:
        """Return how a camera is, and was last, taught."""
        run = await asyncio.to_thread(self._teacher.run_of, camera)
        return Teaching(await asyncio.to_thread(self._water_of(camera).training), run)

    async def teach_water(self, camera: str) -> None:
        """Begin to teach a camera an eye of its own, beside the analysis."""
        await asyncio.to_thread(self._teacher.begin, self._water_of(camera).pupil)

    async def status(self) -> WorkerStatus:
        """Return what the worker is doing."""
        viewers = await self._viewers.status()
        sessions = (*self._viewers.sessions, *self._talks.sessions)
        return WorkerStatus(str(self._shard), tuple(self._units), sessions, viewers, self._load)

    async def reload(self) -> None:
        """Read the inventory again; start, stop and replace cameras to match."""
        await asyncio.to_thread(self._match_inventory)

    def _unit(self, camera: str) -> CameraUnit:
        unit = self._units.get(camera)
        if unit is None:
            raise NotFoundError(f"worker {self._shard} has no camera {camera}")
        return unit

    def _control(self, camera: str) -> CameraControl:
        control = self._unit(camera).control
        if control is None:
            raise NotFoundError(f"camera {camera} was not taken in by ONVIF: it has no controls")
        return control

    def _waters(self) -> list[CameraWater]:
        return [unit.water for unit in self._units.values() if unit.water]

    def _water_of(self, camera: str) -> CameraWater:
        water = self._unit(camera).water
        if water is None:
            raise NotFoundError(f"camera {camera} watches no water: set it up first")
        return water

    def _match_inventory(self, *, anew: bool = False) -> None:
        """Start, stop and replace cameras to match the inventory. anew: replace them all."""
        with self._changing:
            if self._stopping.is_set():
                return
            wanted = {
                camera.id: camera
                for camera in self._bench.store.inventory.cameras()
                if camera.enabled and self._shard.owns(camera.id)
            }
            units = self._units.values()
            self._remove([u for u in units if anew or wanted.get(u.camera.id) != u.camera])
            self._refused = {}
            for camera in wanted.values():
                if camera.id not in self._units:
                    self._add(camera)
        self._report_due.set()

    def _add(self, camera: Camera) -> None:
        """Put a camera to work; one that cannot be is reported so, and concerns no other."""
        held_until = self._bench.quarantine.held_until(camera.id)
        if held_until is not None:
            detail = f"Its video crashed the worker; it is tried again at {to_iso(held_until)}."
            self._refuse(camera, SessionState.QUARANTINED, SessionState.QUARANTINED, detail)
            return
        try:
            self._units = {**self._units, camera.id: self._started(camera)}
        except GatewayError as error:
            log.error("a camera cannot be watched", camera=camera.id, reason=str(error))
            self._refuse(camera, SessionState.DISABLED, error.code, str(error))
        except Exception as error:
            log.exception("a camera cannot be watched, for a reason unknown", camera=camera.id)
            self._refuse(camera, SessionState.DISABLED, GatewayError.code, repr(error))

    def _started(self, camera: Camera) -> CameraUnit:
        """Return a camera at work; one that cannot start leaves nothing at work behind."""
        unit = CameraUnit(camera, self._bench, self._recorders, self._report_due.set)
        try:
            unit.start()
        except Exception:
            unit.blind()
            unit.stop()
            raise
        return unit

    def _refuse(self, camera: Camera, state: SessionState, code: str, detail: str) -> None:
        self._refused[camera.id] = CameraState(
            camera_id=camera.id,
            state=state.value,
            since=utc_now(),
            updated_at=utc_now(),
            code=code,
            detail=detail,
            worker_url=self._url,
        )

    def _remove(self, units: Collection[CameraUnit]) -> None:
        _for_all(units, CameraUnit.blind)
        gone = {unit.camera.id for unit in units}
        self._units = {key: unit for key, unit in self._units.items() if key not in gone}
        _for_all(units, CameraUnit.stop)

    def _report(self) -> None:
        """Write down how the cameras are, at every change and every few seconds."""
        failing = False
        while not self._stopping.is_set():
            self._report_due.wait(REPORT_S)
            self._stopping.wait(GATHER_S)
            self._report_due.clear()
            try:
                self._mind_the_clock()
                if self._bench.settings.analysis.teach_at_night:
                    self._night_school.step(utc_now())
                if self._bench.quarantine.next_trial(utc_now()):
                    self._match_inventory()
                self._bench.store.camera_states.put(self._states())
                self._load = self._measured_load()
                self._bench.store.loads.put(self._load)
            except Exception:
                if not failing:
                    log.exception("the states of the cameras cannot be kept")
                failing = True
            else:
                failing = False

    def _mind_the_clock(self) -> None:
        """Begin anew with every camera when the clock was set back: what it knows is of later."""
        self._set_back_s += self._clock.set_back_s()
        if self._set_back_s:
            seconds = round(self._set_back_s)
            log.warning("the clock was set back: every camera begins anew", seconds=seconds)
            self._match_inventory(anew=True)
            self._set_back_s = 0.0

    def _measured_load(self) -> WorkerLoad:
        engine, now = self._bench.engine.state, utc_now()
        self._overload.see(overloaded=engine.overloaded, at_s=monotonic_s(), now=now)
        return WorkerLoad(
            shard=self._shard.number,
            updated_at=now,
            overloaded_since=self._overload.since,
            budget=round(engine.budget, 2),
            decode=round(engine.spending.decode, 2),
            detect=round(engine.spending.detect, 2),
            other=round(engine.spending.other, 2),
            cameras=engine.cameras,
            full=engine.full,
            stirred=engine.stirred,
        )

    def _states(self) -> list[CameraState]:
        refused = [replace(state, updated_at=utc_now()) for state in self._refused.values()]
        return [unit.state(self._url) for unit in self._units.values()] + refused


def _for_all(units: Collection[CameraUnit], step: Callable[[CameraUnit], None]) -> None:
    """Do what mostly waits for threads to end for all cameras at once, and wait for all.

    What fails with one is logged and keeps no other from its end.
    """

    def guarded(unit: CameraUnit) -> None:
        try:
            step(unit)
        except Exception:
            log.exception("a camera did not end as it should", camera=unit.camera.id)

    if units:
        with ThreadPoolExecutor(len(units), thread_name_prefix="units") as threads:
            list(threads.map(guarded, units))


def _encode(picture: Picture, width: int | None) -> bytes:
    """Return a picture as JPEG, made smaller where it is wider than `width` pixels."""
    size = picture.size
    if width is not None and width < size.width:
        size = FrameSize(width, max(1, round(size.height * width / size.width)))
    _, encoded = cv2.imencode(
        ".jpg", picture.resized_bgr(size), (cv2.IMWRITE_JPEG_QUALITY, SNAPSHOT_QUALITY)
    )
    return bytes(encoded)
