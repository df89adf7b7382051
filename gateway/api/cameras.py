"""Cameras as the console sees them: names, state, places; never an address, user or password."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ConfigDict, TypeAdapter, ValidationError

from gateway.api.fields import Answer, UtcTime
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.security import signed_in
from gateway.api.services import Services, ServicesDep
from gateway.clock import to_iso
from gateway.http.errors import ErrorBody, TongueDep
from gateway.named_source import ONVIF_SCHEMES
from gateway.record_mode import RecordMode
from gateway.store.camera_states import CameraState, LiveMode
from gateway.store.inventory import Camera
from gateway.store.water import Loss, StoredWater
from gateway.survey import survey_from_json
from gateway.worker_api import CAPTURED_AT_HEADER
from gateway.worker_client import owner_of
from vision.water.types import Passability, RainState, Unseen, WaterState

SILENT_AFTER = timedelta(seconds=30)
"""Workers report on each camera every few seconds; after this long without, nobody watches it."""

MIN_WIDTH, MAX_WIDTH = 16, 3840
"""Pixels that a snapshot may be asked to be wide: from an icon to 4K."""

router = APIRouter(prefix="/api/cameras", tags=["cameras"], dependencies=[Depends(signed_in)])


class ZoneBody(Answer):
    """A part of the picture that rules watch; polygon: points (x, y), normalised 0-1."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str = ""
    polygon: tuple[tuple[float, float], ...]


class LineBody(Answer):
    """A line that rules watch; line: its start and end, normalised 0-1.

    Seen from the start towards the end, side A is on the left and side B on the right.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str = ""
    line: tuple[tuple[float, float], tuple[float, float]]


class StreamBody(Answer):
    """The analysed stream. gop_s: seconds between key frames; clock: where its times come from.

    reader: "rtsp" (our client), "ffmpeg" or "file". transport: "tcp", "udp" or "file". note: why it
    is not read in the usual way, "" when it is.
    """

    codec: str
    width: int
    height: int
    fps: float | None
    gop_s: float | None
    clock: str
    reader: str
    transport: str
    note: str


class AlarmsBody(Answer):
    """How far a camera's own motion alarms agree with what is seen.

    told_ratio: of the times something began to move, the share that the camera told of; occasions:
    how many times that was, older ones fading. true_ratio: of the times it told, the share with
    motion. Both null while there are too few. wakes: false when most alarms were nothing, so that
    they wake the analysis no more.
    """

    told_ratio: float | None
    occasions: int
    true_ratio: float | None
    wakes: bool


class LostStatesBody(Answer):
    """Learnt states of a place that were lost, and when that was found.

    how: "behind", those kept before the newest are used; "damaged", "missing", "reshaped": they
    could not be read, are gone, or are of pictures of another shape, and the place is learnt anew;
    "unreadable": the disk refuses them, and nothing is judged until it does no more.
    """

    how: Loss
    at: UtcTime


class WaterBody(Answer):
    """How the water stands at a camera that watches it, by its last look, at updated_at.

    passability: null while nobody knows. unseen, blind_since: why this look could not tell, and
    since when none could; null when it could. The rest is of the last look that could. reason: what
    the state was entered for: "area", "depth", "trend". area_ratio: flooded share of the zones,
    0-1. depth_cm, error_cm: only by marks of known height. level_by: "mark" then; "knees" or
    "thighs" where it reaches at least so far up those who wade; else "". *_per_h: how fast it
    rises. rain: what is known of it. reference_count: states of the place it can be compared with.
    basis: what tells. lost: what was lost of those states within the last day.
    """

    updated_at: UtcTime
    state: WaterState
    passability: Passability | None
    since: UtcTime
    unseen: Unseen | None
    blind_since: UtcTime | None
    reason: str
    area_ratio: float
    ratio_per_h: float | None
    depth_cm: float | None
    error_cm: float | None
    cm_per_h: float | None
    level_by: str
    rain: RainState
    reference_count: int
    reference: str
    basis: str
    lost: LostStatesBody | None


class CameraBody(Answer):
    """A camera and how it is doing.

    state: a word of `gateway.session.SessionState`; code and detail: why, "" when well. since: when
    that began. live: how a browser can show it. analysed_fps: pictures given to the detector each
    second. seen_every_s: between pictures looked at at all, if only by their brightness. rung:
    "keys" while only key frames are decoded, "full" while everything is, "" while nobody watches.
    interest: "quiet"; "settled", something rests there; "restless", something moves that never was
    an object; "known", an incident goes on; "stirred", something may be happening. why: what
    stirred it last: "motion" in the picture, "object" moving, the "camera" itself by an alarm,
    "packets" that grew. alarms: null while the camera told of no motion. record: what is recorded.
    has_controls: it is known by ONVIF, so its drives, picture settings and clock may be asked for.
    can_talk: it has a loudspeaker that can be spoken through. watches_water: its water is watched;
    water: how it stands, null before the first look.
    """

    id: str
    name: str
    channel_code: str
    unit: str
    grid: str
    enabled: bool
    record: RecordMode
    has_controls: bool
    can_talk: bool
    watches_water: bool
    water: WaterBody | None
    state: str
    code: str
    detail: str
    since: UtcTime | None
    last_picture_at: UtcTime | None
    stream: StreamBody | None
    live: LiveMode
    analysed_fps: float | None
    seen_every_s: float | None
    rung: str
    interest: str
    why: str
    alarms: AlarmsBody | None
    open_incidents: int
    zones: tuple[ZoneBody, ...]
    lines: tuple[LineBody, ...]


class CamerasBody(Answer):
    """Every camera, by id."""

    cameras: tuple[CameraBody, ...]


_PLACES = TypeAdapter(tuple[ZoneBody | LineBody, ...])


def read_all(services: Services) -> tuple[CameraBody, ...]:
    """Return every camera, by id; four queries however many there are."""
    store = services.store
    states = store.camera_states.by_camera()
    open_counts = store.incident_list.open_counts()
    waters = store.water.by_camera()
    now = services.now()
    return tuple(
        _body(
            camera,
            state_to_show(camera, states.get(camera.id), now),
            open_counts.get(camera.id, 0),
            waters.get(camera.id),
        )
        for camera in store.inventory.cameras()
    )


@router.get("")
def list_cameras(services: ServicesDep, seen: JurisdictionDep) -> CamerasBody:
    """Return every camera, or those of the unit that whoever asks belongs to."""
    cameras = read_all(services)
    if seen is not None:
        cameras = tuple(one for one in cameras if seen.covers(one.unit, one.grid))
    return CamerasBody(cameras=cameras)


@router.get("/{camera}", responses={404: {"model": ErrorBody}})
def read_camera(camera: str, services: ServicesDep, tongue: TongueDep) -> CameraBody:
    """Return one camera; `detail` is in the reader's language."""
    found = services.store.inventory.get(camera)
    state = state_to_show(found, services.store.camera_states.get(camera), services.now())
    open_counts = services.store.incident_list.open_counts()
    water = services.store.water.get(camera)
    said = replace(state, detail=tongue.say(state.detail))
    return _body(found, said, open_counts.get(camera, 0), water)


