"""Lists that are asked for a page at a time."""

from pydantic import Field

from gateway.api.fields import Question
from gateway.http.errors import BadRequestError
from gateway.store.incident_list import Cursor

MAX_PAGE = 200


class PageQuestion(Question):
    """What is asked of a list: `before` is the `next` of the page before."""

    before: str | None = None
    limit: int = Field(50, ge=1, le=MAX_PAGE)

    @property
    def cursor(self) -> Cursor | None:
        """Where the page begins; raises BadRequestError for a text that no page ended with."""
        try:
            return None if self.before is None else Cursor.parse(self.before)
        except ValueError as error:
            raise BadRequestError(f"before: {error}; give the `next` of a page.") from error
