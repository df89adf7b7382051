"""Who is asking, and from which page: the session cookie and the check of `Origin`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Response
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api.services import Services, ServicesDep
from gateway.http.errors import (
    BadOriginError,
    ForbiddenError,
    PasswordChangeRequiredError,
    UnauthenticatedError,
    error_response,
    tongue_of,
)
from gateway.store.sessions import LONGEST
from gateway.store.users import Role, User

COOKIE = "gridpatrol_session"

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110 §9.2.1, without TRACE), which any page may cause."""

DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
HTTP_SCHEMES: Mapping[str, str] = {"ws": "http", "wss": "https"}


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person signed in, by the token in their cookie."""

    token: str
    user: User


def find_session(connection: HTTPConnection, services: Services) -> SignIn | None:
    """Return whose session it is, None without a valid one; keeps it alive by this use."""
    token = connection.cookies.get(COOKIE, "")
    session = services.store.sessions.find(token) if token else None
    return None if session is None else SignIn(token, session.user)


def find_anybody(connection: HTTPConnection, services: Services) -> SignIn | None:
    """Return who is asking: as `find_session`, None for whoever must choose a password first."""
    found = find_session(connection, services)
    return None if found is None or found.user.must_change_password else found


def find_sign_in(connection: HTTPConnection, services: Services) -> SignIn | None:
    """Return who is asking and may see the site: as `find_anybody`, None for a reporter as well."""
    found = find_anybody(connection, services)
    return None if found is None or found.user.role is Role.REPORTER else found


def session_holder(connection: HTTPConnection, services: ServicesDep) -> SignIn:
    """Return whose session it is, also before they chose a password; for doing just that.

    Raises UnauthenticatedError without a valid session.
    """
    found = find_session(connection, services)
    if found is None:
        raise UnauthenticatedError("Nobody is signed in, or the session has ended: sign in again.")
    return found


SessionDep = Annotated[SignIn, Depends(session_holder)]


def anybody(sign_in: SessionDep) -> SignIn:
    """Return who is asking, a reporter too.

    Raises UnauthenticatedError without a valid session, and PasswordChangeRequiredError while the
    password is one that was made up for them.
    """
    if sign_in.user.must_change_password:
        raise PasswordChangeRequiredError(
            "This password was made up for you: choose your own before anything else."
        )
    return sign_in


AnybodyDep = Annotated[SignIn, Depends(anybody)]


def signed_in(sign_in: AnybodyDep) -> SignIn:
    """Return who is asking; raises UnauthenticatedError, and ForbiddenError for a reporter."""
    if sign_in.user.role is Role.REPORTER:
        raise ForbiddenError("Reporters send findings and see nothing of the site: ask operators.")
    return sign_in


SignInDep = Annotated[SignIn, Depends(signed_in)]


def in_their_name(sign_in: SignInDep, services: ServicesDep) -> Services:
    """Return the services for a change: the audit log names who is asking."""
    return services.acting_as(sign_in.user.username)


ActingDep = Annotated[Services, Depends(in_their_name)]


def administrator(sign_in: SignInDep) -> SignIn:
    """Return who is asking; raises ForbiddenError unless it is an administrator."""
    if sign_in.user.role is not Role.ADMIN:
        raise ForbiddenError("Only an administrator may do this: ask one, or sign in as one.")
    return sign_in


def set_cookie(response: Response, connection: HTTPConnection, token: str) -> None:
    """Hand a session's token to the browser, out of reach of scripts and of other sites."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LONGEST.total_seconds()),
        path=_cookie_path(connection),
        secure=connection.url.scheme in {"https", "wss"},
        httponly=True,
        samesite="strict",
    )


def clear_cookie(response: Response, connection: HTTPConnection) -> None:
    """Have the browser forget its token."""
    response.delete_cookie(COOKIE, path=_cookie_path(connection), httponly=True, samesite="strict")


def _cookie_path(connection: HTTPConnection) -> str:
    return connection.scope.get("root_path") or "/"


def bearer_token(scope: Scope) -> str:
    """Return the token of `Authorization: Bearer` (RFC 6750 §2.1), "" without one."""
    kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def comes_from_here(scope: Scope, allowed: tuple[str, ...]) -> bool:
    """Return whether `Origin` names the host and scheme of the request itself or an allowed origin.

    A request without `Origin` comes from no page we know: refused as well. Browsers always send it
    with requests that change something and with WebSockets.
    """
    headers = Headers(scope=scope)
    origin = _normal_origin(headers.get("origin", ""))
    if origin is None:
        return False
    scheme = HTTP_SCHEMES.get(scope["scheme"], scope["scheme"])
    own = _normal_origin(f"{scheme}://{headers.get('host', '')}")
    return origin == own or origin in {_normal_origin(other) for other in allowed}


def _normal_origin(text: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of an origin (RFC 6454 §4), None for anything else."""
    try:
        parts = urlsplit(text)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or port is None or parts.path or parts.query or parts.fragment:
        return None
    return (parts.scheme, parts.hostname, port)


def _without_cookies(scope: Scope) -> Scope:
    return {**scope, "headers": [each for each in scope["headers"] if each[0] != b"cookie"]}


class OriginCheck:
    """ASGI layer that refuses requests which change something unless our own pages sent them.

    What carries a bearer token comes from a program that was given it, and no browser adds one by
    itself: it needs no Origin, and goes on without cookies, so that they lend it no rights. So does
    what goes to the paths in `signed`, where a signature says who sends it.
    """

    def __init__(
        self, app: ASGIApp, allowed: tuple[str, ...], signed: frozenset[str] = frozenset()
    ) -> None:
        self._app = app
        self._allowed = allowed
        self._signed = signed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] == "http" and (bearer_token(scope) or self._is_signed(scope)):
            await self._app(_without_cookies(scope), receive, send)
            return
        unsafe = scope["type"] == "http" and scope["method"] not in SAFE_METHODS
        if unsafe and not comes_from_here(scope, self._allowed):
            refusal = BadOriginError(
                "This request must come from the console's own pages: its Origin header is missing "
                "or names another address. Behind a proxy, list the address in allowed_origins."
            )
            await error_response(refusal, tongue_of(HTTPConnection(scope)))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_signed(self, scope: Scope) -> bool:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return scope["method"] == "POST" and path in self._signed
