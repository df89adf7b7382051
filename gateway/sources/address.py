"""Camera URLs: taking credentials out, putting them in for the library, hiding them from people."""

import re
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from gateway.sources.source import Credentials

_SECRET = re.compile(
    r"(?P<name>(?<![A-Za-z])(?:pass(?:word|wd)?|pwd|token|secret|sign(?:ature)?|key|auth)=)[^&_/?#]+",
    re.IGNORECASE,
)
"""Secrets that some cameras want inside the path or query, as in `/user=u_password=p_channel=1`."""


def split_credentials(url: str) -> tuple[str, Credentials | None]:
    """Return the URL without its `user:password@`, and what stood there (None when nothing did)."""
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, _, password = userinfo.partition(":")
    bare = urlunsplit(parts._replace(netloc=host))
    return bare, Credentials(unquote(user), unquote(password))


def with_credentials(url: str, credentials: Credentials | None) -> str:
    """Return the URL as FFmpeg wants it, credentials percent-encoded inside. Never show it."""
    if credentials is None:
        return url
    parts = urlsplit(url)
    userinfo = f"{quote(credentials.user, safe='')}:{quote(credentials.password, safe='')}"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{userinfo}@{host}"))


def filled(url: str, credentials: Credentials | None) -> str:
    """Return the URL with `{user}` and `{password}` filled in, for cameras that want them there.

    An underscore is encoded too: such cameras part the words of their path by it. Never show it.
    """
    user, password = (credentials.user, credentials.password) if credentials else ("", "")
    for place, value in (("{user}", user), ("{password}", password)):
        url = url.replace(place, quote(value, safe="").replace("_", "%5F"))
    return url


def shown(url: str) -> str:
    """Return the URL as it may appear in a log, an error or a report: without any secret."""
    bare, _ = split_credentials(url)
    return _SECRET.sub(r"\g<name>***", bare)
