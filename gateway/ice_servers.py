"""The STUN and TURN servers that this machine and its players use, and how players are told."""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.config import LiveSettings

CREDENTIALS_LAST = timedelta(days=1)
"""How long credentials made from the relay's secret are good; longer than any sign-in is unused."""
USER = "gridpatrol"
"""Who the relay's log says uses it."""


@dataclass(frozen=True, slots=True)
class IceServer:
    """One server, by its URL (RFC 7064, RFC 7065). username, credential: "" for STUN."""

    url: str
    username: str = ""
    credential: str = ""

    @property
    def link(self) -> str:
        """Return the `Link` header that tells a player of it (RFC 9725 §4.6)."""
        text = f'<{self.url}>; rel="ice-server"'
        if self.username:
            text += f'; username="{self.username}"; credential="{self.credential}"'
            text += '; credential-type="password"'
        return text


def ice_servers(settings: LiveSettings, now: datetime) -> tuple[IceServer, ...]:
    """Return the servers of the settings, with credentials that are good from `now` (UTC) on."""
    servers = []
    if settings.stun_url:
        servers.append(IceServer(settings.stun_url))
    if settings.turn_url:
        servers.append(IceServer(settings.turn_url, *_credentials(settings, now)))
    return tuple(servers)


def _credentials(settings: LiveSettings, now: datetime) -> tuple[str, str]:
    """Return user and password for the relay.

    From a shared secret they are made as coturn's `use-auth-secret` checks them
    (draft-uberti-behave-turn-rest-00 §2.2): the user says until when, the password proves it.
    """
    if settings.turn_secret is None:
        password = settings.turn_password
        return settings.turn_username, password.get_secret_value() if password else ""
    username = f"{int((now + CREDENTIALS_LAST).timestamp())}:{USER}"
    secret = settings.turn_secret.get_secret_value().encode()
    digest = hmac.new(secret, username.encode(), "sha1").digest()
    return username, base64.b64encode(digest).decode()
