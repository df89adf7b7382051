"""Who watches live: a person signed in, or a player with a token for one camera."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import HTTPConnection

from gateway.api.security import bearer_token, find_sign_in
from gateway.api.services import Services, ServicesDep
from gateway.http.errors import UnauthenticatedError
from gateway.store import Store
from gateway.store.users import Role

PLAYER: Final = "player"
"""What a player's token allows: one camera."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """token: what the live pictures end with. only: the one camera it may see, None for all."""

    token: str
    only: str | None = None

    def check(self, camera: str) -> None:
        """Raise UnauthenticatedError unless this camera may be seen."""
        if self.only not in {None, camera}:
            raise UnauthenticatedError("This token is for another camera: make one for this.")


def find_watcher(connection: HTTPConnection, services: Services) -> Watcher | None:
    """Return who is asking; None without a valid session or token."""
    token = bearer_token(connection.scope)
    if token:
        found = services.store.player_tokens.find(token)
        return None if found is None else Watcher(token, found.camera_id)
    sign_in = find_sign_in(connection, services)
    return None if sign_in is None else Watcher(sign_in.token)


def watcher(connection: HTTPConnection, services: ServicesDep) -> Watcher:
    """Return who is asking; raises UnauthenticatedError without a valid session or token."""
    found = find_watcher(connection, services)
    if found is None:
        raise UnauthenticatedError(
            "Nobody is signed in and there is no valid player's token, or it has expired."
        )
    return found


WatcherDep = Annotated[Watcher, Depends(watcher)]


def rights_of(store: Store, token: str) -> str | None:
    """Return what a session or a player's token allows, None: nothing; keeps no session alive."""
    session = store.sessions.peek(token)
    if session is not None:
        return None if session.user.role is Role.REPORTER else session.user.role.value
    return None if store.player_tokens.find(token) is None else PLAYER
