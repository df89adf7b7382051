"""The console's words, for anyone: the sign-in page needs them too."""

from fastapi import APIRouter, Request, Response

from gateway.api.fields import Answer
from gateway.api.runtime import RuntimeDep
from gateway.api.services import ServicesDep
from gateway.errors import NotFoundError
from gateway.http.errors import ErrorBody

router = APIRouter(prefix="/api/locales", tags=["locales"])


class LocalesBody(Answer):
    """The languages there are, and the one that suits this browser."""

    languages: tuple[str, ...]
    preferred: str


@router.get("")
def list_locales(request: Request, services: ServicesDep, runtime: RuntimeDep) -> LocalesBody:
    """Return the languages and which of them the browser would like best."""
    wishes = request.headers.get("accept-language", "")
    catalogues = runtime.catalogues
    return LocalesBody(
        languages=catalogues.languages,
        preferred=catalogues.negotiate(wishes, services.site.language),
    )


@router.get("/{language}.json", responses={404: {"model": ErrorBody}})
def read_locale(language: str, response: Response, runtime: RuntimeDep) -> dict[str, str]:
    """Return the translations of one language, by English text."""
    words = runtime.catalogues.words.get(language)
    if words is None:
        known = ", ".join(runtime.catalogues.languages)
        raise NotFoundError(f"There is no language {language}; there are {known}.")
    response.headers["Cache-Control"] = "no-cache"
    return dict(words)
