"""Which places whoever asks may see: those of their unit and all below it.

What a route names in its path, and a camera in its query, is judged here for every route at once;
lists take `JurisdictionDep` and give it to the store. What is the site's as a whole asks for
`whole_site`, where it is not for administrators anyway.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated

from fastapi import Depends
from fastapi.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from gateway.api.security import SignInDep, find_sign_in
from gateway.api.services import Services, ServicesDep
from gateway.errors import NotFoundError
from gateway.http.errors import ForbiddenError
from gateway.store import Store
from gateway.store.inventory import CameraRef
from gateway.units import Jurisdiction, Place

_MOST_DIGITS = 18
"""Of a number that every database holds."""


def jurisdiction(sign_in: SignInDep, services: ServicesDep) -> Jurisdiction | None:
    """Return the places that whoever asks sees, None for all of them."""
    return services.store.units.jurisdiction(sign_in.user)


JurisdictionDep = Annotated[Jurisdiction | None, Depends(jurisdiction)]


def whole_site(seen: JurisdictionDep) -> None:
    """Raise ForbiddenError for whoever belongs to a unit and is no administrator."""
    if seen is not None:
        raise ForbiddenError(
            "This is about the whole site: ask an administrator, or somebody who belongs to none."
        )


def check_seen(store: Store, seen: Jurisdiction | None, what: str, key: str) -> None:
    """Raise NotFoundError, as if it were not there, for a thing of a place that is not seen.

    what: a name of `PLACES`. For what a route is told in its body; see `within_jurisdiction`.
    """
    if seen is not None and not seen.covers_all(PLACES[what](store, key)):
        raise _missing(what, key)


def is_seen(store: Store, seen: Jurisdiction | None, what: str, key: str) -> bool:
    """Return whether a thing is there and in a place that is seen; what: a name of `PLACES`."""
    try:
        check_seen(store, seen, what, key)
    except NotFoundError:
        return False
    return True


async def within_jurisdiction(connection: HTTPConnection, services: ServicesDep) -> None:
    """Refuse, as if it were not there, a thing of a place that whoever asks may not see.

    For every route: what is asked for is in the path, or a camera in the query. Who is not signed
    in is left to the route.
    """
    named = _named(connection)
    if named:
        await run_in_threadpool(_check, connection, services, named)


def _named(connection: HTTPConnection) -> list[tuple[str, str]]:
    path = [(key, str(value)) for key, value in connection.path_params.items() if key in PLACES]
    return path + [("camera", value) for value in connection.query_params.getlist("camera")]


def _check(connection: HTTPConnection, services: Services, named: list[tuple[str, str]]) -> None:
    sign_in = find_sign_in(connection, services)
    seen = None if sign_in is None else services.store.units.jurisdiction(sign_in.user)
    for what, key in named:
        check_seen(services.store, seen, what, key)


def _of(ref: CameraRef) -> tuple[Place, ...]:
    return ((ref.unit, ref.grid),)


def _of_camera(store: Store, key: str) -> tuple[Place, ...]:
    return _of(store.inventory.get(key).ref)


def _of_incident(store: Store, key: str) -> tuple[Place, ...]:
    return _of(store.incidents.get(key).origin.camera)


def _of_segment(store: Store, key: str) -> tuple[Place, ...]:
    return _of_camera(store, store.segments.get(_number("segment", key)).camera_id)


def _of_evidence(store: Store, key: str) -> tuple[Place, ...]:
    return _of_incident(store, store.evidence.get(key).incident_id)


def _of_round(store: Store, key: str) -> tuple[Place, ...]:
    return store.patrol.places(key)


def _of_handover(store: Store, key: str) -> tuple[Place, ...]:
    return ((store.handovers.unit_of(_number("handover", key)), ""),)


def _number(what: str, key: str) -> int:
    if not (key.isascii() and key.isdecimal() and len(key) <= _MOST_DIGITS):
        raise _missing(what, key)
    return int(key)


def _missing(what: str, key: str) -> NotFoundError:
    return NotFoundError(f"there is no {_CALLED.get(what, what)} {key}")


PLACES: Mapping[str, Callable[[Store, str], tuple[Place, ...]]] = MappingProxyType(
    {
        "camera": _of_camera,
        "incident": _of_incident,
        "evidence": _of_evidence,
        "segment": _of_segment,
        "round_id": _of_round,
        "handover": _of_handover,
    }
)
"""Parameters of routes, to where the thing lies that they name, () for one of the whole site.

Each raises NotFoundError.
"""
_CALLED: Mapping[str, str] = MappingProxyType(
    {"round_id": "round", "handover": "hand-over note", "segment": "recording"}
)
"""What the store calls them, where that is another word."""
