"""The tree of units: who lies in whom, and which cameras are whose."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from gateway.api.fields import Answer, Question
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.security import SignInDep, administrator, signed_in
from gateway.api.services import Services, ServicesDep
from gateway.unit_file import UnitEntry
from gateway.units import Jurisdiction, tree_of
from gateway.workflow.case import Level

MOST_UNITS = 5000
UNITS = "/api/units"
LARGE_BODIES = {UNITS: 1024 * 1024}
"""Routes that take more than others."""

router = APIRouter(prefix=UNITS, tags=["units"])


class UnitBody(Answer):
    """A unit. cameras: how many name it, not those below it, of those that whoever asks may see."""

    id: str
    name: str
    level: Level
    parent: str | None
    cameras: int


class UnitsBody(Answer):
    """All units, the highest levels first.

    placeless: ids of cameras that name no unit clearly, for whoever sees the whole site.
    """

    units: tuple[UnitBody, ...]
    placeless: tuple[str, ...]


class UnitsQuestion(Question):
    """The units that are to be, all of them."""

    units: Annotated[tuple[UnitEntry, ...], Field(max_length=MOST_UNITS)]


@router.get("", dependencies=[Depends(signed_in)])
def list_units(services: ServicesDep, seen: JurisdictionDep) -> UnitsBody:
    """Return the tree."""
    return _body(services, seen)


@router.put("", dependencies=[Depends(administrator)])
def replace_units(question: UnitsQuestion, services: ServicesDep, sign_in: SignInDep) -> UnitsBody:
    """Replace the tree; refused where it is none, or leaves a user without their unit."""
    tree = tree_of(entry.unit for entry in question.units)
    services.store.acting_as(sign_in.user.username).units.replace(tree)
    return _body(services, None)


def _body(services: Services, seen: Jurisdiction | None) -> UnitsBody:
    tree = services.store.units.tree()
    count = dict.fromkeys(tree.by_id, 0)
    placeless = []
    for camera in services.store.inventory.cameras():
        if seen is not None and not seen.covers(camera.unit, camera.grid):
            continue
        unit = tree.find(camera.unit, camera.grid)
        if unit is None:
            placeless.append(camera.id)
        else:
            count[unit.id] += 1
    return UnitsBody(
        units=tuple(
            UnitBody(
                id=one.id,
                name=one.name,
                level=one.level,
                parent=one.parent,
                cameras=count[one.id],
            )
            for one in tree.units
        ),
        placeless=tuple(placeless),
    )
