"""How each camera is doing now, as the worker that owns it reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, delete, insert, select

from gateway.store.database import Database
from gateway.store.journal import Topic, note
from gateway.store.tables import camera_states, cameras
from vision.camera_hint import Agreement


class LiveMode(StrEnum):
    """How a browser shows the camera: WebRTC, the same transcoded, or pictures again and again."""

    WHEP = "whep"
    TRANSCODED = "transcoded"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the analysed stream turned out to be. gop_s: seconds between key frames."""

    codec: str
    width: int
    height: int
    fps: float | None
    gop_s: float | None
    clock: str


@dataclass(frozen=True, slots=True)
class CameraState:
    """One camera's state. state: a word of `gateway.session.SessionState`.

    code, detail: the stable word of the error and its sentence, "" when well. since: when `state`
    began. updated_at: of this report; an old one means that its worker is gone. last_picture_at:
    captured_at of the newest decoded picture. analysed_fps: pictures given to the detector each
    second. seen_every_s: between pictures that are looked at at all, if only by their brightness.
    rung: a word of `vision.scheduler.Rung`. interest: a name of `vision.attention.Interest` in
    small letters. why: what stirred it, "" while quiet. alarms: how far its own motion alarms agree
    with what is seen, None while it told of none. worker_url: where the owning worker answers.
    reader, transport, note: how the stream is read, and why not in the usual way, as in
    `gateway.session.SessionReport`.
    """

    camera_id: str
    state: str
    since: datetime
    updated_at: datetime
    code: str = ""
    detail: str = ""
    last_picture_at: datetime | None = None
    stream: StreamFacts | None = None
    live: LiveMode = LiveMode.REFRESH
    analysed_fps: float | None = None
    seen_every_s: float | None = None
    rung: str = ""
    interest: str = ""
    why: str = ""
    alarms: Agreement | None = None
    worker_url: str | None = None
    reader: str = ""
    transport: str = ""
    note: str = ""


class CameraStates:
    """The states in the store, the newest of each camera."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, states: Sequence[CameraState]) -> None:
        """Store new states, all in one transaction; those of unknown cameras are passed over.

        The journal tells of a camera whose state, stream or way of live view changed, not of one
        whose clock merely moved on or at which something stirs: 325 cameras may report each second.
        """
        if not states:
            return
        with self._database.write() as connection:
            before = _stored(connection)
            known = set(connection.scalars(select(cameras.c.id)))
            newest = {state.camera_id: state for state in states if state.camera_id in known}
            connection.execute(delete(camera_states).where(camera_states.c.camera_id.in_(newest)))
            if newest:
                rows = [_columns(state) for state in newest.values()]
                connection.execute(insert(camera_states), rows)
            for camera_id, state in newest.items():
                old = before.get(camera_id)
                if old is None or _visible(old) != _visible(state):
                    note(connection, Topic.CAMERA, camera_id, state.updated_at)

    def by_camera(self) -> dict[str, CameraState]:
        """Return every camera's state, by camera id; a camera never reported on is absent."""
        with self._database.read() as connection:
            return _stored(connection)

    def get(self, camera_id: str) -> CameraState | None:
        """Return one camera's state, None while nobody has reported."""
        query = select(camera_states).where(camera_states.c.camera_id == camera_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _state(row)


def _stored(connection: Connection) -> dict[str, CameraState]:
    rows = connection.execute(select(camera_states)).mappings()
    return {row["camera_id"]: _state(row) for row in rows}


def _visible(state: CameraState) -> tuple[object, ...]:
    """Return the part of a state that people see change."""
    shown = (state.state, state.code, state.detail, state.stream, state.live, state.worker_url)
    return (*shown, state.reader, state.transport, state.note)


def _columns(state: CameraState) -> dict[str, object]:
    stream = state.stream
    return {
        "camera_id": state.camera_id,
        "state": state.state,
        "code": state.code,
        "detail": state.detail,
        "since": state.since,
        "updated_at": state.updated_at,
        "last_picture_at": state.last_picture_at,
        "codec": stream and stream.codec,
        "width": stream and stream.width,
        "height": stream and stream.height,
        "fps": stream and stream.fps,
        "gop_s": stream and stream.gop_s,
        "clock": stream and stream.clock,
        "live": state.live,
        "analysed_fps": state.analysed_fps,
        "seen_every_s": state.seen_every_s,
        "rung": state.rung,
        "interest": state.interest,
        "why": state.why,
        "alarm_told_ratio": state.alarms and state.alarms.told_ratio,
        "alarm_true_ratio": state.alarms and state.alarms.true_ratio,
        "alarm_occasions": state.alarms and state.alarms.occasions,
        "alarm_wakes": state.alarms and state.alarms.wakes,
        "worker_url": state.worker_url,
        "reader": state.reader,
        "transport": state.transport,
        "note": state.note,
    }


def _state(row: RowMapping) -> CameraState:
    stream = None
    if row["codec"] is not None:
        stream = StreamFacts(
            codec=row["codec"],
            width=row["width"],
            height=row["height"],
            fps=row["fps"],
            gop_s=row["gop_s"],
            clock=row["clock"],
        )
    alarms = None
    if row["alarm_occasions"] is not None:
        alarms = Agreement(
            told_ratio=row["alarm_told_ratio"],
            occasions=row["alarm_occasions"],
            true_ratio=row["alarm_true_ratio"],
            wakes=row["alarm_wakes"],
        )
    return CameraState(
        camera_id=row["camera_id"],
        state=row["state"],
        since=row["since"],
        updated_at=row["updated_at"],
        code=row["code"],
        detail=row["detail"],
        last_picture_at=row["last_picture_at"],
        stream=stream,
        live=LiveMode(row["live"]),
        analysed_fps=row["analysed_fps"],
        seen_every_s=row["seen_every_s"],
        rung=row["rung"],
        interest=row["interest"],
        why=row["why"],
        alarms=alarms,
        worker_url=row["worker_url"],
        reader=row["reader"],
        transport=row["transport"],
        note=row["note"],
    )
