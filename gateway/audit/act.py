"""What the audit log tells of: who did what to which thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

SYSTEM = "gridpatrol"
"""The actor of what the product does by itself, such as deleting what is too old."""
NOBODY = "-"
"""The actor of a sign-in under a name that no user has: people type passwords there."""

Value: TypeAlias = str | int | float | bool | None
Detail: TypeAlias = Mapping[str, Value]
"""What else is to be known; never a password, a token or a picture."""


class AuditAction(StrEnum):
    """What can be told. A word, once written, keeps its meaning for ever."""

    SIGN_IN = "sign_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_IN_LOCKED = "sign_in_locked"
    """Too many failures: it was not even tried. Told once an hour for each name and address."""
    SIGN_OUT = "sign_out"
    USER_ADDED = "user_added"
    USER_MOVED = "user_moved"
    ROLE_CHANGED = "role_changed"
    """To another unit."""
    USER_DISABLED = "user_disabled"
    UNITS_CHANGED = "units_changed"
    TARGET_CHANGED = "target_changed"
    """Somebody, or something, that is told of incidents."""
    TARGET_REMOVED = "target_removed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a deed
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a deed
    CAMERA_ADDED = "camera_added"
    CAMERA_CHANGED = "camera_changed"
    CAMERA_REMOVED = "camera_removed"
    STREAM_TUNED = "stream_tuned"
    """The encoder of the analysed stream was set otherwise."""
    STREAM_RESTORED = "stream_restored"
    RULES_CHANGED = "rules_changed"
    WATER_TAUGHT = "water_taught"
    WATER_FORGOTTEN = "water_forgotten"
    WATER_TRAINED = "water_trained"
    """Somebody had a camera taught an eye of its own."""
    RAIN_SAID = "rain_said"
    """Somebody said that it rains, or is dry: water is told sooner or later for it."""
    CASE_STEP = "case_step"
    CASE_SEALED = "case_sealed"
    """What belongs to a closed case changed: its manifest was made anew."""
    CASE_EXPORTED = "case_exported"
    CASE_HELD = "case_held"
    CASE_RELEASED = "case_released"
    EVIDENCE_VIEWED = "evidence_viewed"
    """Told once an hour for each person and file."""
    EVIDENCE_DELETED = "evidence_deleted"
    RECORDING_VIEWED = "recording_viewed"
    """Told once an hour for each person and camera."""
    RECORDING_EXPORTED = "recording_exported"
    RECORDINGS_DELETED = "recordings_deleted"
    INVENTORY_EXPORTED = "inventory_exported"
    MESSAGE_OFFERED = "message_offered"
    """One that a sink had refused, once more."""
    MESSAGE_DROPPED = "message_dropped"
    """One that a sink had refused: it never gets it."""


@dataclass(frozen=True, slots=True)
class Act:
    """A deed to be told. actor: a user; "cli:" before one of this machine; SYSTEM; NOBODY.

    object: what it was done to, as a path: `case/ID`, `camera/ID`, `user/NAME`.
    """

    at: datetime
    actor: str
    action: AuditAction
    object: str
    detail: Detail = field(default_factory=dict)


def case_object(incident_id: str) -> str:
    """Return how a case is named as the object of an act."""
    return f"case/{incident_id}"


def evidence_object(incident_id: str, evidence_id: str) -> str:
    """Return how a file of a case is named; it begins with the name of the case."""
    return f"{case_object(incident_id)}/evidence/{evidence_id}"


def camera_object(camera_id: str) -> str:
    """Return how a camera is named as the object of an act."""
    return f"camera/{camera_id}"


def rain_object(unit: str) -> str:
    """Return how the rain at a unit, "" for the whole site, is named as the object of an act."""
    return f"rain/{unit}" if unit else "rain"


def user_object(username: str) -> str:
    """Return how a user is named as the object of an act."""
    return f"user/{username}"
