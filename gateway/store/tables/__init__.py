"""The tables, for SQLite and PostgreSQL alike; migrations/ creates and changes them.

A noun a module; this one knows all of them, so that `metadata` is whole for whoever imports it.
"""

from gateway.store.tables.camera import camera_controls, camera_states, cameras, rule_changes
from gateway.store.tables.case import case_changes, cases, proposal_verdicts
from gateway.store.tables.count import counted, tallies
from gateway.store.tables.custody import audit, holds, manifests, removals
from gateway.store.tables.incident import attachments, evidence, findings, incidents
from gateway.store.tables.message import deliveries, outbox, parked, sinks
from gateway.store.tables.notice import notices, notify_position, notify_targets
from gateway.store.tables.patrol import (
    patrol_checkins,
    patrol_handovers,
    patrol_plans,
    patrol_rounds,
)
from gateway.store.tables.people import sessions, sign_in_failures, units, users
from gateway.store.tables.platform import heard_statuses, parked_statuses
from gateway.store.tables.recording import segments
from gateway.store.tables.schema import SerialNumber, UtcDateTime, metadata
from gateway.store.tables.weather import (
    rain,
    rain_feeds,
    rain_readings,
    water_readings,
    water_states,
)
from gateway.store.tables.worker import journal, worker_loads, workers

__all__ = [
    "SerialNumber",
    "UtcDateTime",
    "attachments",
    "audit",
    "camera_controls",
    "camera_states",
    "cameras",
    "case_changes",
    "cases",
    "counted",
    "deliveries",
    "evidence",
    "findings",
    "heard_statuses",
    "holds",
    "incidents",
    "journal",
    "manifests",
    "metadata",
    "notices",
    "notify_position",
    "notify_targets",
    "outbox",
    "parked",
    "parked_statuses",
    "patrol_checkins",
    "patrol_handovers",
    "patrol_plans",
    "patrol_rounds",
    "proposal_verdicts",
    "rain",
    "rain_feeds",
    "rain_readings",
    "removals",
    "rule_changes",
    "segments",
    "sessions",
    "sign_in_failures",
    "sinks",
    "tallies",
    "units",
    "users",
    "water_readings",
    "water_states",
    "worker_loads",
    "workers",
]
