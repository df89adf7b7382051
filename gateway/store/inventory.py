"""The inventory: the cameras of the site, where they are, how to reach them, what to watch for."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from gateway.audit.act import SYSTEM, Act, AuditAction, Detail, camera_object
from gateway.clock import utc_now
from gateway.errors import ConfigError, NotFoundError
from gateway.packets import Transport
from gateway.record_mode import RecordMode
from gateway.secrets import SecretBox
from gateway.store.audit_log import tell
from gateway.store.database import Database
from gateway.store.journal import Topic, note
from gateway.store.tables import cameras

ID_LENGTH = 48
_UNTOLD = {"updated_at", "survey"}
"""Columns that the audit log does not tell of: no setting, what was measured."""
_ID = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{ID_LENGTH - 1}}}")


@dataclass(frozen=True, slots=True)
class CameraRef:
    """A camera as people name it, copied into each incident: true even when the camera moves."""

    id: str
    name: str
    channel_code: str
    unit: str
    grid: str


SITE_ID = "@site"
"""Stands where an incident names its camera and concerns none: no slug can be like it."""


def site_ref(name: str, unit: str = "") -> CameraRef:
    """Return what stands for the camera in an incident of the whole site, or of one unit of it."""
    return CameraRef(SITE_ID, name, "", unit, "")


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera. Its password is not here: `Inventory.password` gives it to whoever dials.

    id: a slug of small letters, digits and dashes. channel_code: the grid platform's number for it.
    unit: the village or town; grid: the grid cell. address: what was onboarded (host[:port], URL or
    file path). username: for ONVIF and RTSP. main_uri, sub_uri: streams, without user or password.
    zones, rules: JSON arrays, validated by whoever edits them; "[]" means the default rules.
    water: where water is watched, as JSON (`gateway.water_file`), "" where it is not.
    latitude, longitude: WGS 84 degrees. survey: what onboarding measured, as JSON, "" unknown.
    Raises ValueError for an id that is no slug, a URI with a password in it, and a place that is
    not on Earth.
    """

    id: str
    name: str
    channel_code: str = ""
    unit: str = ""
    grid: str = ""
    address: str = ""
    username: str = ""
    main_uri: str | None = None
    sub_uri: str | None = None
    zones: str = "[]"
    rules: str = "[]"
    water: str = ""
    enabled: bool = True
    latitude: float | None = None
    longitude: float | None = None
    record: RecordMode = RecordMode.INCIDENTS
    transport: Transport = Transport.AUTO
    survey: str = ""
    created_at: datetime = field(default_factory=utc_now)
    updated_at: datetime = field(default_factory=utc_now)

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(f"camera id {self.id!r} is not small letters, digits and dashes")
        for uri in (self.address, self.main_uri, self.sub_uri):
            if uri and "://" in uri and urlsplit(uri).password is not None:
                raise ValueError(f"a URI of camera {self.id} has a password in it")
        for value, limit in ((self.latitude, 90), (self.longitude, 180)):
            if value is not None and not -limit <= value <= limit:
                raise ValueError(f"camera {self.id} cannot be at {value:g} degrees")

    @property
    def ref(self) -> CameraRef:
        """The camera's names, for an incident."""
        return CameraRef(self.id, self.name, self.channel_code, self.unit, self.grid)

    @property
    def analysis_uri(self) -> str | None:
        """The stream to analyse: the sub stream where there is one."""
        return self.sub_uri or self.main_uri


