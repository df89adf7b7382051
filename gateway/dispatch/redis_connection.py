"""How this program speaks with Redis and Valkey: one client, and its faults in our words."""

from typing import TypeAlias
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from gateway.errors import ConfigError, QueueUnreachableError

CONNECT_S, ANSWER_S = 2.0, 5.0
BLOCK_MS = 1000
"""How long one read waits for news; a stop is noticed within it."""
Entries: TypeAlias = list[tuple[str, dict[str, str]]]
"""Stream entries in protocol 2, which every Redis and Valkey speaks: (id, fields)."""


def open_client(url: str) -> Redis:
    """Return a client that reports a lost connection at once; raises ConfigError for no URL.

    Retries of its own, which the library gives some clients, would repeat batches unseen. Bytes
    that are no text become U+FFFD: nobody else's entry stops a reader.
    """
    try:
        return Redis.from_url(
            url,
            protocol=2,
            decode_responses=True,
            socket_connect_timeout=CONNECT_S,
            socket_timeout=ANSWER_S,
            encoding_errors="replace",
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise ConfigError(
            f"the queue URL {shown(url)} is not understood: it begins redis://, rediss:// or unix://"
        ) from error


def shown(url: str) -> str:
    """Return a URL without user and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def unreachable(where: str, error: Exception) -> QueueUnreachableError:
    """Return what a fault of the client means for who sends or reads."""
    said = str(error) or type(error).__name__
    return QueueUnreachableError(f"the dispatch queue at {where} does not take messages: {said}")
