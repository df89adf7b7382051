"""Places that several cameras watch: where two of them see water, there is one incident.

The first to open is the place's. What another camera sees is added to it as proof; should the first
close while the other still sees water, the other's becomes the place's.
"""

import threading
from dataclasses import replace

from gateway.store import Store
from gateway.store.inventory import Camera
from gateway.water_file import water_from_json
from vision.types import ChangeType, IncidentChange
from vision.water.conditions import WATERLOGGING


class Places:
    """Who leads at each place, for the cameras of one worker; any thread.

    Cameras of other workers are known by what the store has of them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leads: dict[str, tuple[str, str]] = {}
        self._changing = threading.Lock()

    def lead(self, camera: Camera, place: str) -> str | None:
        """Return the open incident of another camera of a place, None where there is none."""
        here = self._leads.get(place)
        if here is not None and here[0] != camera.id:
            return here[1]
        mates = {one.id for one in self._store.inventory.cameras() if _place_of(one) == place}
        for told in self._store.incidents.left_open((WATERLOGGING,)):
            if told.incident.camera in mates - {camera.id}:
                return told.incident.id
        return None

    def note(self, place: str, change: IncidentChange) -> None:
        """Take note of a change of what may be a place's incident."""
        told = (change.incident.camera, change.incident.id)
        with self._changing:
            if change.type is not ChangeType.CLOSED:
                self._leads[place] = told
            elif self._leads.get(place) == told:
                del self._leads[place]

    def leave(self, camera: Camera) -> None:
        """Forget that a camera leads, because it looks no more; what it left open the store has."""
        with self._changing:
            leads = self._leads.items()
            self._leads = {place: lead for place, lead in leads if lead[0] != camera.id}


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
        if lead is None:
            self._places.note(self._place, change)
        else:
            self.followed = None if change.type is ChangeType.CLOSED else change
        return lead

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


def _place_of(camera: Camera) -> str:
    return water_from_json(camera.water).place if camera.water else ""
