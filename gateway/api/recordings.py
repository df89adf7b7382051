"""Continuous recordings: on which days and hours there are some, their films, a span as one film.

Files are found by the ids that the store gave them; never by path.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import AwareDatetime, Field

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.security import SignInDep, signed_in
from gateway.api.services import Services, ServicesDep
from gateway.audit.act import Act, AuditAction, camera_object
from gateway.errors import NotFoundError
from gateway.http.errors import ErrorBody
from gateway.recording.export import ExportPlan, plan_export, stream_export
from gateway.recording.repair import RECORDINGS
from gateway.store.segments import Segment

CACHE = "private, max-age=86400, immutable"
"""A file never changes under its id. Kept by the person's own browser only, for a day."""
FILM = "video/mp4"

router = APIRouter(prefix="/api/recordings", tags=["recordings"], dependencies=[Depends(signed_in)])


class DayBody(Answer):
    """A day of the site's calendar. hours: 24 of them (of that zone), the seconds recorded in each.

    Where clocks change, an hour that comes twice has up to 7200 seconds.
    """

    day: date
    hours: tuple[int, ...]


class CalendarBody(Answer):
    """The days of a month of which there are recordings, in order."""

    days: tuple[DayBody, ...]


class SegmentBody(Answer):
    """One film. pictures: how many are in it; url: where it is played from, by Range."""

    id: int
    started_at: UtcTime
    ended_at: UtcTime
    bytes: int
    pictures: int
    codec: str
    width: int
    height: int
    url: str


class SegmentsBody(Answer):
    """The films of a day, oldest first."""

    segments: tuple[SegmentBody, ...]


class GapBody(Answer):
    """A time of which nothing was recorded."""

    start: UtcTime
    end: UtcTime


class SpanBody(Answer):
    """What an exported film will hold. bytes: how large it will be, at most."""

    gaps: tuple[GapBody, ...]
    bytes: int
    url: str


class SpanQuery(Question):
    """From when to when, with their zones; up to 24 hours."""

    start: AwareDatetime
    end: AwareDatetime


Month = Annotated[str, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="Such as 2026-05.")]


@router.get("/{camera}/calendar")
def read_calendar(camera: str, month: Month, services: ServicesDep) -> CalendarBody:
    """Return on which days of a month, and in which hours, a camera was recorded."""
    zone = services.site.zone
    first = date.fromisoformat(f"{month}-01")
    after = (first + timedelta(days=31)).replace(day=1)
    start, end = _midnight(first, zone), _midnight(after, zone)
    seconds: dict[date, list[float]] = {}
    for segment in services.store.segments.between(camera, start, end):
        for moment, part_s in _by_hour(max(segment.started_at, start), min(segment.ended_at, end)):
            local = moment.astimezone(zone)
            seconds.setdefault(local.date(), [0.0] * 24)[local.hour] += part_s
    days = (DayBody(day=day, hours=tuple(map(round, hours))) for day, hours in seconds.items())
    return CalendarBody(days=tuple(sorted(days, key=lambda body: body.day)))


@router.get("/{camera}/segments")
def list_segments(camera: str, day: date, services: ServicesDep) -> SegmentsBody:
    """Return the films that show any of a day, in the site's zone."""
    zone = services.site.zone
    span = (_midnight(day, zone), _midnight(day + timedelta(days=1), zone))
    found = services.store.segments.between(camera, *span)
    return SegmentsBody(segments=tuple(_body(one, services.serve.root_path) for one in found))


