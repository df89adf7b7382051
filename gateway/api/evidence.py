"""Evidence files, by the ids that the store gave them; never by path."""

from pathlib import Path

from fastapi import APIRouter, Request, Response, status
from fastapi.responses import FileResponse

from gateway.api.security import SignIn, SignInDep
from gateway.api.services import Services, ServicesDep
from gateway.audit.act import Act, AuditAction, evidence_object
from gateway.errors import NotFoundError
from gateway.http.errors import ErrorBody
from gateway.store.evidence import Evidence, EvidenceType

CACHE = "private, max-age=86400, immutable"
"""A file never changes under its id. Kept by the person's own browser only, for a day."""

router = APIRouter(prefix="/api/evidence", tags=["evidence"])


@router.get(
    "/{evidence}",
    response_class=FileResponse,
    responses={
        200: {
            "content": {"image/jpeg": {}, "video/mp4": {}, "application/pdf": {}},
            "description": "The file",
        },
        206: {"description": "The part that Range asked for"},
        304: {"description": "The browser has it already"},
        404: {"model": ErrorBody},
    },
)
def read_evidence(
    evidence: str, request: Request, services: ServicesDep, who: SignInDep
) -> Response:
    """Return a picture or a clip, whole or by Range; the audit log tells who saw it, hourly."""
    piece = services.store.evidence.get(evidence)
    path = _path_of(piece, services)
    _tell(piece, who, services)
    etag = f'"{piece.sha256}"'
    headers = {"Cache-Control": CACHE, "ETag": etag}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return FileResponse(
        path,
        media_type=piece.content_type,
        headers=headers,
        filename=f"{piece.incident_id}-{piece.type}{path.suffix}",
        content_disposition_type="attachment" if piece.type is EvidenceType.FILE else "inline",
    )


def _tell(piece: Evidence, who: SignIn, services: Services) -> None:
    thing = evidence_object(piece.incident_id, piece.id)
    detail = {"type": piece.type, "sha256": piece.sha256}
    action = AuditAction.EVIDENCE_VIEWED
    services.store.audit.tell_hourly(Act(services.now(), who.user.username, action, thing, detail))


def _path_of(piece: Evidence, services: Services) -> Path:
    """Return the real path of a file; raises NotFoundError unless it is in the evidence directory.

    Links are followed first, so that neither ".." nor a link in a stored path leads elsewhere.
    """
    missing = NotFoundError(f"The file of evidence {piece.id} is no longer kept.")
    try:
        path = (services.data_dir / piece.path).resolve(strict=True)
    except (OSError, ValueError) as error:
        raise missing from error
    if not path.is_relative_to(services.evidence_dir.resolve()) or not path.is_file():
        raise missing
    return path
