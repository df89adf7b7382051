"""Reaching an RTSP server: connect, sign in, ask what it offers, follow where it sends us."""

import ssl
from collections.abc import Sequence
from functools import cache
from urllib.parse import urlsplit

from gateway.errors import NotVideoError, UnsupportedServerError
from gateway.rtsp.auth import Authenticator
from gateway.rtsp.client import RedirectedError, RtspClient
from gateway.rtsp.connection import Endpoint, connect
from gateway.rtsp.errors import RtspProtocolError
from gateway.rtsp.sdp import MediaTrack, parse_sdp
from gateway.sources.address import shown, split_credentials
from gateway.sources.link import LinkOptions
from gateway.sources.source import Credentials

PORTS = {"rtsp": 554, "rtsps": 322}
"""The default port of each scheme (RFC 2326 §3.2, RFC 7826 §19.3)."""

MAX_REDIRECTS = 4


async def describe(
    url: str,
    credentials: Credentials | None,
    options: LinkOptions,
    fields: Sequence[tuple[str, str]] = (),
) -> tuple[RtspClient, tuple[MediaTrack, ...]]:
    """Return a client and what its server offers, wherever redirects lead.

    url: rtsp:// or rtsps://, without credentials. fields: further header fields of DESCRIBE. Raises
    the errors of `RtspClient`, and UnsupportedServerError for a description that cannot be read.
    """
    name = shown(url)
    for _ in range(1 + MAX_REDIRECTS):
        client = await _connect(url, credentials, options)
        try:
            await client.options()
            description = await client.describe(fields)
            return client, parse_sdp(description.sdp, description.base_url)
        except RedirectedError as redirect:
            await client.close(0)
            url, credentials = _follow(url, redirect.url, credentials)
        except RtspProtocolError as error:
            await client.close(0)
            raise UnsupportedServerError(f"{name} cannot be read: {error}") from error
        except BaseException:
            await client.close(0)
            raise
    raise NotVideoError(
        f"{name} sends us from one address to another, more than {MAX_REDIRECTS} times; "
        "use the address of the stream itself."
    )


def _follow(
    url: str, location: str, credentials: Credentials | None
) -> tuple[str, Credentials | None]:
    """Return where to go on and as whom: no other host is shown this one's password."""
    bare, inside = split_credentials(location)
    is_same_host = urlsplit(bare).hostname == urlsplit(url).hostname
    return bare, inside or (credentials if is_same_host else None)


async def _connect(url: str, credentials: Credentials | None, options: LinkOptions) -> RtspClient:
    parts = urlsplit(url)
    tls = _tls(options.verify_tls) if parts.scheme == "rtsps" else None
    try:
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    except ValueError:
        raise NotVideoError(f"{shown(url)} has no port from 1 to 65535.") from None
    connection = await connect(Endpoint(host, port, tls, shown(url)), options.open_s)
    signer = Authenticator(credentials.user, credentials.password) if credentials else None
    return RtspClient(connection, url, signer, options.open_s)


@cache
def _tls(verify: bool) -> ssl.SSLContext:
    """Return how to encrypt. Cameras sign their certificates themselves, so few can be verified."""
    if verify:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
