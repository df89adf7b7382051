"""Bit strings of H.264 and H.265 headers."""


def payload_of(unit: bytes, header_bytes: int) -> bytes:
    """Return a unit's content without header and emulation prevention (H.264 §7.4.1)."""
    return unit[header_bytes:].replace(b"\x00\x00\x03", b"\x00\x00")


class BitReader:
    """Reads fields from the front; every method raises ValueError past the end."""

    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data)
        self._left = len(data) * 8

    def u(self, count: int) -> int:
        """Return an unsigned field of `count` bits."""
        if count > self._left:
            raise ValueError(f"{count} bits wanted, {self._left} left")
        self._left -= count
        return (self._bits >> self._left) & ((1 << count) - 1)

    def flag(self) -> bool:
        """Return one bit."""
        return self.u(1) == 1

    def ue(self) -> int:
        """Return an unsigned Exp-Golomb field of at most 32 bits (H.264 §9.1)."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("an Exp-Golomb field is longer than 32 bits")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """Return a signed Exp-Golomb field (H.264 §9.1.1)."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)
