"""What goes over the event channel: whole objects of the API, numbered by the journal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from pydantic import Field

from gateway.api.cameras import CameraBody, WaterBody, read_all
from gateway.api.fields import Answer, UtcTime
from gateway.api.incidents import IncidentBody, incident_body
from gateway.api.services import Services
from gateway.api.system import SystemBody, system_body
from gateway.errors import NotFoundError
from gateway.store.incident_list import IncidentFilter
from gateway.store.journal import JournalEntry, Topic
from gateway.store.users import User
from gateway.units import Jurisdiction

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
    """An incident as it is now. unit: of its place, for choosing who sees it; it is not sent."""

    type: Literal["incident"] = "incident"
    seq: int
    unit: str = Field(exclude=True)


class SystemMessage(SystemBody):
    """The site as it is now."""

    type: Literal["system"] = "system"
    seq: int


Message: TypeAlias = (
    SnapshotMessage | CameraMessage | PulseMessage | IncidentMessage | SystemMessage
)


class EventMessages:
    """Makes messages, once for all clients, and writes them. Used by one thread at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._told: Mapping[str, CameraBody] = {}

    def last(self) -> int:
        """Return the number of the newest journal entry."""
        return self._services.store.journal.last()

    def after(self, seq: int) -> Sequence[JournalEntry]:
        """Return the entries that came after a number, oldest first."""
        return self._services.store.journal.after(seq)

    def jurisdiction(self, user: User) -> Jurisdiction | None:
        """Return the places that a user sees, None for all of them."""
        return self._services.store.units.jurisdiction(user)

    def snapshot(self, seq: int, seen: Jurisdiction | None = None) -> SnapshotMessage:
        """Return everything; `seq` is the newest entry that is certainly in it.

        seen: only what lies there.
        """
        services = self._services
        wanted = IncidentFilter(within=seen)
        page = services.store.incident_list.page(wanted, limit=SNAPSHOT_INCIDENTS)
        root_path = services.serve.root_path
        return SnapshotMessage(
            seq=seq,
            cameras=tuple(
                one for one in read_all(services) if seen is None or seen.covers(one.unit, one.grid)
            ),
            incidents=tuple(incident_body(stored, root_path) for stored in page.incidents),
            system=system_body(services),
        )

    def texts(self, messages: Iterable[Message], seen: Jurisdiction | None) -> list[str]:
        """Return messages as JSON, or of them what lies in the places that somebody sees."""
        if seen is None:
            return [message.model_dump_json() for message in messages]
        parts = (self._part(message, seen) for message in messages)
        return [part.model_dump_json() for part in parts if part is not None]

    def _part(self, message: Message, seen: Jurisdiction) -> Message | None:
        match message:
            case SnapshotMessage():
                return self.snapshot(message.seq, seen)
            case CameraMessage() | IncidentMessage():
                return message if seen.covers(message.unit, message.grid) else None
            case PulseMessage():
                kept = tuple(one for one in message.cameras if self._is_seen(one.id, seen))
                return PulseMessage(seq=message.seq, cameras=kept) if kept else None
            case SystemMessage():
                return message

    def _is_seen(self, camera_id: str, seen: Jurisdiction) -> bool:
        camera = self._told.get(camera_id)
        return camera is not None and seen.covers(camera.unit, camera.grid)

    def changes(self, entries: Sequence[JournalEntry]) -> list[Message]:
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
        messages: list[Message] = [
            CameraMessage(seq=changed[key], **dict(camera)) for key, camera in told.items()
        ]
        messages += incidents
        messages += [
            self._system(seq) for (topic, _), seq in newest.items() if topic is Topic.SYSTEM
        ]
        return sorted(messages, key=_seq)

    def moved_on(self, seq: int) -> list[Message]:
        """Return what changed without an entry: pictures' times and rates, silence, queue, disk."""
        before, self._told = self._told, _by_id(read_all(self._services))
        moved = [(before.get(key), now) for key, now in self._told.items()]
        moved = [(old, now) for old, now in moved if old != now]
        pulses = [_pulse(now) for old, now in moved if old and _still(old) == _still(now)]
        changed = [now for old, now in moved if old is None or _still(old) != _still(now)]
        if len(changed) > MANY:
            return [self.snapshot(seq)]
        return [
            *(CameraMessage(seq=seq, **dict(camera)) for camera in changed),
            *([PulseMessage(seq=seq, cameras=tuple(pulses))] if pulses else ()),
            self._system(seq),
        ]

    def _incidents(self, newest: Mapping[tuple[Topic, str], int]) -> list[IncidentMessage]:
        root_path = self._services.serve.root_path
        found = []
        for (topic, key), seq in newest.items():
            if topic is not Topic.INCIDENT:
                continue
            try:
                stored = self._services.store.incidents.get(key)
            except NotFoundError:
                continue
            body, unit = incident_body(stored, root_path), stored.origin.camera.unit
            found.append(IncidentMessage(seq=seq, unit=unit, **dict(body)))
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


def _seq(message: Message) -> int:
    return message.seq
