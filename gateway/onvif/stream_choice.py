"""Streams a person has chosen among a camera's profiles, instead of those the rule takes."""

from collections.abc import Sequence

from gateway.errors import ConfigError
from gateway.onvif.client import OnvifClient
from gateway.sources import Credentials


def chosen_uris(
    address: str, credentials: Credentials | None, tokens: Sequence[str]
) -> tuple[str, ...]:
    """Return where the streams of these profiles are, in the order of their tokens.

    Raises ConfigError for a profile the camera does not have, and as `OnvifClient` does.
    """
    client = OnvifClient(address, credentials)
    client.connect()
    known = [profile.token for profile in client.profiles()]
    for token in tokens:
        if token not in known:
            raise ConfigError(f"the camera has no profile {token!r}; it has {', '.join(known)}")
    return tuple(client.stream_uri(token) for token in tokens)
