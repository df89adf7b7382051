"""What every source of packets has in common, and who it signs in as."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from gateway.packets import AudioPacket, StreamInfo, VideoPacket


@dataclass(frozen=True, slots=True)
class Credentials:
    """A camera's user and password, kept apart from its URL so that no log line can show them."""

    user: str
    password: str = field(repr=False)


class Source(Protocol):
    """One session with one stream: opened once, read by one thread, closed from any.

    silence_limit_s: seconds without a packet after which `packets` raises StalledError; may be
    changed while reading.
    """

    silence_limit_s: float

    @property
    def transport(self) -> str | None:
        """How packets come: "tcp", "udp" or "file"; None before `open`."""
        ...

    @property
    def clock_offset_s(self) -> float | None:
        """The camera's clock minus ours by its newest RTCP report; None while it sent none."""
        ...

    def open(self) -> StreamInfo:
        """Connect and describe the stream.

        Raises UnreachableError, UnauthorizedError, NotVideoError or NotFoundError.
        """
        ...

    def packets(self) -> Iterator[VideoPacket | AudioPacket]:
        """Yield packets until `close`, or the end of a file; sound only where it was asked for.

        Raises StreamLostError when the other side ends it, StalledError when it falls silent.
        """
        ...

    def close(self) -> None:
        """End `packets`, from any thread; harmless when repeated."""
        ...
