"""Access units out of the units of H.264 or H.265, as cameras really cut and mark them.

Where one ends. A picture ends at the marker bit, or where the timestamp changes, or where a slice
says that it is the first of another picture; whichever comes first. Markers are believed only when
the first key picture of a session was whole at its marker: some cameras set the bit on every slice,
some on parameter sets, some never. Units without a picture of their own (parameter sets, SEI) join
the next picture, whatever their timestamp or marker.

What it holds. Parameter sets are taken out and the newest of them put before each key picture, and
before any other picture that came with new ones. Access unit delimiters and filler are left out:
no decoder needs them. SEI is kept.

What is a key picture. IDR (H.264) and IRAP (H.265); a picture with a recovery point SEI, so that
streams which refresh by open GOPs or bit by bit (gradual refresh, no IDR at all) have places to
start too: decoding shows a damaged picture there until the refresh is through, so where a stream
has real ones, only recovery points that are exact at once (recovery_frame_cnt 0) count beside them;
and an I slice that comes with its SPS, as old cameras send in place of IDR.
"""

from collections.abc import Callable, Sequence

from gateway.parameter_sets import START_CODE
from gateway.rtsp.current_sets import CurrentSets
from gateway.rtsp.grammar import Grammar, Role, recovery_pictures, slice_type

MAX_PICTURE_BYTES = 16 << 20
"""Beyond this a picture is damaged: markers and timestamps must have been lost on the way."""

_SHORT_CODE = b"\x00\x00\x01"
_FIRST_IN_PICTURE = 0x80
"""H.264 first_mb_in_slice, Exp-Golomb: 0 is one set bit. H.265 first_slice_segment_in_pic_flag."""

_HEAD_BYTES = 16
"""Of a slice: enough for the fields looked at."""

I_SLICE, B_SLICE = 2, 1

_LAST_SLICE_ROLE = Role.KEY_SLICE

MAX_WAITING_BYTES = 1 << 16
"""Units without a picture are let go when more of them wait for one."""

Finish = Callable[[bytes, bool], None]
"""Called with each picture, Annex B, and whether it is a key picture; b"" for a damaged one."""


