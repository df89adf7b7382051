"""Every refusal is `{"error": {"code", "message"}}`: the status table and the handlers."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from gateway.errors import (
    BadOfferError,
    BadStatusError,
    BadUploadError,
    BusyError,
    CaseChangedError,
    ConfigError,
    GatewayError,
    GroundUnseenError,
    IceRestartError,
    NoPictureError,
    NoTalkError,
    NotExportableError,
    NotFoundError,
    NotPlayableError,
    NotToldError,
    OnvifError,
    PasswordRefusedError,
    QueueUnreachableError,
    RainFeedError,
    RoundRefusedError,
    SpanTooLongError,
    StepRefusedError,
    StorageError,
    StreamLostError,
    StreamSharedError,
    UnauthorizedError,
    UnreachableError,
    WorkerUnreachableError,
)
from gateway.http.tongue import PLAIN, Tongue, Tongues
from gateway.rules_file import RulesRefusedError
from gateway.yaml_file import Location, Mistake, dotted


class UnauthenticatedError(GatewayError):
    """The request carries no valid sign-in session or token."""

    code = "unauthenticated"


class BadCredentialsError(GatewayError):
    """User name and password do not belong together; it never says which is wrong."""

    code = "bad_credentials"


class BadOriginError(GatewayError):
    """A request that changes something comes from another site's page, or from nowhere."""

    code = "bad_origin"


class ForbiddenError(GatewayError):
    """Who is signed in may not do this."""

    code = "forbidden"


class PasswordChangeRequiredError(ForbiddenError):
    """Who is signed in has a password that was made up for them, and must choose their own."""

    code = "password_change_required"


class BadRequestError(GatewayError):
    """A parameter or body is not what the API takes."""

    code = "bad_request"


class BadFieldsError(BadRequestError):
    """Fields of what was sent are not what the API takes."""

    def __init__(self, found: Sequence[Mistake]) -> None:
        super().__init__("; ".join(f"{dotted(one.location)}: {one.text}" for one in found))
        self.found = tuple(found)


class MediaTypeError(GatewayError):
    """The body is of another media type than the route takes."""

    code = "unsupported_media_type"


class NotSendingError(NoPictureError):
    """A camera that somebody wants to watch live sends nothing now; it may in a moment."""

    code = "not_sending"


class PreconditionMissingError(GatewayError):
    """A change to a live session does not say which state of it is meant."""

    code = "precondition_required"


class PreconditionFailedError(GatewayError):
    """A change to a live session means another state of it than there is."""

    code = "precondition_failed"


class TooManyAttemptsError(GatewayError):
    """Too many failed sign-ins; `retry_after_s` seconds until the next may be tried."""

    code = "too_many_attempts"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


