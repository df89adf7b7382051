"""The plan of the patrol: its rota and its routes."""

from fastapi import APIRouter, Depends

from gateway.api.fields import Answer, UtcTime
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.patrol_rounds import camera_names
from gateway.api.security import SignInDep, administrator, signed_in
from gateway.api.services import ServicesDep
from gateway.patrol_file import PlanBody, check_cameras

router = APIRouter(prefix="/api/patrol/plan", tags=["patrol"], dependencies=[Depends(signed_in)])


class PlanAnswer(Answer):
    """The plan that holds, since when, and who made it so; null before there is one."""

    plan: PlanBody | None
    at: UtcTime | None
    by: str


@router.get("")
def read_plan(services: ServicesDep, seen: JurisdictionDep) -> PlanAnswer:
    """Return the plan: rota and routes, those that whoever asks may see."""
    stored = services.store.patrol.plan(seen)
    if stored is None:
        return PlanAnswer(plan=None, at=None, by="")
    return PlanAnswer(plan=stored.body, at=stored.at, by=stored.by)


@router.put("", dependencies=[Depends(administrator)])
def write_plan(plan: PlanBody, services: ServicesDep, sign_in: SignInDep) -> PlanAnswer:
    """Have another plan hold from now on; rounds that were due before stay as they were."""
    check_cameras(plan, camera_names(services))
    user = sign_in.user.username
    services.store.patrol.put_plan(plan, user, services.now(), services.site.zone)
    return read_plan(services, None)
