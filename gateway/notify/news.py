"""News out of the outbox: which messages there is something to tell of."""

import json
from datetime import datetime

from gateway.notify.decision import News
from gateway.notify.target import Occasion
from gateway.store.outbox import OutboxMessage
from gateway.workflow.case import Action, Level
from vision.types import Severity

_RANK = {Severity.GREEN: 0, Severity.YELLOW: 1, Severity.RED: 2}
_TYPES = {
    "gridpatrol.incident.opened": Occasion.OPENED,
    "gridpatrol.incident.updated": Occasion.WORSENED,
    "gridpatrol.incident.closed": Occasion.CLOSED,
    "gridpatrol.case.changed": Occasion.ESCALATED,
}


def news_of(message: OutboxMessage, before: Severity | None) -> News | None:
    """Return what a message tells people, None for nothing.

    before: the severity that the incident's message before this one told, None unknown.
    """
    event = json.loads(message.body)
    occasion = _TYPES.get(event["type"])
    data = event["data"]
    incident = data["incident"]
    severity = Severity(incident["severity"])
    if occasion is None or (
        occasion is Occasion.WORSENED and (before is None or _RANK[severity] <= _RANK[before])
    ):
        return None
    level, see_to_it = None, ""
    if occasion is Occasion.ESCALATED:
        if data["change"]["action"] != Action.ESCALATE:
            return None
        level, see_to_it = Level(data["case"]["level"]), data["change"]["note"]
    camera = incident["camera"]
    return News(
        event_id=message.event_id,
        case_id=message.incident_id,
        occasion=occasion,
        kind=incident["kind"],
        severity=severity,
        camera=camera["id"],
        unit=camera["unit"],
        grid=camera["grid"],
        place=" ".join(filter(None, (camera["unit"], camera["grid"], camera["name"]))),
        at=datetime.fromisoformat(event["time"]),
        level=level,
        see_to_it=see_to_it,
    )
