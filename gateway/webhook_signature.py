"""Signed webhooks as the Standard Webhooks specification has them, symmetric, version 1.

Signed is `<id>.<timestamp>.<body>` with HMAC-SHA256; three headers carry the id, the time and the
signature (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = timedelta(minutes=5)
"""A signature is believed for so long before and after its time, then it might be replayed."""
_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)
"""Sizes of a key that the specification allows."""
_MOST_DIGITS = 12
"""Of a time in seconds; today's have ten."""


def key_of(secret: str) -> bytes:
    """Return the key that a secret spells: `whsec_` and 24 to 64 bytes in base64.

    Raises ValueError.
    """
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if len(key) not in _KEY_BYTES:
        raise ValueError(
            "a webhook secret is whsec_ and 24 to 64 random bytes in base64:"
            " echo whsec_$(openssl rand -base64 32)"
        )
    return key


def signed_headers(key: bytes, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the three headers that go with a message sent now."""
    seconds = str(int(now.timestamp()))
    return {
        ID: message_id,
        TIMESTAMP: seconds,
        SIGNATURE: _signature(key, message_id, seconds, body),
    }


def is_signed(key: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Return whether a message that came in was signed with a key, and not long ago.

    headers: with names in small letters; there may be several signatures, parted by spaces.
    """
    seconds = headers.get(TIMESTAMP, "")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= _MOST_DIGITS):
        return False
    if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():
        return False
    expected = _signature(key, headers.get(ID, ""), seconds, body).encode()
    given = headers.get(SIGNATURE, "").encode().split()
    return any(hmac.compare_digest(expected, one) for one in given)


def _signature(key: bytes, message_id: str, seconds: str, body: bytes) -> str:
    content = f"{message_id}.{seconds}.".encode() + body
    digest = hmac.digest(key, content, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"
