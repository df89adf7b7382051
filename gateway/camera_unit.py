"""Everything one camera needs, wired together: streams, eye, recorder, pipeline, health."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from gateway import telemetry
from gateway.analysis.engine import AnalysisEngine
from gateway.analysis.eye import CameraEye
from gateway.analysis.looks import Look
from gateway.analysis.pace import Pace
from gateway.cadence import Cadence
from gateway.camera_control import CameraControl, is_controllable
from gateway.camera_health import LOOK_EVERY_S, CameraHealth
from gateway.camera_stream import CameraStream
from gateway.clock import monotonic_s, utc_now
from gateway.config import Settings
from gateway.control_pool import ControlPool
from gateway.decode import Picture
from gateway.incident_writer import IncidentWriter, Sighting
from gateway.live_mode import live_mode
from gateway.onvif.alarms import CameraAlarm
from gateway.onvif.notifications import AlarmType
from gateway.quarantine import Quarantine
from gateway.record_mode import RecordMode
from gateway.recording.camera_recorder import CameraRecorder
from gateway.recording.recorders import Recorders
from gateway.rules_file import rules_from_json
from gateway.session import Pull, SessionReport, SessionState
from gateway.session_loop import SessionLoop
from gateway.sources import Credentials, Link, LinkOptions, open_link
from gateway.store import Store
from gateway.store.camera_states import CameraState, LiveMode, StreamFacts
from gateway.store.inventory import Camera
from gateway.store.stored_incident import NO_MODEL, ModelRef, Origin
from gateway.water.camera_water import CameraWater, WaterDesk
from gateway.water.eye import eyes_of
from gateway.water.places import Places
from gateway.water_file import point_of
from vision.health import CAMERA_SPECS, StreamVitals
from vision.pipeline import CameraPipeline, StepResult
from vision.quality import Luma
from vision.tracker import TrackerSettings
from vision.types import ChangeType, Detections, IncidentChange, Kind, Tally
from vision.water.conditions import WATER
from vision.water.network import WaterNetwork
from vision.water.segmenter import WaterSegmenter
from vision.weights import ModelSpec

TALLIES_EVERY_S = 60.0
"""How often running counts are kept: a worker that is killed loses no more of them."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Bench:
    """What the cameras of one worker share."""

    settings: Settings
    store: Store
    engine: AnalysisEngine
    tracker: TrackerSettings
    writer: IncidentWriter
    version: str
    quarantine: Quarantine
    water_network: WaterNetwork | None = None
    water_models: tuple[WaterSegmenter, ...] = ()
    places: Places | None = None
    sessions: SessionLoop = field(default_factory=SessionLoop)
    controls: ControlPool = field(default_factory=ControlPool)

    def model_of(self, kind: Kind) -> ModelRef:
        """Return the model that finds a kind, as incidents name it."""
        spec = self.engine.detectors.spec_of(kind)
        return _ref(spec) if spec else NO_MODEL

    @property
    def water(self) -> WaterDesk:
        """What the cameras that watch water share."""
        settings = self.settings
        return WaterDesk(
            store=self.store,
            writer=self.writer,
            data_dir=settings.data_dir,
            version=self.version,
            time_zone=settings.site.zone,
            places=self.places,
            voter_of=eyes_of(self.water_network, self.water_models, utc_now),
            model=_ref(self.water_network.spec) if self.water_network else NO_MODEL,
        )


