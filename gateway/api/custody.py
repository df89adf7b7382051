"""What a case proves: its check against the seal, its export, and holds that keep its evidence."""

from typing import Annotated

from fastapi import APIRouter, Depends, status
from fastapi.responses import StreamingResponse
from pydantic import Field

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.security import ActingDep, SignInDep, administrator, signed_in
from gateway.api.services import Services, ServicesDep
from gateway.casefile.bundle import ExportWish, export_case
from gateway.casefile.check import Fault, FileState, check_case
from gateway.casefile.pieces import Veil
from gateway.errors import NotExportableError
from gateway.http.errors import ErrorBody
from gateway.store.holds import Hold
from vision.errors import VisionError

ARCHIVE = "application/zip"
MOST_REASON = 500

router = APIRouter(tags=["cases"], dependencies=[Depends(signed_in)])
ANSWERS: dict[int | str, dict[str, object]] = {404: {"model": ErrorBody}}


class CheckedFileBody(Answer):
    """A sealed file: as it was, altered, missing, or deleted because its time was up."""

    path: str
    sha256: str
    state: FileState


class CheckBody(Answer):
    """A case compared with what was sealed when it was closed. number: of the newest manifest.

    faults: what is wrong with the seal itself: a manifest's text, what the audit log tells of it,
    the rows of the case.
    """

    case: str
    number: int
    sealed_at: str
    is_sound: bool
    faults: tuple[Fault, ...]
    files: tuple[CheckedFileBody, ...]


class ExportQuestion(Question):
    """How a case is exported. blur_persons: nobody is to be recognised; clips are left out."""

    blur_persons: bool = False


class HoldQuestion(Question):
    """Why evidence is to be kept: who asked for it, and what for."""

    reason: str = Field(min_length=1, max_length=MOST_REASON)


class HoldBody(Answer):
    """A case that is held: since when, by whom, why."""

    case: str
    at: UtcTime
    by: str
    reason: str


class HoldsBody(Answer):
    """Every case that is held, the longest held first."""

    holds: tuple[HoldBody, ...]


@router.get("/api/cases/{incident}/check", responses=ANSWERS)
def check(incident: str, services: ServicesDep) -> CheckBody:
    """Compare a closed case with what was sealed; reads every file of it."""
    found = check_case(services.store, services.data_dir, incident)
    return CheckBody(
        case=found.case_id,
        number=found.number,
        sealed_at=found.sealed_at,
        is_sound=found.is_sound,
        faults=found.faults,
        files=tuple(
            CheckedFileBody(path=one.path, sha256=one.sha256, state=one.state)
            for one in found.files
        ),
    )


@router.post(
    "/api/cases/{incident}/export",
    response_class=StreamingResponse,
    responses=ANSWERS
    | {
        200: {"content": {ARCHIVE: {}}, "description": "The archive, made as it is sent"},
        409: {"model": ErrorBody, "description": "not_exportable: persons cannot be blurred"},
    },
)
def export(
    incident: str,
    question: ExportQuestion,
    services: ServicesDep,
    who: SignInDep,
    seen: JurisdictionDep,
) -> StreamingResponse:
    """Return a case as an archive that can be read and proved without this program."""
    wish = ExportWish(
        case_id=incident,
        by=who.user.username,
        at=services.now(),
        site=services.site.name,
        zone=services.site.zone,
        version=services.version,
        veil=_veil(services) if question.blur_persons else None,
        within=seen,
    )
    chunks = export_case(services.store, services.data_dir, wish)
    headers = {"Content-Disposition": f'attachment; filename="case-{incident}.zip"'}
    return StreamingResponse(chunks, media_type=ARCHIVE, headers=headers)


@router.get("/api/holds", dependencies=[Depends(administrator)])
def list_holds(services: ServicesDep) -> HoldsBody:
    """Return every case that is held."""
    return HoldsBody(holds=tuple(_hold(one) for one in services.store.holds.all()))


@router.put("/api/cases/{incident}/hold", dependencies=[Depends(administrator)], responses=ANSWERS)
def hold(incident: str, question: HoldQuestion, services: ActingDep) -> HoldBody:
    """Keep evidence and recordings of a case, whatever is due, until it is released."""
    return _hold(services.store.holds.place(incident, question.reason, services.now()))


@router.delete(
    "/api/cases/{incident}/hold",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[Depends(administrator)],
    responses=ANSWERS,
)
def release(
    incident: str, services: ActingDep, reason: Annotated[str, Field(max_length=MOST_REASON)] = ""
) -> None:
    """End the hold on a case: what is due goes with the next round of retention."""
    services.store.holds.release(incident, reason, services.now())


def _veil(services: Services) -> Veil:
    """Return what veils persons; raises NotExportableError where no model can be had."""
    if services.open_veil is None:
        raise NotExportableError("no model finds persons here, so nobody can be blurred")
    try:
        return services.open_veil()
    except VisionError as error:
        raise NotExportableError(f"persons cannot be blurred: {error}") from error


def _hold(hold: Hold) -> HoldBody:
    return HoldBody(case=hold.incident_id, at=hold.at, by=hold.by, reason=hold.reason)
