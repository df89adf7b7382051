"""Where at a broker a message belongs: a topic's template filled in from the message itself."""

import re
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

_FORBIDDEN: Final = re.compile(r"[/+#\x00-\x1f\x7f]")
"""What would part a level or match others, and what a broker may refuse (MQTT 5 §1.5.4, §4.7)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Camera(_Part):
    id: str
    unit: str
    grid: str


class _Incident(_Part):
    kind: str
    camera: _Camera


class _Data(_Part):
    incident: _Incident


class _Event(_Part):
    """What every message says of its incident, whatever it is about."""

    source: str
    data: _Data


def topic_of(template: str, body: str) -> str:
    """Return the topic of a message: a CloudEvent about an incident or its case, JSON.

    Raises ValueError for another; messages of one incident always have one topic.
    """
    try:
        event = _Event.model_validate_json(body)
    except ValidationError as error:
        raise ValueError("it does not say which incident it is about") from error
    incident = event.data.incident
    words = {
        "site": event.source.rpartition("/")[2],
        "unit": incident.camera.unit,
        "grid": incident.camera.grid,
        "camera": incident.camera.id,
        "kind": incident.kind,
    }
    return template.format(**{name: _level(text) for name, text in words.items()})


def _level(text: str) -> str:
    """Return a word as one level of a topic."""
    return _FORBIDDEN.sub("_", text.strip()).removeprefix("$") or "_"