@router.get(
    "/segments/{segment}",
    response_class=FileResponse,
    responses={
        200: {"content": {FILM: {}}, "description": "The film"},
        206: {"description": "The part that Range asked for"},
        404: {"model": ErrorBody},
    },
)
def read_segment(
    segment: Annotated[int, Field(ge=0, lt=1 << 63)], services: ServicesDep, who: SignInDep
) -> FileResponse:
    """Return a film, whole or by Range; the audit log tells who watched the camera's, hourly."""
    found = services.store.segments.get(segment)
    name = f"{found.camera_id}-{found.started_at:%Y%m%dT%H%M%SZ}.mp4"
    path = _path_of(found, services)
    action, place = AuditAction.RECORDING_VIEWED, camera_object(found.camera_id)
    services.store.audit.tell_hourly(Act(services.now(), who.user.username, action, place))
    return FileResponse(
        path,
        media_type=FILM,
        headers={"Cache-Control": CACHE},
        filename=name,
        content_disposition_type="inline",
    )


@router.get("/{camera}/span", responses={404: {"model": ErrorBody}, 409: {"model": ErrorBody}})
def read_span(
    camera: str, services: ServicesDep, wanted: Annotated[SpanQuery, Query()]
) -> SpanBody:
    """Return what an exported film of a span will hold, and what it cannot."""
    plan = plan_export(services.store.segments, camera, wanted.start, wanted.end)
    query = f"start={_iso(wanted.start)}&end={_iso(wanted.end)}"
    return SpanBody(
        gaps=tuple(GapBody(start=gap.start, end=gap.end) for gap in plan.gaps),
        bytes=plan.bytes,
        url=f"{services.serve.root_path}/api/recordings/{camera}/export?{query}",
    )


@router.get(
    "/{camera}/export",
    response_class=StreamingResponse,
    responses={
        200: {"content": {FILM: {}}, "description": "The film, made as it is sent"},
        404: {"model": ErrorBody},
        409: {"model": ErrorBody, "description": "not_exportable"},
    },
)
def export(
    camera: str, services: ServicesDep, who: SignInDep, wanted: Annotated[SpanQuery, Query()]
) -> StreamingResponse:
    """Return a span as one film; gaps are left out, and named in its comment."""
    plan = plan_export(services.store.segments, camera, wanted.start, wanted.end)
    name = f"{plan.camera_id}-{wanted.start.astimezone(UTC):%Y%m%dT%H%M%SZ}.mp4"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    pieces = _pieces(plan, services)
    action, place = AuditAction.RECORDING_EXPORTED, camera_object(plan.camera_id)
    detail = {"start": _iso(wanted.start), "end": _iso(wanted.end)}
    services.store.audit.tell(Act(services.now(), who.user.username, action, place, detail))
    return StreamingResponse(pieces, media_type=FILM, headers=headers)


def _pieces(plan: ExportPlan, services: Services) -> Iterator[bytes]:
    """Return the film; raises NotFoundError while that can still be the answer."""
    for segment in plan.segments:
        _path_of(segment, services)
    return stream_export(plan, services.data_dir)


def _path_of(segment: Segment, services: Services) -> Path:
    """Return the real path of a film; raises NotFoundError unless it is among the recordings.

    Links are followed first, so that neither ".." nor a link in a stored path leads elsewhere.
    """
    missing = NotFoundError(f"The file of recording {segment.id} is no longer kept.")
    try:
        path = (services.data_dir / segment.path).resolve(strict=True)
    except (OSError, ValueError) as error:
        raise missing from error
    if not path.is_relative_to((services.data_dir / RECORDINGS).resolve()) or not path.is_file():
        raise missing
    return path


def _body(segment: Segment, root_path: str) -> SegmentBody:
    return SegmentBody(
        id=segment.id,
        started_at=segment.started_at,
        ended_at=segment.ended_at,
        bytes=segment.bytes,
        pictures=segment.pictures,
        codec=segment.codec,
        width=segment.width,
        height=segment.height,
        url=f"{root_path}/api/recordings/segments/{segment.id}",
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _by_hour(start: datetime, end: datetime) -> Iterator[tuple[datetime, float]]:
    """Yield the hours of a span, each with the seconds of it; half hours, as some zones need."""
    while start < end:
        half = start.replace(minute=start.minute // 30 * 30, second=0, microsecond=0)
        stop = min(end, half + timedelta(minutes=30))
        yield start, (stop - start).total_seconds()
        start = stop


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
