"""Places that several cameras watch: where two of them see water, there is one incident.

The first to open is the place's. What another camera sees is added to it as proof; should the first
close while the other still sees water, the other's becomes the place's. A camera that sees red
where the place's incident is not is told apart: nobody who looks at a yellow one expects that.
"""

import threading
from dataclasses import dataclass, replace
from typing import Self

from gateway.store import Store
from gateway.store.inventory import Camera
from gateway.water_file import water_from_json
from vision.types import ChangeType, IncidentChange, Severity
from vision.water.conditions import WATERLOGGING


@dataclass(frozen=True, slots=True)
class Lead:
    """The incident of a place. camera: whose it is."""

    camera: str
    incident: str
    severity: Severity

    @classmethod
    def of(cls, change: IncidentChange) -> Self:
        """Return the lead that an incident is, as it stands after a change."""
        told = change.incident
        return cls(told.camera, told.id, told.severity)


class Places:
    """Who leads at each place, for the cameras of one worker; any thread.

    Cameras of other workers are known by what the store has of them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leads: dict[str, Lead] = {}
        self._changing = threading.Lock()

    def lead(self, camera: Camera, place: str) -> Lead | None:
        """Return the open incident of another camera of a place, None where there is none."""
        here = self._leads.get(place)
        if here is not None and here.camera != camera.id:
            return here
        mates = {one.id for one in self._store.inventory.cameras() if _place_of(one) == place}
        for told in self._store.incidents.left_open((WATERLOGGING,)):
            if told.incident.camera in mates - {camera.id}:
                return Lead.of(told)
        return None

    def note(self, place: str, change: IncidentChange) -> None:
        """Take note of a change of what may be a place's incident."""
        told = Lead.of(change)
        with self._changing:
            if change.type is not ChangeType.CLOSED:
                self._leads[place] = told
            elif place in self._leads and self._leads[place].incident == told.incident:
                del self._leads[place]

    def leave(self, camera: Camera) -> None:
        """Forget that a camera leads, because it looks no more; what it left open the store has."""
        with self._changing:
            leads = self._leads.items()
            self._leads = {place: lead for place, lead in leads if lead.camera != camera.id}


class Follower:
    """One camera of a place: which of its changes are told as its own.

    followed: the newest change of what is told as another's, None while nothing is.
    """

    def __init__(self, camera: Camera, place: str, places: Places) -> None:
        self._camera = camera
        self._place = place
        self._places = places
        self.followed: IncidentChange | None = None

    def lead_of(self, change: IncidentChange) -> str | None:
        """Return the incident that a change belongs to instead of its own, None for its own."""
        if not self._place or change.incident.rule != WATERLOGGING:
            return None
        begins = change.type is ChangeType.OPENED
        lead = self._places.lead(self._camera, self._place) if begins or self.followed else None
        if lead is None or _is_news(change, lead):
            self._places.note(self._place, change)
            return None
        self.followed = None if change.type is ChangeType.CLOSED else change
        return lead.incident

    def leave(self) -> None:
        """Lead no more: nobody will say that what is told here has ended."""
        self._places.leave(self._camera)

    def take_over(self) -> IncidentChange | None:
        """Return what becomes the place's incident because the one before it has closed."""
        if self.followed is None or self._places.lead(self._camera, self._place) is not None:
            return None
        change = replace(self.followed, type=ChangeType.OPENED)
        self.followed = None
        self._places.note(self._place, change)
        return change


def _is_news(change: IncidentChange, lead: Lead) -> bool:
    """Say whether a camera sees red where the place's incident does not."""
    is_red = change.incident.severity is Severity.RED and change.type is not ChangeType.CLOSED
    return is_red and lead.severity is not Severity.RED


def _place_of(camera: Camera) -> str:
    return water_from_json(camera.water).place if camera.water else ""
