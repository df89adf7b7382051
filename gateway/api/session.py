"""Signing in and out, and choosing a password."""

from math import ceil
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Request, Response, status
from pydantic import AfterValidator, Field, SecretStr

from gateway.api.fields import Answer, Question
from gateway.api.runtime import RuntimeDep
from gateway.api.security import COOKIE, SessionDep, clear_cookie, set_cookie
from gateway.api.services import Services, ServicesDep
from gateway.http.errors import BadCredentialsError, ErrorBody, TooManyAttemptsError
from gateway.store.users import Role, User, Verdict


def _encodable(password: SecretStr) -> SecretStr:
    """Refuse half a surrogate pair, which JSON can spell and no hash can take."""
    try:
        password.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("a password must be valid Unicode text") from None
    return password


Password = Annotated[SecretStr, Field(min_length=1, max_length=256), AfterValidator(_encodable)]

router = APIRouter(prefix="/api/session", tags=["session"])


class Credentials(Question):
    """A user name and its password."""

    username: str = Field(min_length=1, max_length=64)
    password: Password


class PasswordChange(Question):
    """The password so far and the one to come."""

    old_password: Password
    new_password: Password


class UserBody(Answer):
    """A person signed in. must_change_password: the password is one that we made up.

    unit: id of theirs, null: the whole site.
    """

    username: str
    role: Role
    must_change_password: bool
    unit: str | None


class SessionBody(Answer):
    """Whose session it is."""

    user: UserBody


@router.post("", responses={401: {"model": ErrorBody}, 429: {"model": ErrorBody}})
async def sign_in(
    credentials: Credentials,
    request: Request,
    response: Response,
    services: ServicesDep,
    runtime: RuntimeDep,
) -> SessionBody:
    """Begin a session; its token comes in a cookie. Repeated failures make the next try wait."""
    address = request.client.host if request.client else "unknown"
    verdict = await to_thread.run_sync(
        _verify, services, credentials, address, limiter=runtime.password_checks
    )
    if verdict.retry_after_s > 0:
        wait_s = ceil(verdict.retry_after_s)
        raise TooManyAttemptsError(
            f"Too many failed sign-ins for this user or address: try again in {wait_s} s.", wait_s
        )
    if verdict.user is None:
        raise BadCredentialsError("User name and password do not belong together: try again.")
    token = await to_thread.run_sync(services.store.sessions.begin, verdict.user)
    set_cookie(response, request, token)
    return _body(verdict.user)


@router.get("")
def read_session(sign_in: SessionDep) -> SessionBody:
    """Return who is signed in."""
    return _body(sign_in.user)


@router.delete("", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(
    request: Request, response: Response, services: ServicesDep, runtime: RuntimeDep
) -> None:
    """End the session with its event channels and live pictures; without a session, do nothing."""
    token = request.cookies.get(COOKIE)
    if token:
        await to_thread.run_sync(services.store.sessions.end, token)
        await runtime.watch.end(token)
    clear_cookie(response, request)


@router.post("/password")
async def change_password(
    change: PasswordChange,
    signed_in: SessionDep,
    request: Request,
    response: Response,
    services: ServicesDep,
    runtime: RuntimeDep,
) -> SessionBody:
    """Choose a password. All sessions of the user end but this one, which gets a new token."""
    async with runtime.watch.paused:
        user, token = await to_thread.run_sync(
            _change_password, services, signed_in.user, change, limiter=runtime.password_checks
        )
        runtime.watch.move(signed_in.token, token)
    set_cookie(response, request, token)
    return _body(user)


def _verify(services: Services, credentials: Credentials, address: str) -> Verdict:
    password = credentials.password.get_secret_value()
    return services.store.users.verify(credentials.username, password, address)


def _change_password(services: Services, user: User, change: PasswordChange) -> tuple[User, str]:
    users, sessions = services.store.users, services.store.sessions
    users.change_password(
        user.username,
        change.old_password.get_secret_value(),
        change.new_password.get_secret_value(),
    )
    changed = users.get(user.username)
    return changed, sessions.begin(changed)


def _body(user: User) -> SessionBody:
    return SessionBody(
        user=UserBody(
            username=user.username,
            role=user.role,
            must_change_password=user.must_change_password,
            unit=user.unit,
        )
    )