class PictureBuilder:
    """Collects the units of one picture after the other.

    has_slices: the picture under way holds some of its data. is_disposable: no other picture leans
    on it, by the headers of its slices. sends_b: a B slice came while `looks_for_b` (H.264 only).
    """

    def __init__(self, grammar: Grammar, sets: CurrentSets, finish: Finish) -> None:
        self.has_slices = False
        self.is_disposable = True
        self.looks_for_b = self.sends_b = False
        self._grammar = grammar
        self._sets = sets
        self._finish = finish
        self._roles = grammar.roles
        self._header_bytes = grammar.syntax.header_bytes
        self._parts: list[bytes] = []
        self._size = 0
        self._is_key = self._has_sets = self._is_damaged = False
        self._after_gap = True
        self._is_open = False
        self._pieces: list[bytes] | None = None
        self._was_marked = self._ended_at_marker = False
        self._believes_markers: bool | None = None
        self._has_real_keys = False

    def unit(self, unit: bytes) -> None:
        """Take one whole unit with its header."""
        if self._is_open:
            self._cut_off()
        if len(unit) <= self._header_bytes:
            return
        role = self._roles[unit[0]]
        if role <= _LAST_SLICE_ROLE:
            self._begin_slice(unit, role)
            self._add(unit)
        else:
            self._other(unit, role)

    def begin(self, header: bytes, piece: bytes) -> None:
        """Take the first piece of a unit that is cut up; `header` is the whole unit's."""
        if self._is_open:
            self._cut_off()
        role = self._roles[header[0]]
        head = header + piece
        if role <= _LAST_SLICE_ROLE:
            self._begin_slice(head, role)
            self._is_open = True
            self._add(head)
        else:
            self._is_open = True
            self._pieces = [head]

    def go_on(self, pieces: Sequence[bytes], *, is_last: bool) -> None:
        """Take the next pieces of the unit begun last."""
        if not self._is_open:
            self._is_damaged = True
            return
        self._size += sum(map(len, pieces))
        if self._size > MAX_PICTURE_BYTES:
            self._overflow()
        elif self._pieces is None:
            self._parts += pieces
            if is_last:
                self._is_open = False
        else:
            self._pieces += pieces
            if is_last:
                unit, self._pieces, self._is_open = b"".join(self._pieces), None, False
                self._other(unit, self._roles[unit[0]])

    def byte_stream(self, data: bytes) -> bool:
        """Take a piece of Annex B, which some cameras send for units; False where it is none."""
        if not data.lstrip(b"\x00").startswith(b"\x01") or _SHORT_CODE not in data[:4]:
            return False
        self._split(data)
        return True

    def gap(self) -> None:
        """Take note that packets are missing here."""
        if self._is_open:
            self._cut_off()
        if self.has_slices and not (self._was_marked and self._believes_markers is not False):
            self._is_damaged = True
        self._after_gap = True

    def mark(self) -> None:
        """Take note of a marker bit on the packet fed last."""
        if not self.has_slices:
            return
        self._was_marked = True
        if self._believes_markers:
            self.close()
            self._ended_at_marker = True

    def turn(self) -> None:
        """Take note that the next packet has another timestamp."""
        self._ended_at_marker = False
        if self._was_marked and self._is_key and self._believes_markers is None:
            self._believes_markers = True
        if self._size or self._is_open or self._is_damaged:
            self.close()

    def close(self) -> None:
        """End the picture under way."""
        if self._is_open:
            self._cut_off()
        if self._is_damaged:
            self._finish(b"", self._is_key)
        elif self.has_slices:
            self._finish(self._whole(), self._is_key)
        elif self._size <= MAX_WAITING_BYTES:
            return
        self._parts.clear()
        self._size = 0
        self.has_slices = self._is_key = self._has_sets = self._is_damaged = False
        self._was_marked = False
        self.is_disposable = True

    def _whole(self) -> bytes:
        if self._is_key or self._sets.changed:
            self._sets.changed = False
            self._parts.insert(0, self._sets.annex_b)
        return b"".join(self._parts)

    def _begin_slice(self, head: bytes, role: Role) -> None:
        if len(head) > self._header_bytes and head[self._header_bytes] & _FIRST_IN_PICTURE:
            if self.has_slices:
                self.close()
            self._after_gap = False
            if self._has_sets or self.looks_for_b:
                self._look_at(head)
        elif self._after_gap or self._ended_at_marker:
            # Its beginning was lost, or is already under way to the hub: a marker lied.
            self._is_damaged, self._after_gap = True, False
        if self._was_marked or self._ended_at_marker:
            self._believes_markers = self._ended_at_marker = False
        self.has_slices = True
        if role is Role.KEY_SLICE:
            self._is_key = self._has_real_keys = True
        self.is_disposable = self.is_disposable and self._grammar.is_disposable(head[0])

    def _look_at(self, head: bytes) -> None:
        """Look into the first slice of a picture: its type tells something."""
        kind = slice_type(head[:_HEAD_BYTES], self._grammar)
        if kind == I_SLICE and self._has_sets:
            self._is_key = True
        self.sends_b = self.sends_b or kind == B_SLICE

    def _other(self, unit: bytes, role: Role) -> None:
        if role is Role.PARAMETER_SET:
            if _SHORT_CODE in unit:
                self._split(unit)
            else:
                self._has_sets = True
                self._sets.see(unit)
        elif role is Role.SEI:
            pictures = recovery_pictures(unit, self._grammar)
            if pictures is not None and (pictures <= 0 or not self._has_real_keys):
                self._is_key = True
            self._add(unit)
        elif role is Role.KEPT:
            self._add(unit)

    def _split(self, units: bytes) -> None:
        """Take several units that a camera sent as one, with start codes in between."""
        for unit in units.split(_SHORT_CODE):
            self.unit(unit.rstrip(b"\x00"))

    def _add(self, unit: bytes) -> None:
        self._parts += START_CODE, unit
        self._size += len(unit)
        if self._size > MAX_PICTURE_BYTES:
            self._overflow()

    def _cut_off(self) -> None:
        """Let go of the unit under way: the rest of it will not come."""
        if self._pieces is None:
            self._is_damaged = True
        self._is_open, self._pieces = False, None

    def _overflow(self) -> None:
        self._parts.clear()
        self._size = 0
        self._is_open, self._pieces, self._is_damaged = False, None, True
