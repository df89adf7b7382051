"""Errors that nobody foresaw, told like those that somebody did; their traces go to the log."""

import structlog

from gateway.errors import GatewayError

log = structlog.get_logger(__name__)


def tellable(error: Exception, what: str) -> GatewayError:
    """Return an error as one for people; a surprise is logged first. what: failed, such as "x"."""
    if isinstance(error, GatewayError):
        return error
    log.error("something failed unexpectedly", what=what, exc_info=error)
    return GatewayError(f"{what} failed ({type(error).__name__}); the log says more")
