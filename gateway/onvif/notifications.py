"""What cameras say has happened, read from the raw messages: onvif-zeep loses their topics.

Pure: an element in, notifications out. Nothing a camera sends can raise out of here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from gateway.onvif.soap import Element, children, descend, text_of


class AlarmType(StrEnum):
    """What a camera noticed by itself."""

    MOTION = "motion"
    TAMPER = "tamper"
    LINE = "line"
    DIGITAL_INPUT = "digital_input"
    OTHER = "other"


class Property(StrEnum):
    """How a notification stands to what it tells of (Core Specification §9.1.2.1).

    EVENT: something that happens and is over, with no state of its own.
    """

    INITIALIZED = "Initialized"
    CHANGED = "Changed"
    DELETED = "Deleted"
    EVENT = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing said. topic: "RuleEngine/LineDetector/Crossed", without prefixes.

    source: which part of the camera, its tokens joined by "/". active: None where no state is told.
    told_at: by the camera's clock, None where it tells no time.
    """

    type: AlarmType
    topic: str
    source: str
    property: Property
    active: bool | None
    told_at: datetime | None


TOPICS: Mapping[str, AlarmType] = {
    "CellMotionDetector": AlarmType.MOTION,
    "MotionRegionDetector": AlarmType.MOTION,
    "MotionDetector": AlarmType.MOTION,
    "MotionAlarm": AlarmType.MOTION,
    "Motion": AlarmType.MOTION,
    "GlobalSceneChange": AlarmType.TAMPER,
    "TamperDetector": AlarmType.TAMPER,
    "Tamper": AlarmType.TAMPER,
    "LineDetector": AlarmType.LINE,
    "LineCrossing": AlarmType.LINE,
    "LineCross": AlarmType.LINE,
    "CrossLine": AlarmType.LINE,
    "DigitalInput": AlarmType.DIGITAL_INPUT,
}
"""A segment of a topic → what it tells of; the first that is known counts (Analytics Service
Specification §A, Imaging §5.2, Device IO §5.9, and the spellings of common makers)."""

OTHER_ROOTS = ("RuleEngine", "VideoAnalytics", "AudioAnalytics", "VideoSource")
"""Where further alarms come from; topics elsewhere (clock, disk, processor) are no alarms."""

STATES: Mapping[str, bool] = {
    "true": True,
    "1": True,
    "on": True,
    "active": True,
    "false": False,
    "0": False,
    "off": False,
    "inactive": False,
}
NUMERIC = ("0", "1")
STATE_NAMES = ("ismotion", "istamper", "logicalstate", "state", "isinside", "iscrossed", "value")
"""Data items whose 0 and 1 are states and no counts."""

MOST_ITEMS = 64
"""Items read of one message; a camera has no more to say."""


def read_notifications(answer: Element) -> Iterator[Notification]:
    """Yield the alarms among the messages of a PullMessagesResponse, in their order."""
    for message in children(answer, "NotificationMessage"):
        found = _read(message)
        if found is not None:
            yield found


def _read(message: Element) -> Notification | None:
    segments = _segments(text_of(message, "Topic"))
    kind = _kind(segments)
    told = descend(message, "Message", "Message")
    if told is None:
        # Some cameras leave out the outer of the two.
        told = descend(message, "Message")
    if kind is None or told is None:
        return None
    state = _state(_items(descend(told, "Data")))
    if kind is AlarmType.OTHER and state is None:
        return None
    return Notification(
        type=kind,
        topic="/".join(segments),
        source="/".join(value for _, value in _items(descend(told, "Source"))),
        property=_property(told.get("PropertyOperation", "")),
        active=state,
        told_at=_time(told.get("UtcTime", "")),
    )


def _segments(topic: str) -> tuple[str, ...]:
    """Return "tns1:RuleEngine/tnsx:Motion" as its names; wildcards and blanks are no names."""
    names = (part.strip().rpartition(":")[2] for part in topic.split("/"))
    return tuple(name for name in names if name)


def _kind(segments: tuple[str, ...]) -> AlarmType | None:
    for segment in segments:
        if segment in TOPICS:
            return TOPICS[segment]
    return AlarmType.OTHER if segments and segments[0] in OTHER_ROOTS else None


def _items(element: Element | None) -> tuple[tuple[str, str], ...]:
    items = [(one.get("Name", ""), one.get("Value", "")) for one in children(element, "SimpleItem")]
    return tuple(items[:MOST_ITEMS])


def _state(items: tuple[tuple[str, str], ...]) -> bool | None:
    """Return the state among the data: one of a known name first, then whatever reads as one."""
    named = [value for name, value in items if name.lower() in STATE_NAMES]
    others = [value for _, value in items if value.strip() not in NUMERIC]
    for value in (*named, *others):
        state = STATES.get(value.strip().lower())
        if state is not None:
            return state
    return None


def _property(text: str) -> Property:
    return next((one for one in Property if one.value == text), Property.EVENT)


def _time(text: str) -> datetime | None:
    """Return an XML time, in UTC where it names no zone; None for anything else."""
    try:
        told = datetime.fromisoformat(text)
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
