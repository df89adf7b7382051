"""Rounds of some days as tables, for Excel and WPS."""

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response

from gateway.api.fields import Question
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.patrol_day import span_of
from gateway.api.reports import MEDIA
from gateway.api.runtime import Runtime, RuntimeDep
from gateway.api.security import signed_in
from gateway.api.services import Services, ServicesDep
from gateway.http.errors import BadRequestError
from gateway.patrol_sheet import DOMAIN, to_csv, to_xlsx
from gateway.reports.tables import FileType
from gateway.sheet_words import SheetWords
from gateway.store.patrol import StoredRound

MOST_DAYS = 400
"""Days that one report may cover: a year, with room to compare."""

router = APIRouter(prefix="/api/patrol", tags=["patrol"], dependencies=[Depends(signed_in)])


class SpanQuestion(Question):
    """Days of the site's calendar, both included; without them, this day."""

    since: date | None = None
    until: date | None = None


def rounds_of(
    services: ServicesDep, seen: JurisdictionDep, span: Annotated[SpanQuestion, Query()]
) -> tuple[StoredRound, ...]:
    """Return the rounds of some days that whoever asks may see."""
    today = services.now().astimezone(services.site.zone).date()
    since, until = span.since or today, span.until or today
    if not timedelta() <= until - since < timedelta(days=MOST_DAYS):
        raise BadRequestError(f"until: must not be before since, nor {MOST_DAYS} days after it")
    return services.store.patrol.rounds(*span_of(since, until, services), seen)


RoundsDep = Annotated[tuple[StoredRound, ...], Depends(rounds_of)]
AcceptLanguage = Annotated[str, Header()]
_SHEET: dict[int | str, dict[str, object]] = {200: {"description": "A table of rounds"}}


@router.get("/rounds.{kind}", response_class=Response, responses=_SHEET)
def read_sheet(
    kind: FileType,
    services: ServicesDep,
    runtime: RuntimeDep,
    rounds: RoundsDep,
    accept_language: AcceptLanguage = "",
) -> Response:
    """Return the rounds of some days as a table for Excel, headings in the reader's language."""
    words = _words(services, runtime, accept_language)
    headers = {
        "Content-Disposition": f'attachment; filename="rounds.{kind}"',
        "Vary": "Accept-Language",
    }
    return Response(_content(kind, rounds, services.now(), words), 200, headers, MEDIA[kind])


def _content(
    kind: FileType, rounds: tuple[StoredRound, ...], now: datetime, words: SheetWords
) -> bytes:
    if kind is FileType.XLSX:
        return to_xlsx(rounds, now, words)
    return to_csv(rounds, now, words).encode()


def _words(services: Services, runtime: Runtime, accept_language: str) -> SheetWords:
    language = runtime.catalogues.negotiate(accept_language, services.site.language)
    return SheetWords.load(DOMAIN, language, services.site.zone)
