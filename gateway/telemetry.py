"""Log lines and metrics: one set-up for every process, secrets kept out, times in UTC."""

import logging
import re
import sys
from typing import TextIO

import structlog
from prometheus_client import Counter, Gauge, Histogram

from gateway.config import LogSettings

SECRET_WORDS = ("password", "token", "secret", "authorization", "cookie")
"""A log field whose name holds one of these is never written."""

URL_PASSWORD = re.compile(r"(?<=://)([^\s/@:\"']*):[^\s/\"']*@")
"""User and password in a URL (RFC 3986 §3.2.1), wherever in a line; the user may stay."""

LOOKS = Counter("gridpatrol_looks_total", "Pictures the detector looked at", ["camera"])
LOOKS_SKIPPED = Counter(
    "gridpatrol_looks_skipped_total",
    "Pictures due for the detector and not looked at",
    ["camera", "reason"],
)
KEY_PICTURES = Counter(
    "gridpatrol_key_pictures_total", "Pictures decoded of quiet cameras' key frames", ["camera"]
)
WATER_LOOKS = Counter("gridpatrol_water_looks_total", "Looks at the water", ["camera"])
WATER_SECONDS = Counter(
    "gridpatrol_water_seconds_total", "Processor time of judging the water in what was seen"
)
WAKES = Counter("gridpatrol_wakes_total", "Times a quiet camera was stirred", ["camera", "why"])
DECODE_SECONDS = Counter(
    "gridpatrol_decode_seconds_total",
    "Processor time of decoding and of comparing pictures, by what is decoded",
    ["rung"],
)
DETECT_CPU_SECONDS = Counter(
    "gridpatrol_detect_cpu_seconds_total", "Processor time of the detector and its runtime"
)
CAMERAS_AT_RUNG = Gauge("gridpatrol_cameras_at_rung", "Cameras by what is decoded", ["rung"])
OVERLOADED = Gauge(
    "gridpatrol_overloaded_ratio", "1 while cameras need more than the machine can do"
)
PACKETS_DROPPED = Counter(
    "gridpatrol_packets_dropped_total", "Packets a slow reader never saw", ["camera", "reason"]
)
INCIDENT_CHANGES = Counter(
    "gridpatrol_incident_changes_total", "Incidents opened, updated and closed", ["camera", "rule"]
)
DELIVERED = Counter(
    "gridpatrol_sink_delivered_messages_total", "Messages that a sink has taken", ["sink"]
)
CAMERA_ONLINE = Gauge("gridpatrol_camera_online_ratio", "1 while pictures arrive", ["camera"])
DETECT_SECONDS = Histogram(
    "gridpatrol_detect_seconds", "From picture decoded to objects found", ["camera"]
)

LIVE_VIEWERS = Gauge("gridpatrol_live_viewers", "Players that watch live", ["camera"])
LIVE_SENT = Counter("gridpatrol_live_sent_bytes_total", "Pictures sent to players", ["camera"])
LIVE_LOST = Counter(
    "gridpatrol_live_lost_packets_total", "RTP packets that players said they lost", ["camera"]
)
TALK_SECONDS = Counter(
    "gridpatrol_talk_seconds_total", "Time people spoke through a camera's loudspeaker", ["camera"]
)
LIVE_TRANSCODES = Gauge("gridpatrol_live_transcodes", "Streams transcoded for players")


def set_up_logging(settings: LogSettings, process: str, stream: TextIO = sys.stderr) -> None:
    """Send structlog's and the libraries' log lines to one stream in one format.

    `process` names this process in every line ("serve", "worker-0"). Standard output is left to
    the results of commands.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _drop_secrets,
    ]
    as_text = settings.format == "text" or (settings.format == "auto" and stream.isatty())
    render = _text(stream) if as_text else structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *([] if as_text else [structlog.processors.format_exc_info]),
                _without_url_passwords(render),
            ],
        )
    )
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    for noisy in ("aioice", "aiortc", "httpx", "httpcore", "zeep", "uvicorn.access", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(process=process)


def _drop_secrets(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for key in event:
        if any(word in key.lower() for word in SECRET_WORDS):
            event[key] = "***"
    return event


def _text(stream: TextIO) -> structlog.typing.Processor:
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _without_url_passwords(render: structlog.typing.Processor) -> structlog.typing.Processor:
    """Take passwords out of finished lines: libraries put URLs into messages and tracebacks."""

    def rendered(
        logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict
    ) -> str:
        return URL_PASSWORD.sub(r"\1:***@", str(render(logger, method, event)))

    return rendered
