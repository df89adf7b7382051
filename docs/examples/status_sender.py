"""Tells gridpatrol how far a grid platform is with a case, through Redis or by signed webhook.

    python status_sender.py redis://queue.example:6379/0 CASE assigned --handler 水务站王五
    python status_sender.py https://patrol.example/api/platform/statuses CASE closed

The second needs $PLATFORM_SECRET, the whsec_… of gridpatrol's setting platform.webhook_secret.
Needs the redis package for the first, Python alone for the second. Keep each event until it is
taken (`send` has returned True), and send it again with the same id: a repeat does nothing.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime

STREAM = "grid:dispatch:status"
SOURCE = "/grid/example-county"
REFUSED = {400, 404, 409, 413, 415, 422}
"""Answers that no repeat will change: a person has to look."""


def status_event(case: str, **data: str) -> dict:
    """Return the event that tells of a status reached now; data: as in status-v1.json."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": SOURCE,
        "type": "gridpatrol.case.status",
        "subject": case,
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    }


def signed(secret: str, event_id: str, body: bytes) -> dict[str, str]:
    """Return the three headers of a Standard Webhook; made anew for each attempt."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    seconds = str(int(time.time()))
    content = f"{event_id}.{seconds}.".encode() + body
    digest = hmac.digest(key, content, hashlib.sha256)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def send_webhook(url: str, secret: str, event: dict) -> bool:
    """Post an event; return whether it was taken. Raises OSError: not now, send it again."""
    body = json.dumps(event, ensure_ascii=False).encode()
    headers = {"content-type": "application/cloudevents+json"} | signed(secret, event["id"], body)
    request = urllib.request.Request(url, body, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status == 202
    except urllib.error.HTTPError as error:
        if error.code not in REFUSED:
            raise
        sys.stdout.write(f"{error.code} {error.read().decode()}\n")
        return False


def send_redis(url: str, event: dict) -> bool:
    """Add an event to the stream; the length is bounded, as nobody else trims it."""
    import redis

    with redis.Redis.from_url(url) as queue:
        body = json.dumps(event, ensure_ascii=False)
        queue.xadd(STREAM, {"event": body}, maxlen=100_000, approximate=True)
    return True


def send(url: str, event: dict) -> bool:
    """Send an event the way its address says."""
    if url.startswith("http"):
        return send_webhook(url, os.environ["PLATFORM_SECRET"], event)
    return send_redis(url, event)


def main() -> None:
    """Send what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("url", "case", "status"):
        parser.add_argument(name)
    for name in ("note", "handler", "by"):
        parser.add_argument(f"--{name}", default="")
    told = vars(parser.parse_args())
    url, case = told.pop("url"), told.pop("case")
    is_taken = send(url, status_event(case, **told))
    sys.stdout.write("taken\n" if is_taken else "refused\n")


if __name__ == "__main__":
    main()
