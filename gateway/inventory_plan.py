"""What importing a file would do: cameras added, changed, kept; and the rows that cannot."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from gateway.inventory_columns import BadValueError, address_of
from gateway.inventory_file import BadCell, CameraEntry, InventoryFile, shown_cell
from gateway.store import Store
from gateway.store.inventory import Camera, slug


class Action(StrEnum):
    """What becomes of a row."""

    ADD = "add"
    CHANGE = "change"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Planned:
    """A row as it would be stored. changed: the columns that differ from what is known.

    password: the one to store; None leaves the one that is known.
    """

    row: int
    action: Action
    camera: Camera
    changed: tuple[str, ...] = ()
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole import. bad: every mistake, from the top of the file down."""

    cameras: tuple[Planned, ...]
    bad: tuple[BadCell, ...]

    def count(self, action: Action) -> int:
        """Return how many rows end so."""
        return sum(one.action is action for one in self.cameras)


def plan(
    file: InventoryFile,
    known: Sequence[Camera],
    password_of: Callable[[str], str | None],
) -> Plan:
    """Compare a file with the inventory.

    password_of: gives a known camera's password, to tell whether it changes.
    """
    by_id = {camera.id: camera for camera in known}
    bad = [*file.bad]
    planned: list[Planned] = []
    for entry in _named(file.entries, by_id, bad):
        before = by_id.get(entry.id)
        camera = _merged(entry, before)
        mistake = _unusable(entry, camera)
        if mistake is not None:
            bad.append(mistake)
        elif before is None:
            planned.append(Planned(entry.row, Action.ADD, camera, (), entry.password))
        else:
            planned.append(_compared(entry, before, camera, password_of))
    sound = _without_duplicates(planned, known, bad)
    return Plan(tuple(sound), tuple(sorted(bad, key=lambda one: one.row)))


def apply(store: Store, planned: Planned) -> None:
    """Store one row. Raises ConfigError or NotFoundError when the inventory changed meanwhile."""
    if planned.action is Action.ADD:
        store.inventory.add(planned.camera, planned.password)
    elif planned.action is Action.CHANGE:
        store.inventory.replace(planned.camera)
        if planned.password is not None:
            store.inventory.set_password(planned.camera.id, planned.password or None)


def _named(
    entries: Iterable[CameraEntry], by_id: Mapping[str, Camera], bad: list[BadCell]
) -> list[CameraEntry]:
    """Return the entries with an id each: their own, that of their known twin, a new one."""
    entries = list(entries)
    taken = {entry.id for entry in entries if entry.id} | by_id.keys()
    twins = {key: camera.id for camera in by_id.values() if (key := _twin(camera))}
    seen: set[str] = set()
    named = []
    for entry in entries:
        camera_id = entry.id or twins.get(_twin(entry) or "", "")
        if not camera_id:
            camera_id = slug(entry.name or "", taken)
            taken.add(camera_id)
        if camera_id in seen:
            bad.append(BadCell(entry.row, "id", camera_id, "same_id"))
            continue
        seen.add(camera_id)
        named.append(replace(entry, id=camera_id))
    return named


def _twin(camera: Camera | CameraEntry) -> str | None:
    """Return what says that two entries mean one camera: its stream, else its address."""
    return camera.main_uri or camera.address or None


_COPIED = tuple(
    name.name for name in fields(CameraEntry) if name.name not in {"row", "id", "password"}
)


def _merged(entry: CameraEntry, before: Camera | None) -> Camera:
    """Return the camera as the file wants it; what the file does not say stays."""
    said = {name: getattr(entry, name) for name in _COPIED if getattr(entry, name) is not None}
    for name in ("main_uri", "sub_uri"):
        if name in said:
            said[name] = said[name] or None
    base = before or Camera(id=entry.id, name=entry.name or entry.id)
    if base.address and said.get("address") == _as_read(base.address):
        del said["address"]  # "10.0.0.8" and "onvif://10.0.0.8:80" are one
    merged = replace(base, **said)
    return merged if merged.address else replace(merged, address=merged.main_uri or "")


def _as_read(address: str) -> str:
    """Return an address of the inventory as a file that names it is read."""
    try:
        return address_of(address)
    except BadValueError:
        return address


def _unusable(entry: CameraEntry, camera: Camera) -> BadCell | None:
    if not camera.name:
        return BadCell(entry.row, "name", "", "no_id")
    if not camera.main_uri and not camera.address:
        return BadCell(entry.row, "address", "", "no_streams")
    return None


def _compared(
    entry: CameraEntry,
    before: Camera,
    camera: Camera,
    password_of: Callable[[str], str | None],
) -> Planned:
    changed = [name for name in _COPIED if _meaning(before, name) != _meaning(camera, name)]
    password = entry.password
    if password is not None and (password or None) == password_of(before.id):
        password = None
    if password is not None:
        changed.append("password")
    action = Action.CHANGE if changed else Action.KEEP
    return Planned(entry.row, action, camera, tuple(changed), password)


def _meaning(camera: Camera, name: str) -> object:
    """Return a column's value to compare: of JSON what it says, not how it is spelt."""
    value = getattr(camera, name)
    return json.loads(value) if name in {"zones", "rules", "water"} and value else value


def _without_duplicates(
    planned: Sequence[Planned], known: Sequence[Camera], bad: list[BadCell]
) -> list[Planned]:
    """Return the rows that share nothing with another camera which only one can have."""
    ours = {one.camera.id for one in planned}
    owners: dict[tuple[str, str], str] = {}
    for camera in known:
        if camera.id not in ours:
            owners |= dict.fromkeys(_marks(camera), camera.id)
    sound = []
    for one in planned:
        marks = _marks(one.camera)
        taken = next((mark for mark in marks if mark in owners), None)
        if taken is None:
            owners |= dict.fromkeys(marks, one.camera.id)
            sound.append(one)
        else:
            column, value = taken
            bad.append(BadCell(one.row, column, shown_cell(value), f"same_{column}"))
    return sound


def _marks(camera: Camera) -> list[tuple[str, str]]:
    """Return what no other camera can have; the inputs of a recorder share its address."""
    marks = [("channel_code", camera.channel_code)] if camera.channel_code else []
    if camera.main_uri:
        return [*marks, ("main_uri", camera.main_uri)]
    return [*marks, ("address", camera.address)] if camera.address else marks