class Inventory:
    """The cameras in the store; every change is told in the journal and the audit log.

    actor: who makes them.
    """

    def __init__(self, database: Database, box: SecretBox, actor: str = SYSTEM) -> None:
        self._database = database
        self._box = box
        self._actor = actor

    def cameras(self) -> tuple[Camera, ...]:
        """Return every camera, by id."""
        with self._database.read() as connection:
            rows = connection.execute(select(cameras).order_by(cameras.c.id))
            return tuple(_camera(row) for row in rows.mappings())

    def get(self, camera_id: str) -> Camera:
        """Return one camera; raises NotFoundError."""
        with self._database.read() as connection:
            return _camera(_row(connection, camera_id))

    def password(self, camera_id: str) -> str | None:
        """Return the camera's password, None if it has none; raises NotFoundError, StorageError."""
        with self._database.read() as connection:
            secret: str | None = _row(connection, camera_id)["password"]
        return None if secret is None else self._box.decrypt(secret)

    def free_id(self, wish: str) -> str:
        """Return an id like `wish` ("Gate 2" → "gate-2") that no camera has yet."""
        return slug(wish, {camera.id for camera in self.cameras()})

    def add(self, camera: Camera, password: str | None = None) -> None:
        """Add a camera; raises ConfigError when its id is taken."""
        with self._database.write() as connection:
            if connection.scalar(select(cameras.c.id).where(cameras.c.id == camera.id)):
                raise ConfigError(f"there is a camera {camera.id} already: choose another id")
            secret = self._encrypted(password)
            connection.execute(insert(cameras).values(**asdict(camera), password=secret))
            self._tell(connection, AuditAction.CAMERA_ADDED, camera.id, {"name": camera.name})

    def replace(self, camera: Camera) -> None:
        """Store a changed camera under its id and keep its password; raises NotFoundError."""
        now = utc_now()
        values = asdict(camera) | {"updated_at": now}
        del values["created_at"]
        self._change(camera.id, values, now)

    def set_password(self, camera_id: str, password: str | None) -> None:
        """Store another password, or none; raises NotFoundError."""
        now = utc_now()
        self._change(camera_id, {"password": self._encrypted(password), "updated_at": now}, now)

    def remove(self, camera_id: str) -> None:
        """Forget a camera and its state, not its incidents; raises NotFoundError."""
        with self._database.write() as connection:
            gone = connection.execute(delete(cameras).where(cameras.c.id == camera_id))
            if gone.rowcount == 0:
                raise NotFoundError(f"there is no camera {camera_id}")
            self._tell(connection, AuditAction.CAMERA_REMOVED, camera_id, {})

    def _change(self, camera_id: str, values: dict[str, object], at: datetime) -> None:
        with self._database.write() as connection:
            before = _row(connection, camera_id)
            connection.execute(update(cameras).where(cameras.c.id == camera_id).values(**values))
            said = sorted(name for name in values.keys() - _UNTOLD if values[name] != before[name])
            if said:
                detail = {"changed": " ".join(said)}
                self._tell(connection, AuditAction.CAMERA_CHANGED, camera_id, detail)
            else:
                note(connection, Topic.CAMERA, camera_id, at)

    def _tell(
        self, connection: Connection, action: AuditAction, camera_id: str, detail: Detail
    ) -> None:
        now = utc_now()
        note(connection, Topic.CAMERA, camera_id, now)
        tell(connection, Act(now, self._actor, action, camera_object(camera_id), detail))

    def _encrypted(self, password: str | None) -> str | None:
        return None if password is None else self._box.encrypt(password)


def slug(wish: str, taken: Collection[str]) -> str:
    """Return an id like `wish` ("Gate 2" → "gate-2") that is not taken."""
    plain = unicodedata.normalize("NFKD", wish).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: ID_LENGTH - 5].strip("-") or "camera"
    candidates = (stem if number == 1 else f"{stem}-{number}" for number in range(1, 100_000))
    return next(candidate for candidate in candidates if candidate not in taken)


def _row(connection: Connection, camera_id: str) -> RowMapping:
    found = connection.execute(select(cameras).where(cameras.c.id == camera_id)).mappings().first()
    if found is None:
        raise NotFoundError(f"there is no camera {camera_id}")
    return found


def _camera(row: RowMapping) -> Camera:
    values = {column.name: row[column.name] for column in fields(Camera)}
    modes = {"record": RecordMode(row["record"]), "transport": Transport(row["transport"])}
    return Camera(**values | modes)