class CameraUnit:
    """One camera at work, from `start` to `stop`.

    camera: as the inventory had it; a unit never changes, it is replaced. hub: of the analysed
    stream. control: None for a camera without ONVIF. water: None where none is watched. on_report:
    called on the sessions' thread with each change of state; must not wait. Raises ConfigError for
    zones, rules or a water set-up that cannot be used.
    """

    def __init__(
        self, camera: Camera, bench: Bench, recorders: Recorders, on_report: Callable[[], None]
    ) -> None:
        settings = bench.settings
        self.camera = camera
        self._bench = bench
        self._on_report = on_report
        self._streams = {"sub": self._open("sub", self._reported)}
        if camera.sub_uri and camera.main_uri and camera.sub_uri != camera.main_uri:
            self._streams["main"] = self._open("main")
        self.hub = self.stream("sub").hub
        self._pipeline = CameraPipeline(
            camera.id,
            rules_from_json(camera.zones, camera.rules),
            bench.tracker,
            settings.site.zone,
        )
        rules = self._pipeline.rules
        self._origins = {
            rule.id: Origin(camera.ref, bench.model_of(rule.kinds[0]), bench.version)
            for rule in rules.rules
        }
        self._health = CameraHealth(
            Origin(camera.ref, NO_MODEL, bench.version),
            settings.health,
            bench.writer,
            bench.store.incidents.left_open(CAMERA_SPECS, camera.id),
        )
        self._recorders = recorders
        self._recorder: CameraRecorder | None = None
        self.control = self._make_control() if is_controllable(camera) else None
        point = point_of(camera.water)
        self.water = CameraWater(camera, point, bench.water, self._is_turning) if point else None
        self._judging = threading.Lock()
        self._ended = False
        self._has_turned, self._turned_s = False, 0.0
        self._motions: set[tuple[str, str]] = set()
        self._seen, self._looked = Cadence(), Cadence()
        self._tally_pace = Pace()
        self.eye = self._open_eye()

    def start(self) -> None:
        """Settle what an earlier process left behind, then begin."""
        put_clip = self._bench.writer.put_clip
        self._recorder = self._recorders.open(self.hub, self.camera.record, put_clip)
        self._bench.writer.interrupt(self.camera.id)
        if self.water is None:
            self._bench.writer.abandon(self.camera.id, WATER)
        self.eye.start()
        self.stream("sub").lease()
        if self.control is not None:
            self.control.start()

    def blind(self) -> None:
        """Let no further picture in: end control, the streams and the eye."""
        if self.control is not None:
            self.control.stop()
        for stream in self._streams.values():
            stream.stop()
        self._bench.engine.close(self.eye)

    def stop(self) -> None:
        """Finish the clips and close what is open as interrupted: nobody watches any more.

        For after `blind`; a look that is with the detector still is not judged any more.
        """
        with self._judging:
            self._ended = True
        self._count(self._pipeline.so_far())
        if self.water is not None:
            self.water.leave()
        if self._recorder is not None:
            self._recorders.close(self._recorder)
        for stream in self._streams.values():
            stream.close()
        self._bench.quarantine.forget(self.eye.mark)
        self._bench.writer.interrupt(self.camera.id)
        telemetry.CAMERA_ONLINE.remove(self.camera.id)

    def stream(self, name: str) -> CameraStream:
        """Return "sub", which is analysed and always pulled, or "main", pulled while leased.

        They are the same one for a camera with a single stream.
        """
        return self._streams.get(name, self._streams["sub"])

    def judge(self, look: Look, detections: Detections | None) -> None:
        """Take in what the detector saw, None where it was spared; for the detector's thread."""
        with self._judging:
            if not self._ended and self._rested(look):
                step = self._step(look, detections)
                if step is not None:
                    self._take_in(step, look)

    def _rested(self, look: Look) -> bool:
        """Say whether the view was at rest for a look; a turn since the last one is told here."""
        if self._is_turning():
            self.eye.forget_view()
            return False
        if self._has_turned:
            self._has_turned = False
            self._count(self._pipeline.blind())
        return look.decoded_s >= self._turned_s

    def _step(self, look: Look, detections: Detections | None) -> StepResult | None:
        """Return what a look leads to, None where the picture says nothing."""
        at, size = look.picture.captured_at, look.picture.size
        unfit = self._health.unfit
        if unfit is not None:
            self._pipeline.pass_over(at, size, unfit)
            return None
        if detections is None:
            return self._pipeline.rest(at, size)
        if self.water is not None:
            self.water.collector.detected(at, detections)
        self._looked.happened(monotonic_s())
        return self._pipeline.step(at, size, detections, look.activity)

    def _take_in(self, step: StepResult, look: Look) -> None:
        """Tell what a step changed, keep its counts, and let the eye know what it found."""
        at = look.picture.captured_at
        for change in step.changes:
            self._tell(change, step, look.picture)
        self._count(step.tallies)
        if self._tally_pace.is_due(at, TALLIES_EVERY_S):
            self._count(self._pipeline.so_far())
        self.eye.found(
            moving=any(t.still_since is None and t.last_seen_at == at for t in step.tracks),
            resting=bool(step.tracks) or self._pipeline.has_open,
            known=self._pipeline.knows(step),
            offered_s=look.decoded_s,
            decides_at=self._pipeline.decides_at,
        )

    def check(self, at: datetime) -> None:
        """See how the camera itself is doing at a moment (UTC, now); for the health round."""
        stream, decoded = self.stream("sub"), self.eye.health
        vitals = StreamVitals(
            online=stream.report.state is SessionState.ONLINE,
            gop_s=stream.gop_s,
            clock_offset_s=stream.clock_offset_s,
            shown=decoded.pictures,
            lost=decoded.damaged + decoded.skipped,
        )
        self._health.look(at, vitals)

    def _examine(self, picture: Picture, thumbnail: Luma) -> None:
        """Look at the quality of a picture, unless the camera is just turning."""
        self._seen.happened(monotonic_s())
        self._health.every_s = max(LOOK_EVERY_S, self.eye.share.key_every_s)
        if not self._is_turning():
            self._health.see(picture, thumbnail)
            if self.water is not None:
                self.water.collector.see(picture, utc_now())

    def _is_turning(self) -> bool:
        """Say whether the camera is being turned just now."""
        return self.control is not None and self.control.is_moving

    def _tell(self, change: IncidentChange, step: StepResult, picture: Picture) -> None:
        """Hand a change to the writer, and let the clip of its incident begin or end.

        An incident has one clip: one that is taken up again after it closed gets no second.
        """
        incident, writer = change.incident, self._bench.writer
        opened = change.type is ChangeType.OPENED
        writer.put(
            Sighting(
                change=change,
                origin=self._origins[incident.rule],
                take_picture=picture.to_bgr if opened else None,
                tracks=step.shown_with(change),
                zones=self._pipeline.rules.places,
                highlight=step.tracks_of(change),
            )
        )
        if self._recorder is None:
            return
        if opened:
            self._recorder.begin(incident.id, writer.clip_path(incident), incident.opened_at)
        elif change.type is ChangeType.CLOSED:
            self._recorder.end(incident.id, incident.closed_at or change.at)

    def _count(self, tallies: tuple[Tally, ...]) -> None:
        self._bench.writer.put_tallies(self.camera.id, tallies)

    def state(self, worker_url: str) -> CameraState:
        """Return how the camera is doing now."""
        report = self._report()
        picture, now_s = self.eye.latest, monotonic_s()
        return CameraState(
            camera_id=self.camera.id,
            state=report.state.value,
            since=report.since,
            updated_at=utc_now(),
            code=report.code,
            detail=report.detail,
            last_picture_at=picture.captured_at if picture else None,
            stream=self._facts(),
            live=self._live_mode(),
            analysed_fps=_rounded(self._looked.per_s(now_s), 3),
            seen_every_s=_rounded(self._seen.every_s(now_s), 1),
            rung=self.eye.rung.value,
            interest=self.eye.interest.name.lower(),
            why=self.eye.why,
            alarms=self.eye.agreement,
            worker_url=worker_url,
            reader=report.reader,
            transport=report.transport,
            note=report.note,
        )

    def _report(self) -> SessionReport:
        """Return the session's report, or the eye's when packets come that nobody can decode."""
        report = self.stream("sub").report
        if report.state is SessionState.ONLINE and self.eye.fault is not None:
            fault = self.eye.fault
            return replace(
                fault, reader=report.reader, transport=report.transport, note=report.note
            )
        return report

    def _facts(self) -> StreamFacts | None:
        info, key = self.hub.info, self.hub.last_key()
        if info is None or key is None:
            return None
        gop_s = self.stream("sub").gop_s
        return StreamFacts(
            codec=info.codec,
            width=info.width,
            height=info.height,
            fps=info.fps,
            gop_s=None if gop_s is None else round(gop_s, 1),
            clock=key.clock.value,
        )

    def _live_mode(self) -> LiveMode:
        return live_mode(self.hub, self._bench.settings.live)

    def _open(
        self, name: str, on_report: Callable[[SessionReport], None] = lambda _report: None
    ) -> CameraStream:
        camera = self.camera
        uri = camera.main_uri if name == "main" else camera.analysis_uri

        def dial(options: LinkOptions) -> Link:
            return open_link(uri or camera.address, self.credentials(), options)

        with_audio = camera.record is not RecordMode.OFF
        options = LinkOptions(transport=camera.transport, with_audio=with_audio)
        pull = Pull(camera.id, name, dial, options)
        return CameraStream(self._bench.sessions, pull, on_report, self._dropped)

    def _open_eye(self) -> CameraEye:
        """Return its eye; last of all, as the engine counts with it from now on."""
        eye = self._bench.engine.open(self.hub, self._pipeline.rules.kinds, self.judge)
        eye.mark = self._bench.quarantine.mark(self.camera.id)
        eye.on_picture = self._examine
        eye.hears = self._hears
        return eye

    def _hears(self) -> bool:
        """Say whether the camera's own alarms reach us at present."""
        return self.control is not None and not self.control.events_fault

    def credentials(self) -> Credentials | None:
        """Return how to sign in at the camera, from the store; raises StorageError."""
        password = self._bench.store.inventory.password(self.camera.id)
        username = self.camera.username
        return Credentials(username, password or "") if username else None

    def _make_control(self) -> CameraControl:
        bench = self._bench
        records = bench.store.camera_controls
        credentials = self.credentials()
        return CameraControl(
            self.camera, credentials, bench.controls, records, self._alarmed, self._moved
        )

    def _alarmed(self, alarm: CameraAlarm) -> None:
        """Take in an alarm of the camera itself; for ONVIF's thread."""
        if alarm.type is AlarmType.MOTION:
            self._motion_alarmed(alarm)
        self._health.alarm(alarm)

    def _motion_alarmed(self, alarm: CameraAlarm) -> None:
        """Let the eye know; motion lasts for as long as one of the camera's detectors tells it."""
        before = bool(self._motions)
        if alarm.active:
            self._motions.add((alarm.topic, alarm.source))
        else:
            self._motions.discard((alarm.topic, alarm.source))
        if bool(self._motions) is not before or not self._motions:
            self.eye.motion_alarm(active=bool(self._motions))

    def _moved(self, moving: bool) -> None:
        """Take in that the view begins to turn, or rests again; for ONVIF's thread.

        It may have turned between two looks: the next one knows of it all the same.
        """
        self._turned_s, self._has_turned = monotonic_s(), True
        self.eye.forget_view()
        if not moving:
            self._health.view_changed()

    def _reported(self, report: SessionReport) -> None:
        online = report.state is SessionState.ONLINE
        telemetry.CAMERA_ONLINE.labels(self.camera.id).set(1 if online else 0)
        self._on_report()

    def _dropped(self, reader: str, count: int) -> None:
        telemetry.PACKETS_DROPPED.labels(self.camera.id, reader).inc(count)


def _ref(spec: ModelSpec) -> ModelRef:
    return ModelRef(spec.name, spec.sha256)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
