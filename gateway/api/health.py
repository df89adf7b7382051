"""Is this machine at work? For load balancers and monitors; no sign-in, no secrets."""

from enum import StrEnum

from fastapi import APIRouter, Response, status
from fastapi.concurrency import run_in_threadpool

from gateway.api import cameras
from gateway.api.fields import Answer
from gateway.api.services import Services, ServicesDep
from gateway.api.system import LoadBody, QueueBody, StorageBody, system_body
from gateway.dispatch.relay import QueueState
from gateway.errors import StorageError

router = APIRouter(tags=["health"])


class Health(StrEnum):
    """ok: all is well. degraded: incidents are kept, but something needs a person. failing: not."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


class CamerasHealth(Answer):
    """How many cameras are switched on, and how many of them give pictures."""

    enabled: int
    online: int


class HealthBody(Answer):
    """The parts are null when the store fails, without which nothing is known."""

    status: Health
    version: str
    store: Health
    queue: QueueBody | None = None
    cameras: CamerasHealth | None = None
    storage: StorageBody | None = None
    load: LoadBody | None = None


@router.get("/healthz", responses={503: {"model": HealthBody}})
async def read_health(services: ServicesDep, response: Response) -> HealthBody:
    """Return how each part is doing; 503 when incidents cannot be kept."""
    health = await run_in_threadpool(_health, services)
    if health.status is Health.FAILING:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return health


def _health(services: Services) -> HealthBody:
    try:
        system = system_body(services)
        enabled = [camera for camera in cameras.read_all(services) if camera.enabled]
    except StorageError:
        return HealthBody(status=Health.FAILING, version=services.version, store=Health.FAILING)
    online = sum(camera.state == "online" for camera in enabled)
    overloaded = system.load is not None and system.load.overloaded_since is not None
    connected = system.queue.state is QueueState.CONNECTED
    well = connected and online == len(enabled) and not overloaded
    return HealthBody(
        status=Health.OK if well else Health.DEGRADED,
        version=services.version,
        store=Health.OK,
        queue=system.queue,
        cameras=CamerasHealth(enabled=len(enabled), online=online),
        storage=system.storage,
        load=system.load,
    )
