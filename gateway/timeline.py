"""One time line over several sessions: each starts its timestamps anew, a clip may not."""

from dataclasses import dataclass

from gateway.hub import AudioDelivery, Delivery
from gateway.packets import TICKS_PER_S

MAX_LEAP_TICKS = 10 * TICKS_PER_S
"""A timestamp this much further on than the time that went by is a jump of the camera's clock."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a packet lies on the line: 90 kHz ticks; the first one's pts is 0, dts always rises."""

    pts: int
    dts: int


class Timeline:
    """Gives packets timestamps that go on across reconnects and jumps of the camera's clock.

    Within a session the camera's own intervals are kept. Where they cannot be (another session,
    timestamps that go back or leap), the time between the two arrivals takes their place.
    """

    def __init__(self) -> None:
        self._last: Delivery | None = None
        self._offset = 0
        self._top_pts = 0
        self._last_dts = 0

    def place(self, delivery: Delivery) -> Moment:
        """Return where the next packet lies; call once for each packet, in the order of arrival."""
        packet = delivery.packet
        if self._last is None:
            self._offset = -packet.pts
        elif self._is_broken(self._last, delivery):
            arrival_ticks = round((packet.received_s - self._last.packet.received_s) * TICKS_PER_S)
            self._offset = max(
                self._top_pts + max(1, arrival_ticks) - packet.pts,
                self._last_dts + 1 - packet.dts,
            )
        self._last = delivery
        self._last_dts = packet.dts + self._offset
        pts = max(packet.pts + self._offset, self._last_dts)
        self._top_pts = max(self._top_pts, pts)
        return Moment(pts, self._last_dts)

    def place_sound(self, sound: AudioDelivery) -> int | None:
        """Return where some sound lies, in ticks; None where it belongs to no picture placed yet.

        Sound follows the pictures of its session: what comes before the first of them, or strays
        further from them than a camera's clock may leap, has no place.
        """
        if self._last is None or sound.epoch != self._last.epoch:
            return None
        ticks = sound.packet.pts + self._offset
        return ticks if ticks >= 0 and abs(ticks - self._top_pts) <= MAX_LEAP_TICKS else None

    @staticmethod
    def _is_broken(last: Delivery, delivery: Delivery) -> bool:
        step = delivery.packet.dts - last.packet.dts
        passed = (delivery.packet.received_s - last.packet.received_s) * TICKS_PER_S
        return delivery.epoch != last.epoch or step <= 0 or step > passed + MAX_LEAP_TICKS
