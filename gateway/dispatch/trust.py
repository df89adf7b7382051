"""Which certificates a sink is believed by; they are always checked."""

import ssl
from pathlib import Path

from gateway.errors import ConfigError


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Return what a sink's certificate is held against.

    ca_file: certificates of an authority of the site's own, PEM; None: those this machine trusts.
    Raises ConfigError for a file that holds none.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConfigError(
            f"{ca_file} holds no certificates of an authority in PEM ({error})"
        ) from error