STATUS: Mapping[type[GatewayError], HTTPStatus] = {
    BadRequestError: HTTPStatus.UNPROCESSABLE_ENTITY,
    BadOfferError: HTTPStatus.BAD_REQUEST,
    BadStatusError: HTTPStatus.UNPROCESSABLE_ENTITY,
    BadUploadError: HTTPStatus.UNPROCESSABLE_ENTITY,
    RoundRefusedError: HTTPStatus.CONFLICT,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    BadCredentialsError: HTTPStatus.UNAUTHORIZED,
    PasswordRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    BadOriginError: HTTPStatus.FORBIDDEN,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    ConfigError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFoundError: HTTPStatus.NOT_FOUND,
    NoPictureError: HTTPStatus.NOT_FOUND,
    NotSendingError: HTTPStatus.CONFLICT,
    GroundUnseenError: HTTPStatus.CONFLICT,
    PreconditionMissingError: HTTPStatus.PRECONDITION_REQUIRED,
    PreconditionFailedError: HTTPStatus.PRECONDITION_FAILED,
    IceRestartError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotExportableError: HTTPStatus.CONFLICT,
    CaseChangedError: HTTPStatus.CONFLICT,
    StepRefusedError: HTTPStatus.CONFLICT,
    NotPlayableError: HTTPStatus.CONFLICT,
    SpanTooLongError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NoTalkError: HTTPStatus.CONFLICT,
    StreamSharedError: HTTPStatus.CONFLICT,
    MediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    TooManyAttemptsError: HTTPStatus.TOO_MANY_REQUESTS,
    RainFeedError: HTTPStatus.BAD_GATEWAY,
    UnreachableError: HTTPStatus.BAD_GATEWAY,
    StreamLostError: HTTPStatus.BAD_GATEWAY,
    UnauthorizedError: HTTPStatus.BAD_GATEWAY,
    OnvifError: HTTPStatus.BAD_GATEWAY,
    NotToldError: HTTPStatus.BAD_GATEWAY,
    BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    QueueUnreachableError: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
    WorkerUnreachableError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Status of each error; one that is not here (nor its parents) is a 500."""

PROTOCOL_CODES: Mapping[int, str] = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}
"""Codes for refusals by the framework itself, before any route runs."""


RETRY_AFTER_S = 2
"""What a 503 asks clients to wait; a worker is back within that."""


class MistakeBody(BaseModel):
    """One thing wrong in what was sent.

    location: such as `rules.0.confirm_s`. code: a stable word, such as `missing`. text: a sentence
    in the reader's language, without the field's name.
    """

    location: str
    code: str
    text: str


class ErrorDetail(BaseModel):
    """A stable word for programs and one sentence for people, in the language they ask for.

    mistakes: only where single places of what was sent are wrong.
    """

    code: str
    message: str
    mistakes: tuple[MistakeBody, ...] | None = None


class ErrorBody(BaseModel):
    """The body of every answer that is not a success."""

    error: ErrorDetail


def answer_errors(app: FastAPI, tongues: Tongues | None = None) -> None:
    """Make an application answer every error in our one form; without `tongues` in English."""
    app.state.tongues = tongues
    app.exception_handler(GatewayError)(_refused)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_protocol_error)
    app.exception_handler(Exception)(_failed)


def tongue_of(connection: HTTPConnection) -> Tongue:
    """Return the language that whoever asks would like best; English where they do not say."""
    tongues = cast("Tongues | None", connection.app.state.tongues)
    wishes = connection.headers.get("accept-language", "")
    return PLAIN if tongues is None else tongues.for_wishes(wishes)


TongueDep = Annotated[Tongue, Depends(tongue_of)]


def status_of(error: GatewayError) -> HTTPStatus:
    """Return the HTTP status of an error, by its class or the nearest parent in the table."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def error_response(error: GatewayError, tongue: Tongue = PLAIN) -> JSONResponse:
    """Return an error as it goes over the wire."""
    status = status_of(error)
    headers = {}
    if isinstance(error, TooManyAttemptsError):
        headers = {"Retry-After": str(error.retry_after_s)}
    elif status == HTTPStatus.SERVICE_UNAVAILABLE or isinstance(error, NotSendingError):
        headers = {"Retry-After": str(RETRY_AFTER_S)}
    detail = ErrorDetail(code=error.code, message=tongue.say(str(error)))
    if isinstance(error, RulesRefusedError | BadFieldsError):
        detail.message = tongue.mistakes(error.found)
        detail.mistakes = tuple(
            MistakeBody(location=dotted(one.location), code=one.kind, text=tongue.mistake(one))
            for one in error.found
        )
    return _answer(status, detail, tongue, headers)


def fields_refused(faults: Iterable[ErrorDetails]) -> BadFieldsError:
    """Return the refusal of what pydantic found wrong; never with the value, a password perhaps."""
    return BadFieldsError(
        [
            Mistake(one["loc"], one["msg"].removeprefix(_OURS), one["type"], one.get("ctx", {}))
            for one in faults
        ]
    )


_OURS = "Value error, "
"""What pydantic puts before the sentences of our own checks."""


def _answer(
    status: int, detail: ErrorDetail, tongue: Tongue, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    body = ErrorBody(error=detail)
    said = {"Content-Language": tongue.language, "Vary": "Accept-Language"}
    return JSONResponse(body.model_dump(exclude_none=True), status, {**said, **(headers or {})})


async def _refused(request: Request, error: GatewayError) -> Response:
    return error_response(error, tongue_of(request))


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    faults = (
        cast("ErrorDetails", {**fault, "loc": _field(fault["loc"])}) for fault in error.errors()
    )
    return error_response(fields_refused(faults), tongue_of(request))


def _field(location: Location) -> Location:
    """Return where a field stands within the body or the query, without the word for these."""
    return location[1:] or location


async def _protocol_error(request: Request, error: HTTPException) -> Response:
    code = PROTOCOL_CODES.get(error.status_code, "error")
    tongue = tongue_of(request)
    detail = ErrorDetail(code=code, message=tongue.say(error.detail))
    return _answer(error.status_code, detail, tongue, error.headers)


async def _failed(request: Request, _error: Exception) -> Response:
    """Tell nothing of a fault of our own; the server logs it with its traceback."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    tongue = tongue_of(request)
    message = tongue.say("gridpatrol made a mistake; its log has the details.")
    return _answer(status, ErrorDetail(code="internal", message=message), tongue)