@router.get(
    "/{camera}/snapshot.jpg",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}}, "description": "The latest picture"},
        404: {"model": ErrorBody, "description": "not_found or no_picture"},
        503: {"model": ErrorBody, "description": "worker_unreachable"},
    },
)
async def read_snapshot(
    camera: str,
    services: ServicesDep,
    width: Annotated[int | None, Query(ge=MIN_WIDTH, le=MAX_WIDTH)] = None,
) -> Response:
    """Return the latest picture, no wider than asked; X-Captured-At says when it was taken."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    picture = await services.workers.snapshot(worker_url, camera, width)
    headers = {CAPTURED_AT_HEADER: to_iso(picture.captured_at)}
    return Response(picture.jpeg, media_type="image/jpeg", headers=headers)


def state_to_show(camera: Camera, reported: CameraState | None, now: datetime) -> CameraState:
    """Return the state to show: what the worker reported, unless that cannot be so any more."""
    if not camera.enabled:
        return CameraState(camera.id, "disabled", camera.updated_at, now)
    if reported is None:
        return CameraState(camera.id, "connecting", camera.updated_at, now)
    if now - reported.updated_at > SILENT_AFTER:
        return replace(
            reported,
            state="stalled",
            code="worker_silent",
            detail=f"No worker has reported on this camera since {to_iso(reported.updated_at)}.",
            since=reported.updated_at,
            analysed_fps=None,
            seen_every_s=None,
            rung="",
            interest="",
            why="",
        )
    return reported


def _body(
    camera: Camera, state: CameraState, open_incidents: int, water: StoredWater | None
) -> CameraBody:
    places = _places(camera)
    return CameraBody(
        id=camera.id,
        name=camera.name,
        channel_code=camera.channel_code,
        unit=camera.unit,
        grid=camera.grid,
        enabled=camera.enabled,
        record=camera.record,
        has_controls=camera.address.startswith(ONVIF_SCHEMES),
        can_talk=_can_talk(camera.survey),
        watches_water=bool(camera.water),
        water=_water(water) if camera.water and water else None,
        state=state.state,
        code=state.code,
        detail=state.detail,
        since=state.since,
        last_picture_at=state.last_picture_at,
        stream=_stream(state),
        live=state.live,
        analysed_fps=state.analysed_fps,
        seen_every_s=state.seen_every_s,
        rung=state.rung,
        interest=state.interest,
        why=state.why,
        alarms=state.alarms and AlarmsBody(**asdict(state.alarms)),
        open_incidents=open_incidents,
        zones=tuple(place for place in places if isinstance(place, ZoneBody)),
        lines=tuple(place for place in places if isinstance(place, LineBody)),
    )


def _water(stored: StoredWater) -> WaterBody:
    said = asdict(stored)
    del said["camera_id"]
    return WaterBody(**said)


def _stream(state: CameraState) -> StreamBody | None:
    if state.stream is None:
        return None
    return StreamBody(
        **asdict(state.stream), reader=state.reader, transport=state.transport, note=state.note
    )


@lru_cache(maxsize=2048)
def _can_talk(survey: str) -> bool:
    """Read it out of a camera's survey; the same text is asked about with every reading of all."""
    found = survey_from_json(survey)
    return found is not None and bool(found.talk)


def _places(camera: Camera) -> tuple[ZoneBody | LineBody, ...]:
    """Return what rules watch; nothing where it cannot be read, which the worker reports."""
    try:
        return _PLACES.validate_json(camera.zones)
    except ValidationError:
        return ()
