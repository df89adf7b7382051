"""What goes over the event channel: whole objects of the API, numbered by the journal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from gateway.api.cameras import CameraBody, WaterBody, read_all
from gateway.api.fields import Answer, UtcTime
from gateway.api.incidents import IncidentBody, incident_body
from gateway.api.services import Services
from gateway.api.system import SystemBody, system_body
from gateway.errors import NotFoundError
from gateway.store.incident_list import IncidentFilter
from gateway.store.journal import JournalEntry, Topic

SNAPSHOT_INCIDENTS = 50

MANY = 60
"""More cameras than this that changed at once are told of by a snapshot: a whole town's worker that
falls silent must not fill the clients' queues."""


class SnapshotMessage(Answer):
    """Everything at once: the first message, and whenever something was removed."""

    type: Literal["snapshot"] = "snapshot"
    seq: int
    cameras: tuple[CameraBody, ...]
    incidents: tuple[IncidentBody, ...]
    system: SystemBody


class CameraMessage(CameraBody):
    """A camera as it is now."""

    type: Literal["camera"] = "camera"
    seq: int


class PulseBody(Answer):
    """What is new of a camera every few seconds, as in `CameraBody`."""

    id: str
    last_picture_at: UtcTime | None
    analysed_fps: float | None
    seen_every_s: float | None
    rung: str
    interest: str
    why: str
    water: WaterBody | None


class PulseMessage(Answer):
    """The cameras of which nothing else has changed, all in one message."""

    type: Literal["pulse"] = "pulse"
    seq: int
    cameras: tuple[PulseBody, ...]


PULSE = frozenset(PulseBody.model_fields) - {"id"}
"""What changes all the time."""


class IncidentMessage(IncidentBody):
    """An incident as it is now."""

    type: Literal["incident"] = "incident"
    seq: int


class SystemMessage(SystemBody):
    """The site as it is now."""

    type: Literal["system"] = "system"
    seq: int


class EventMessages:
    """Writes messages as JSON text, once for all clients. Used by one thread at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._told: Mapping[str, CameraBody] = {}

    def last(self) -> int:
        """Return the number of the newest journal entry."""
        return self._services.store.journal.last()

    def after(self, seq: int) -> Sequence[JournalEntry]:
        """Return the entries that came after a number, oldest first."""
        return self._services.store.journal.after(seq)

    def snapshot(self, seq: int) -> str:
        """Return everything; `seq` is the newest entry that is certainly in it."""
        services = self._services
        page = services.store.incident_list.page(IncidentFilter(), limit=SNAPSHOT_INCIDENTS)
        root_path = services.serve.root_path
        message = SnapshotMessage(
            seq=seq,
            cameras=read_all(services),
            incidents=tuple(incident_body(stored, root_path) for stored in page.incidents),
            system=system_body(services),
        )
        return message.model_dump_json()

    def changes(self, entries: Sequence[JournalEntry]) -> list[str]:
        """Return one message for each thing that these entries name, numbered by its newest entry.

        A new incident also changes its camera's count of open ones. When a camera is gone, or many
        changed, a snapshot says so.
        """
        newest = {(entry.topic, entry.key): entry.seq for entry in entries}
        incidents = self._incidents(newest)
        changed = {key: seq for (topic, key), seq in newest.items() if topic is Topic.CAMERA}
        for incident in incidents:
            changed[incident.camera.id] = max(incident.seq, changed.get(incident.camera.id, 0))
        cameras = _by_id(read_all(self._services)) if changed else {}
        removed = {key for topic, key in newest if topic is Topic.CAMERA} - cameras.keys()
        if removed or len(changed) > MANY:
            return [self.snapshot(entries[-1].seq)]
        told = {key: cameras[key] for key in changed if key in cameras}
        self._told = {**self._told, **told}
        messages: list[CameraMessage | IncidentMessage | SystemMessage] = [
            CameraMessage(seq=changed[key], **dict(camera)) for key, camera in told.items()
        ]
        messages += incidents
        messages += [
            self._system(seq) for (topic, _), seq in newest.items() if topic is Topic.SYSTEM
        ]
        return [message.model_dump_json() for message in sorted(messages, key=_seq)]

    def moved_on(self, seq: int) -> list[str]:
        """Return what changed without an entry: pictures' times and rates, silence, queue, disk."""
        before, self._told = self._told, _by_id(read_all(self._services))
        moved = [(before.get(key), now) for key, now in self._told.items()]
        moved = [(old, now) for old, now in moved if old != now]
        pulses = [_pulse(now) for old, now in moved if old and _still(old) == _still(now)]
        changed = [now for old, now in moved if old is None or _still(old) != _still(now)]
        if len(changed) > MANY:
            return [self.snapshot(seq)]
        messages = [
            *(CameraMessage(seq=seq, **dict(camera)) for camera in changed),
            *([PulseMessage(seq=seq, cameras=tuple(pulses))] if pulses else ()),
            self._system(seq),
        ]
        return [message.model_dump_json() for message in messages]

    def _incidents(self, newest: Mapping[tuple[Topic, str], int]) -> list[IncidentMessage]:
        root_path = self._services.serve.root_path
        found = []
        for (topic, key), seq in newest.items():
            if topic is not Topic.INCIDENT:
                continue
            try:
                body = incident_body(self._services.store.incidents.get(key), root_path)
            except NotFoundError:
                continue
            found.append(IncidentMessage(seq=seq, **dict(body)))
        return found

    def _system(self, seq: int) -> SystemMessage:
        return SystemMessage(seq=seq, **dict(system_body(self._services)))


def _by_id(cameras: Iterable[CameraBody]) -> Mapping[str, CameraBody]:
    return {camera.id: camera for camera in cameras}


def _pulse(camera: CameraBody) -> PulseBody:
    return PulseBody(**{name: getattr(camera, name) for name in PulseBody.model_fields})


def _still(camera: CameraBody) -> dict[str, object]:
    """Return what of a camera no pulse tells."""
    return {name: value for name, value in camera if name not in PULSE}


def _seq(message: CameraMessage | IncidentMessage | SystemMessage) -> int:
    return message.seq
