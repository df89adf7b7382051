"""How much a request may bring."""

import re
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI layer that stops reading a request's body beyond a size; the answer is a 413.

    larger: other sizes for the paths of some routes, as patterns, without the proxy's prefix.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, larger: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; raise HTTPException where its body is read too far."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        max_bytes = next(
            (size for pattern, size in self._larger.items() if re.fullmatch(pattern, path)),
            self._max_bytes,
        )
        read_bytes = 0

        async def counted() -> Message:
            nonlocal read_bytes
            message = await receive()
            read_bytes += len(message.get("body", b""))
            if read_bytes > max_bytes:
                raise HTTPException(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    f"The body is larger than {max_bytes} bytes, the most taken here.",
                )
            return message

        await self._app(scope, counted if scope["type"] == "http" else receive, send)
