"""Telling somebody through Apprise: WeCom, DingTalk, Feishu, SMS gateways, e-mail, webhooks.

The address of a target holds its secrets: nothing that leaves here repeats any part of it.
"""

import logging
import re
import threading
from functools import cache
from typing import TYPE_CHECKING, Final

from gateway.errors import ConfigError, NotToldError
from vision.types import Severity

if TYPE_CHECKING:
    import apprise

LOCAL: Final = frozenset({"syslog", "dbus", "kde", "qt", "glib", "gnome", "macosx", "windows"})
"""Schemas that speak to the desktop of this machine, which a server has none of."""
_TYPES = {Severity.RED: "failure", Severity.YELLOW: "warning", Severity.GREEN: "info"}
_PART = re.compile(r"[^:/?&=@,\s]{4,}")
_HIDDEN = "***"
_MOST_REASON = 300


def check_url(url: str) -> None:
    """Raise ConfigError unless a text is the address of a service that can be told something."""
    _service(url)


def tell(url: str, title: str, body: str, severity: Severity) -> None:
    """Tell the target behind an address; returns when its service has taken it.

    Takes about 8 seconds at most for each request that its service needs. Raises NotToldError, with
    the service's words and without the address; ConfigError for an address that is none.
    """
    service = _service(url)
    with _Overheard() as said:
        is_told = service.notify(body=body, title=title, notify_type=_TYPES[severity])
    if not is_told:
        reason = " ".join(said) or "it gave no reason"
        raise NotToldError(f"the service did not take it: {without_secrets(reason, url)}")


def without_secrets(text: str, url: str) -> str:
    """Return a text without any part of an address that is four characters long or longer."""
    _, _, rest = url.partition("://")
    for part in sorted(_PART.findall(rest), key=len, reverse=True):
        text = text.replace(part, _HIDDEN)
    return text[:_MOST_REASON]


def _service(url: str) -> "apprise.NotifyBase":
    import apprise

    _keep_from_logs()
    schema = url.partition("://")[0].strip().lower()
    service = None if schema in LOCAL else apprise.Apprise.instantiate(url)
    if service is None:
        raise ConfigError(
            "the address is none that Apprise knows, such as wecombot://KEY or"
            " mailtos://USER:PASSWORD@HOST; github.com/caronc/apprise lists them"
        )
    return service


@cache
def _keep_from_logs() -> None:
    """Have what Apprise logs go nowhere but to `_Overheard`: an address may be in it."""
    logger = logging.getLogger("apprise")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False


class _Overheard(logging.Handler):
    """What Apprise warns of in this thread, which is the only way it says why it failed."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self._said: list[str] = []

    def __enter__(self) -> list[str]:
        logging.getLogger("apprise").addHandler(self)
        return self._said

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line of this thread."""
        if record.thread == self._thread:
            self._said.append(record.getMessage())
