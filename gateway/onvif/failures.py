"""What went wrong when a camera was asked, as one of our errors."""

import requests
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault, TransportError

from gateway.errors import GatewayError, OnvifError, UnauthorizedError, UnreachableError
from gateway.onvif.vendor import REFUSALS

NETWORK_REASONS = (
    ("refused", "connection refused"),
    ("NameResolution", "no such name"),
    ("No route to host", "no route to it"),
    ("unreachable", "no route to it"),
    ("timed out", "silence"),
)
"""Parts of what requests says, and what we say."""

NO_HTTP = ("BadStatusLine", "RemoteDisconnected", "InvalidHeader", "IncompleteRead")
"""Parts of what requests says when something answers, but not as a web server does."""


def explain(cause: BaseException, address: str, operation: str) -> GatewayError:
    """Return the error for what was raised while `operation` was asked of `address`."""
    if isinstance(cause, requests.RequestException):
        return _network_failure(cause, address, operation)
    if _is_refusal(cause):
        return UnauthorizedError(
            f"{address} refuses the user or password ({operation}); ONVIF users are often"
            " a list of their own in the camera's settings"
        )
    if isinstance(cause, Fault) and not _is_made_up(cause):
        return OnvifError(f"{address}: {operation} failed: {cause.message or 'no reason given'}")
    if isinstance(cause, ZeepError | AttributeError):
        return _stranger(address, operation)
    return OnvifError(f"{address}: {operation} failed: {cause}")


def _network_failure(
    cause: requests.RequestException, address: str, operation: str
) -> GatewayError:
    words = str(cause)
    if isinstance(cause, requests.exceptions.InvalidURL):
        return OnvifError(f"{address!r} is not an address; give host or host:port")
    if any(part in words for part in NO_HTTP):
        return _stranger(address, operation)
    reasons = (said for part, said in NETWORK_REASONS if part in words)
    reason = next(reasons, type(cause).__name__)
    return UnreachableError(
        f"nothing answers ONVIF at {address} ({reason}); check address, port and cable"
    )


def _stranger(address: str, operation: str) -> OnvifError:
    return OnvifError(
        f"{address}: {operation}: something answers there, but it does not speak ONVIF"
    )


def _is_made_up(fault: Fault) -> bool:
    """Say whether zeep made a fault of an error page: it found no SOAP fault in the answer."""
    return fault.code is None and fault.actor is None


def _is_refusal(cause: BaseException) -> bool:
    """Say whether the camera refuses who asks: by HTTP status, or by ter:NotAuthorized.

    Some cameras name that code without declaring its prefix, on which zeep fails with an error
    that is no fault; and some say it only in the reason (ONVIF Core Specification §5.8.2).
    """
    if isinstance(cause, TransportError):
        return cause.status_code in REFUSALS
    words = [str(cause)]
    if isinstance(cause, Fault):
        words += [str(code) for code in cause.subcodes or ()]
    return "notauthorized" in " ".join(words).replace(" ", "").lower()
