"""Which of a camera's profiles is meant: those a person has chosen, those a camera is kept with."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import ConfigError, OnvifError
from gateway.onvif.client import OnvifClient
from gateway.onvif.onboard import choose
from gateway.onvif.profile import Profile
from gateway.sources import Credentials


@dataclass(frozen=True, slots=True)
class Streams:
    """A camera's analysed stream among its profiles.

    is_main: it is the large picture as well, or its encoder makes both.
    """

    analysed: Profile
    is_main: bool


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


def streams(client: OnvifClient, main_uri: str | None, analysis_uri: str | None) -> Streams:
    """Return which of a camera's profiles is analysed, by the URIs it is kept with.

    Where none fits, the rule of onboarding says. Raises OnvifError where there is no stream.
    """
    profiles = client.profiles()
    main, sub = choose(profiles)
    if main is None:
        raise OnvifError(f"{client.address} offers no video stream")
    by_uri = {_uri(client, one): one for one in profiles}
    large = by_uri.get(main_uri or "", main)
    by_rule = large if analysis_uri == main_uri else sub or main
    analysed = by_uri.get(analysis_uri or "", by_rule)
    is_main = analysed.token == large.token or analysed.encoder == large.encoder
    return Streams(analysed, is_main)


def _uri(client: OnvifClient, profile: Profile) -> str:
    try:
        return client.stream_uri(profile.token)
    except OnvifError:
        return ""
