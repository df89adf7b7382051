"""Which certificates a sink is believed by; they are always checked."""

import socket
import ssl
from pathlib import Path
from typing import Self

from gateway.errors import ConfigError


class NamedTrust(ssl.SSLContext):
    """Holds certificates against one name, whatever address was dialled to get there."""

    name: str

    @classmethod
    def of(cls, name: str, ca_file: Path | None) -> Self:
        """Return what the certificate of `name` is held against; see `trust`."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.name = name
        _load(context, ca_file)
        return context

    def wrap_socket(
        self,
        sock: socket.socket,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | bytes | None = None,  # noqa: ARG002 - the address, not the name
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLSocket:
        """Wrap a socket as `SSLContext` does, for the name."""
        return super().wrap_socket(
            sock, server_side, do_handshake_on_connect, suppress_ragged_eofs, self.name, session
        )


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Return what a sink's certificate is held against.

    ca_file: certificates of an authority of the site's own, PEM; None: those this machine trusts.
    Raises ConfigError for a file that holds none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _load(context, ca_file)
    return context


def _load(context: ssl.SSLContext, ca_file: Path | None) -> None:
    if ca_file is None:
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:
        raise ConfigError(
            f"{ca_file} holds no certificates of an authority in PEM ({error})"
        ) from error
