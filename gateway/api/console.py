"""The console's pages: static files, and the policy that fits their import map."""

from http import HTTPStatus
from pathlib import Path, PurePosixPath

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gateway.api.layers import content_security_policy, inline_script_hashes
from gateway.api.services import ServicesDep
from gateway.errors import NotFoundError

SERVED = frozenset({".js", ".css", ".html", ".svg", ".png", ".ico", ".woff2", ".webmanifest"})
"""Kinds of file that a browser gets; the rest of the directory is for those who build it."""

NOT_SERVED = frozenset({"node_modules", "index.html"})

router = APIRouter(include_in_schema=False)


@router.get("/")
def read_page(services: ServicesDep) -> HTMLResponse:
    """Return the console's one page, with a policy that allows its import map and nothing else."""
    try:
        page = (services.console_dir / "index.html").read_text("utf-8")
    except OSError as error:
        raise NotFoundError("The console is not installed; run: make setup.") from error
    policy = content_security_policy(inline_script_hashes(page))
    return HTMLResponse(
        page, headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
    )


class ConsoleFiles(StaticFiles):
    """Scripts, styles and pictures of the console, checked anew at each load by their ETag."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file of a kind we serve; raises 404 for everything else."""
        parts = PurePosixPath(path)
        hidden = any(part.startswith(".") or part in NOT_SERVED for part in parts.parts)
        if hidden or parts.suffix not in SERVED:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no file {path}.")
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response
