"""Which places whoever asks may see: those of their unit and all below it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated

from fastapi import Depends
from fastapi.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from gateway.api.security import SignInDep, find_sign_in
from gateway.api.services import Services, ServicesDep
from gateway.errors import NotFoundError
from gateway.store import Store
from gateway.store.inventory import CameraRef
from gateway.units import Jurisdiction

_MOST_DIGITS = 18
"""Of a number that every database holds."""


def jurisdiction(sign_in: SignInDep, services: ServicesDep) -> Jurisdiction | None:
    """Return the places that whoever asks sees, None for all of them."""
    return services.store.units.jurisdiction(sign_in.user)


JurisdictionDep = Annotated[Jurisdiction | None, Depends(jurisdiction)]


async def within_jurisdiction(connection: HTTPConnection, services: ServicesDep) -> None:
    """Refuse, as if it were not there, a thing of a place that whoever asks may not see.

    For every route: what is asked for is in the path, or a camera in the query. Who is not signed
    in is left to the route.
    """
    named = _named(connection)
    if named:
        await run_in_threadpool(_check, connection, services, named)


def _named(connection: HTTPConnection) -> list[tuple[str, str]]:
    path = [(key, str(value)) for key, value in connection.path_params.items() if key in _PLACES]
    return path + [("camera", value) for value in connection.query_params.getlist("camera")]


def _check(connection: HTTPConnection, services: Services, named: list[tuple[str, str]]) -> None:
    sign_in = find_sign_in(connection, services)
    seen = None if sign_in is None else services.store.units.jurisdiction(sign_in.user)
    if seen is None:
        return
    for what, key in named:
        place = _PLACES[what](services.store, key)
        if not seen.covers(place.unit, place.grid):
            raise NotFoundError(f"there is no {what} {key}")


def _of_camera(store: Store, key: str) -> CameraRef:
    return store.inventory.get(key).ref


def _of_incident(store: Store, key: str) -> CameraRef:
    return store.incidents.get(key).origin.camera


def _of_segment(store: Store, key: str) -> CameraRef:
    if not (key.isascii() and key.isdecimal() and len(key) <= _MOST_DIGITS):
        raise NotFoundError(f"there is no segment {key}")
    return _of_camera(store, store.segments.get(int(key)).camera_id)


def _of_evidence(store: Store, key: str) -> CameraRef:
    return _of_incident(store, store.evidence.get(key).incident_id)


_PLACES: Mapping[str, Callable[[Store, str], CameraRef]] = MappingProxyType(
    {
        "camera": _of_camera,
        "incident": _of_incident,
        "evidence": _of_evidence,
        "segment": _of_segment,
    }
)
"""Parameters of routes, to where the thing is that they name; each raises NotFoundError."""
