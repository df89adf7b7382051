"""FFmpeg's errors in our words. Its own texts name the URL with the password: none is passed on."""

from dataclasses import dataclass

import av.error

from gateway.errors import (
    ConfigError,
    GatewayError,
    NotVideoError,
    UnauthorizedError,
    UnreachableError,
)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What some of FFmpeg's errors mean; text takes {url} and {reason}."""

    of: tuple[type[Exception], ...]
    is_a: type[GatewayError]
    text: str


_MEANINGS = (
    _Meaning(
        (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError),
        UnauthorizedError,
        "{url} refuses the user or password; correct them before the camera locks the account.",
    ),
    _Meaning(
        (av.error.HTTPNotFoundError,),
        NotVideoError,
        "{url} answers, but has no stream at this path; check the path, or find it by ONVIF.",
    ),
    _Meaning(
        (av.error.HTTPServerError,),
        UnreachableError,
        "{url} answers with a failure of its own; it may have too many viewers already.",
    ),
    _Meaning(
        (av.error.HTTPClientError,),
        NotVideoError,
        "{url} answers, but refuses to send video; check its path and stream settings.",
    ),
    _Meaning(
        (
            av.error.ProtocolNotFoundError,
            av.error.DemuxerNotFoundError,
            av.error.OptionNotFoundError,
        ),
        ConfigError,
        "The FFmpeg on this machine cannot open {url} ({reason}); use an RTSP address.",
    ),
    _Meaning(
        (av.error.InvalidDataError, av.error.EOFError, av.error.UnknownError),
        NotVideoError,
        "{url} answered, but not with video that FFmpeg understands; check the address.",
    ),
    _Meaning(
        (av.error.FFmpegError,),
        UnreachableError,
        "{url} cannot be opened ({reason}); check the address and the network.",
    ),
)


def explain(error: av.error.FFmpegError, url: str) -> GatewayError:
    """Return our error for one of FFmpeg's, first match in the table.

    url: as it may be shown, without secrets.
    """
    meaning = next(row for row in _MEANINGS if isinstance(error, row.of))
    reason = (error.strerror or "no reason given").lower()
    return meaning.is_a(meaning.text.format(url=url, reason=reason))
