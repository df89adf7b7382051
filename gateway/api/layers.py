"""Layers around every request: headers for the browser's protection, a proxy's prefix."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(self), microphone=(self), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
"""Set unless the route has set its own."""

WHEP_PATH = re.compile(r"/api/(?:cameras/[^/]+/whep|live/[^/]+)$")
CORS_HEADERS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "OPTIONS, GET, POST, PATCH, DELETE"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match"),
    (
        "Access-Control-Expose-Headers",
        "Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After, X-Live-Mode, X-Live-Why",
    ),
    ("Access-Control-Max-Age", "600"),
)
"""What a player on another page may send and read. With "*", browsers send no cookies."""


def content_security_policy(script_hashes: tuple[str, ...] = ()) -> str:
    """Return the policy: everything from here, nothing inline but scripts with these hashes."""
    allowed = "".join(f" '{value}'" for value in script_hashes)
    return (
        "default-src 'self'; "
        f"script-src 'self'{allowed}; "
        "style-src 'self'; "
        "img-src 'self' blob: data:; "
        "media-src 'self' blob:; "
        "connect-src 'self'; "
        "object-src 'none'; "
        "base-uri 'none'; "
        "form-action 'self'; "
        "frame-ancestors 'none'"
    )


def inline_script_hashes(page: str) -> tuple[str, ...]:
    """Return `sha256-…` of each script written into an HTML page (CSP level 3 §2.3.1)."""
    finder = _InlineScripts()
    finder.feed(page)
    digests = (hashlib.sha256(text.encode()).digest() for text in finder.found)
    return tuple(f"sha256-{base64.b64encode(digest).decode()}" for digest in digests)


class _InlineScripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and "src" not in dict(attrs)
        if self._inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


class SecurityHeaders:
    """ASGI layer that adds the headers to every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._defaults = (
            *SECURITY_HEADERS,
            ("Content-Security-Policy", content_security_policy()),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; complete the headers of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._defaults:
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, complete)


class PlayerCors:
    """ASGI layer that lets the pages of others speak WHEP, as it demands; never with our cookies.

    Who watches so needs a player's token (`Authorization`), which no page has by itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the answer carries the headers of the Fetch standard §3.3."""
        if scope["type"] != "http" or not WHEP_PATH.search(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in CORS_HEADERS:
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, complete)


class PathPrefix:
    """ASGI layer for a reverse proxy that serves us under a prefix, whether or not it strips it."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with `root_path` set and a path that begins with it (ASGI spec)."""
        if self._prefix and scope["type"] in {"http", "websocket"}:
            path = scope["path"]
            if path != self._prefix and not path.startswith(f"{self._prefix}/"):
                path = self._prefix + path
            scope = {**scope, "root_path": self._prefix, "path": path}
        await self._app(scope, receive, send)
