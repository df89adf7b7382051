"""What kind of body a request carries."""

from fastapi import Request

from gateway.http.errors import MediaTypeError


def check_type(request: Request, expected: str) -> None:
    """Raise MediaTypeError unless the body is of the type expected, parameters aside."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != expected:
        raise MediaTypeError(f"The body must be {expected}, not {given or 'untyped'}.")
