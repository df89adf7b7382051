"""Traffic counts: what passed, by hour or day, for programs as JSON and for Excel as CSV."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import AwareDatetime, Field

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.runtime import Runtime, RuntimeDep
from gateway.api.security import signed_in
from gateway.api.services import Services, ServicesDep
from gateway.counts.bucket import Bucket
from gateway.counts.buckets import bucketed, span
from gateway.counts.table import DOMAIN, to_csv
from gateway.http.errors import BadRequestError, ErrorBody
from gateway.sheet_words import SheetWords
from gateway.store.counts import CountedInterval, CountFilter
from vision.types import Kind

CSV, JSON = "text/csv", "application/json"
NAMED_CSV = frozenset({CSV})
NAMED_JSON = frozenset({JSON, "application/*", "*/*"})

router = APIRouter(tags=["counts"], dependencies=[Depends(signed_in)])


class CountRowBody(Answer):
    """How many of one sort passed. label: the model's own word, such as "truck".

    direction: "a_to_b" or "b_to_a" at a line, null elsewhere.
    """

    kind: Kind
    label: str
    direction: str | None
    count: int


class CountBody(Answer):
    """What one rule counted at one place in one hour or day; nothing but zeros where rows is empty.

    place: id of the line or zone, null for the whole picture. end: later than the bucket's where
    the rule's own intervals are longer. watched_s: how much of the time was watched; what passed in
    the rest is not counted.
    """

    camera: str
    rule: str
    place: str | None
    start: UtcTime
    end: UtcTime
    watched_s: float
    rows: tuple[CountRowBody, ...]


class CountsBody(Answer):
    """Counts by camera, rule, place and time; hours and days are the site's own."""

    bucket: Bucket
    start: UtcTime
    end: UtcTime
    counts: tuple[CountBody, ...]


class CountQuery(Question):
    """Which counts: of intervals that begin in [from, to), added up by hour or day.

    from: by default the last midnight of the site; to: by default its next.
    """

    camera: str | None = None
    rule: str | None = None
    start: AwareDatetime | None = Field(None, alias="from")
    end: AwareDatetime | None = Field(None, alias="to")
    bucket: Bucket = Bucket.HOUR


CountQueryDep = Annotated[CountQuery, Query()]


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted, and what was asked for."""

    wanted: CountFilter
    bucket: Bucket
    counts: tuple[CountedInterval, ...]


def counted(wanted: CountQueryDep, services: ServicesDep, seen: JurisdictionDep) -> Counted:
    """Return what was counted at cameras that whoever asks may see.

    Raises BadRequestError for a time that ends before it begins; NotFoundError, SpanTooLongError.
    """
    today = span(services.now(), Bucket.DAY, services.site.zone)
    start, end = wanted.start or today[0], wanted.end or today[1]
    if end <= start:
        raise BadRequestError("to: must be later than from; without it, it is the end of today")
    chosen = CountFilter(start, end, wanted.camera, wanted.rule, seen)
    return Counted(chosen, wanted.bucket, _counts(chosen, wanted.bucket, services))


CountedDep = Annotated[Counted, Depends(counted)]
AcceptLanguage = Annotated[str, Header()]
ANSWERS: dict[int | str, dict[str, object]] = {
    404: {"model": ErrorBody, "description": "not_found: no such camera"},
    422: {"model": ErrorBody, "description": "bad_request or span_too_long"},
}
CSV_ANSWER: dict[str, object] = {CSV: {"schema": {"type": "string"}}}


@router.get("/api/counts", responses=ANSWERS | {200: {"content": CSV_ANSWER}})
def read_counts(
    services: ServicesDep,
    runtime: RuntimeDep,
    response: Response,
    found: CountedDep,
    accept: Annotated[str, Header()] = JSON,
    accept_language: AcceptLanguage = "",
) -> CountsBody:
    """Return counts; as CSV to whoever accepts text/csv before JSON."""
    if _prefers_csv(accept):
        return _as_csv(found, _words(services, runtime, accept_language))  # type: ignore[return-value] # FastAPI sends a Response as it is
    response.headers["Vary"] = "Accept"
    bodies, wanted = tuple(_body(one) for one in found.counts), found.wanted
    return CountsBody(bucket=found.bucket, start=wanted.start, end=wanted.end, counts=bodies)


@router.get(
    "/api/counts.csv",
    response_class=Response,
    responses=ANSWERS | {200: {"content": CSV_ANSWER, "description": "A table for Excel"}},
)
def read_counts_table(
    services: ServicesDep,
    runtime: RuntimeDep,
    found: CountedDep,
    accept_language: AcceptLanguage = "",
) -> Response:
    """Return the same as a table, headings in the reader's language."""
    return _as_csv(found, _words(services, runtime, accept_language))


def _counts(wanted: CountFilter, bucket: Bucket, services: Services) -> tuple[CountedInterval, ...]:
    """Return what was counted; raises NotFoundError for a camera that never was, SpanTooLong."""
    camera, counts = wanted.camera_id, services.store.counts
    found = counts.intervals(wanted)
    if not found and camera is not None and not counts.knows(camera):
        services.store.inventory.get(camera)
    return bucketed(found, bucket, services.site.zone)


def _words(services: Services, runtime: Runtime, accept_language: str) -> SheetWords:
    language = runtime.catalogues.negotiate(accept_language, services.site.language)
    return SheetWords.load(DOMAIN, language, services.site.zone)


def _as_csv(found: Counted, words: SheetWords) -> Response:
    first, last = (
        f"{moment.astimezone(words.zone):%Y%m%d}"
        for moment in (found.wanted.start, found.wanted.end - timedelta(microseconds=1))
    )
    days = first if first == last else f"{first}-{last}"
    headers = {
        "Content-Disposition": f'attachment; filename="counts-{days}.csv"',
        "Vary": "Accept, Accept-Language",
    }
    return Response(to_csv(found.counts, words).encode(), media_type=CSV, headers=headers)


def _prefers_csv(accept: str) -> bool:
    """Say whether an Accept header names CSV before anything that JSON is as well."""
    named = (part.partition(";")[0].strip().lower() for part in accept.split(","))
    return next((one for one in named if one in NAMED_CSV | NAMED_JSON), JSON) == CSV


def _body(counted: CountedInterval) -> CountBody:
    rows = (
        CountRowBody(kind=row.kind, label=row.label, direction=row.direction, count=row.count)
        for row in counted.rows
    )
    return CountBody(
        camera=counted.camera_id,
        rule=counted.rule,
        place=counted.place,
        start=counted.start,
        end=counted.end,
        watched_s=counted.watched_s,
        rows=tuple(rows),
    )
