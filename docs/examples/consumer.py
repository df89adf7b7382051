"""A consumer of the grid dispatch queue: each event has its effect once, whatever crashes.

    python consumer.py unix:///path/to/queue.sock handled.db

Needs the redis package alone. docs/queue.md explains each step.
"""

import json
import socket
import sqlite3
import sys
from collections.abc import Iterator

import redis

STREAM, GROUP = "grid:dispatch", "grid-platform"
CLAIM_AFTER_MS = 30_000
NOTHING = '{"id": "", "type": "trimmed"}'


def handle(event: dict, database: sqlite3.Connection) -> bool:
    """Do what is to be done about an event and remember its id, in one transaction.

    Returns False when the event has been handled before, a newer revision of its incident has, or
    it is of a type that this desk has no use for.
    """
    effects = (effect for words, effect in EFFECTS.items() if event["type"].startswith(words))
    effect = next(effects, None)
    if effect is None:
        return False
    with database:
        known = database.execute("SELECT 1 FROM handled WHERE event_id = ?", [event["id"]])
        if known.fetchone():
            return False
        database.execute("INSERT INTO handled VALUES (?)", [event["id"]])
        return effect(event, database)


def note_incident(event: dict, database: sqlite3.Connection) -> bool:
    """Put an incident on the desk; returns whether it says more than what is there."""
    incident = event["data"]["incident"]
    written = database.execute(
        "INSERT INTO desk VALUES (:id, :revision, :kind, :closed_at) ON CONFLICT (id) DO UPDATE"
        " SET revision = :revision, closed_at = :closed_at WHERE revision < :revision",
        {key: incident[key] for key in ("id", "revision", "kind", "closed_at")},
    )
    return written.rowcount == 1


def note_files(event: dict, database: sqlite3.Connection) -> bool:
    """Note which files people put to a case, to be fetched with a sign-in and held to the sha256.

    Returns whether there are any; a message without has no `attachments`.
    """
    files = event["data"]["change"].get("attachments", ())
    database.executemany(
        "INSERT OR IGNORE INTO files VALUES (:id, :incident, :sha256, :url)",
        [{**one, "incident": event["subject"]} for one in files],
    )
    return bool(files)


EFFECTS = {"gridpatrol.incident.": note_incident, "gridpatrol.case.changed": note_files}


def events(queue: redis.Redis, name: str) -> Iterator[tuple[str, dict]]:
    """Yield (queue id, event): what we had taken when we died, what others left, what is new."""
    while unfinished := queue.xreadgroup(GROUP, name, {STREAM: "0"}, count=100)[0][1]:
        for queue_id, fields in unfinished:
            # Nothing is left of an entry that was trimmed before it was acknowledged.
            yield queue_id, json.loads((fields or {}).get("event", NOTHING))
    while True:
        abandoned = queue.xautoclaim(STREAM, GROUP, name, CLAIM_AFTER_MS, "0-0", count=100)[1]
        new = queue.xreadgroup(GROUP, name, {STREAM: ">"}, count=100, block=1000)
        for queue_id, fields in abandoned + (new[0][1] if new else []):
            yield queue_id, json.loads(fields["event"])


def main(url: str, database_path: str) -> None:
    """Consume until interrupted."""
    database = sqlite3.connect(database_path)
    database.execute("CREATE TABLE IF NOT EXISTS handled (event_id TEXT PRIMARY KEY)")
    database.execute(
        "CREATE TABLE IF NOT EXISTS desk"
        " (id TEXT PRIMARY KEY, revision INTEGER, kind TEXT, closed_at TEXT)"
    )
    database.execute(
        "CREATE TABLE IF NOT EXISTS files"
        " (id TEXT PRIMARY KEY, incident TEXT, sha256 TEXT, url TEXT)"
    )
    queue = redis.Redis.from_url(url, protocol=2, decode_responses=True)
    try:
        queue.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
    for queue_id, event in events(queue, name=socket.gethostname()):
        fresh = handle(event, database)
        queue.xack(STREAM, GROUP, queue_id)
        sys.stdout.write(f"{queue_id} {event['id']} {'handled' if fresh else 'seen before'}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
