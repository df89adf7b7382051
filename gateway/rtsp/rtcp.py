"""RTCP (RFC 3550 §6): the camera's clock out of its sender reports, our receiver reports."""

import struct
from dataclasses import dataclass

from gateway.rtsp.wrapping import signed_step

SENDER_REPORT, RECEIVER_REPORT, DESCRIPTION = 200, 201, 202
NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""

NTP_ERA_S = 1 << 32
"""NTP's seconds start over on 7 February 2036 (RFC 5905 §6)."""

CNAME = b"gridpatrol"

MAX_REACH_S = 120
"""A report says nothing of packets whose timestamps are farther than this from its own."""

_read_head = struct.Struct(">BBH").unpack_from
_read_sender = struct.Struct(">III").unpack_from


@dataclass(frozen=True, slots=True)
class SenderReport:
    """At which UTC second since 1970, by the camera's clock, its RTP timestamps stood where.

    utc_s: 0 where the camera has no clock. ntp_middle: the middle 32 bits of the NTP time, which a
    receiver report repeats.
    """

    utc_s: float
    timestamp: int
    ntp_middle: int


@dataclass(frozen=True, slots=True)
class Reception:
    """One report block (RFC 3550 §6.4.1). highest: extended. jitter: RTP ticks."""

    ssrc: int
    fraction_lost: int
    lost: int
    highest: int
    jitter: int


def sender_report(data: bytes) -> SenderReport | None:
    """Return the newest sender report in a compound packet, None without one."""
    found, at = None, 0
    while at + 4 <= len(data):
        flags, kind, words = _read_head(data, at)
        if flags >> 6 != 2:
            break
        if kind == SENDER_REPORT and at + 20 <= len(data):
            found = _sender_report(*_read_sender(data, at + 8))
        at += 4 + 4 * words
    return found


def _sender_report(seconds: int, fraction: int, timestamp: int) -> SenderReport:
    middle = (seconds & 0xFFFF) << 16 | fraction >> 16
    if not seconds and not fraction:
        return SenderReport(0.0, timestamp, 0)
    if seconds < NTP_EPOCH_S:
        seconds += NTP_ERA_S
    return SenderReport(seconds - NTP_EPOCH_S + fraction / NTP_ERA_S, timestamp, middle)


class SenderClock:
    """The camera's clock, by its newest sender report."""

    def __init__(self, clock_rate: int) -> None:
        self._rate = clock_rate
        self._newest: SenderReport | None = None
        self._received_s = 0.0

    def see(self, data: bytes, received_s: float) -> None:
        """Take one compound packet. received_s: monotonic seconds."""
        report = sender_report(data)
        if report is not None:
            self._newest, self._received_s = report, received_s

    def utc_s(self, timestamp: int) -> float | None:
        """Return when, by the camera, a timestamp was; None while it has not said."""
        newest = self._newest
        if newest is None or not newest.utc_s:
            return None
        away_s = signed_step(newest.timestamp, timestamp) / self._rate
        return newest.utc_s + away_s if abs(away_s) <= MAX_REACH_S else None

    def echo(self, now_s: float) -> tuple[int, int]:
        """Return a report block's LSR and DLSR: the last report, and its age in 1/65536 s.

        Both 0 before the first.
        """
        if self._newest is None:
            return 0, 0
        delay = int(max(0.0, now_s - self._received_s) * 65536)
        return self._newest.ntp_middle, min(delay, 0xFFFFFFFF)


def receiver_report(reception: Reception, echo: tuple[int, int]) -> bytes:
    """Return a compound packet: a receiver report and our name. echo: of `SenderClock.echo`."""
    # Ours only has to differ from the one other source of the session.
    ours = reception.ssrc ^ 0xFFFFFFFF
    block = struct.pack(
        ">IIIIII",
        reception.ssrc,
        reception.fraction_lost << 24 | min(reception.lost, 0x7FFFFF),
        reception.highest,
        min(reception.jitter, 0xFFFFFFFF),
        *echo,
    )
    report = struct.pack(">BBHI", 0x81, RECEIVER_REPORT, 7, ours) + block
    return report + description(ours)


def description(ssrc: int) -> bytes:
    """Return the packet that names a source of ours (RFC 3550 §6.5)."""
    chunk = struct.pack(">IBB", ssrc, 1, len(CNAME)) + CNAME
    chunk += bytes(4 - len(chunk) % 4)
    return struct.pack(">BBH", 0x81, DESCRIPTION, len(chunk) // 4) + chunk
