"""Messages that were kept waiting say so: "happened 02:10, delivered 04:30"."""

from datetime import datetime, timedelta

from gateway.clock import to_iso

LATE = timedelta(seconds=60)
"""A message that waited for so long is late; on a link that works the wait is below a second."""


def with_lateness(body: str, written_at: datetime, now: datetime) -> str:
    """Return a message as it is sent now: if it is late, with two attributes more.

    They are extension attributes of CloudEvents, whose names allow small letters and digits alone:
    `deliveredat`, and `lateseconds`, counted from when the message was written, as the clocks of
    cameras differ. What happened when is in `time`. `data` keeps its bytes. body: a JSON object.
    """
    waited = now - written_at
    if waited < LATE:
        return body
    return (
        f'{body.rstrip()[:-1]},"deliveredat":"{to_iso(now)}",'
        f'"lateseconds":{int(waited.total_seconds())}}}'
    )
