"""Datagrams put back in order: late ones are awaited for a moment, lost ones given up."""

from collections.abc import Sequence

from gateway.rtsp.rtp import MAX_MISORDER

HOLD_S = 0.15
"""How long packets wait for an earlier one: several times the jitter of a 4G link."""

HOLD_PACKETS = 256
"""How many may wait: a key frame of 300 kB."""

Arrival = tuple[bytes, float, float]
"""One packet, its monotonic and its UTC time of arrival (seconds)."""


class ReorderBuffer:
    """Holds packets that came before their turn. Gaps stay gaps: whoever reads sees them.

    late: packets that came twice, or after they had been given up.
    """

    def __init__(self) -> None:
        self.late = 0
        self._next: int | None = None
        self._held: dict[int, Arrival] = {}

    def push(self, data: bytes, received_s: float, arrival_s: float) -> Sequence[Arrival]:
        """Take one packet as it came; return those whose turn it is now."""
        if len(data) < 4:
            return ()
        sequence = data[2] << 8 | data[3]
        arrival = (data, received_s, arrival_s)
        if sequence == self._next and not self._held:
            self._next = (sequence + 1) & 0xFFFF
            return (arrival,)
        ahead = 0 if self._next is None else (sequence - self._next) & 0xFFFF
        if ahead >= 0x10000 - MAX_MISORDER:
            self.late += 1
            return ()
        if ahead > HOLD_PACKETS:
            return self._start_over(sequence, arrival)
        if sequence in self._held:
            self.late += 1
            return ()
        if self._next is None:
            self._next = sequence
        self._held[sequence] = arrival
        return self._release(received_s)

    def _release(self, now_s: float) -> list[Arrival]:
        out = self._run()
        while self._held and self._is_over(now_s):
            base = self._next or 0
            self._next = min(self._held, key=lambda held: (held - base) & 0xFFFF)
            out += self._run()
        return out

    def _is_over(self, now_s: float) -> bool:
        # Python's dictionaries keep the order of insertion: the first has waited longest.
        _, since_s, _ = next(iter(self._held.values()))
        return len(self._held) > HOLD_PACKETS or now_s - since_s > HOLD_S

    def _run(self) -> list[Arrival]:
        """Take out the unbroken run that begins with the packet whose turn it is."""
        out, sequence = [], self._next or 0
        while (arrival := self._held.pop(sequence, None)) is not None:
            out.append(arrival)
            sequence = (sequence + 1) & 0xFFFF
        self._next = sequence
        return out

    def _start_over(self, sequence: int, arrival: Arrival) -> list[Arrival]:
        """Let go of all that waits, in order: the sequence leapt too far to go on."""
        base = self._next or 0
        held = sorted(self._held, key=lambda waiting: (waiting - base) & 0xFFFF)
        out = [self._held[waiting] for waiting in held]
        self._held.clear()
        self._next = (sequence + 1) & 0xFFFF
        return [*out, arrival]
