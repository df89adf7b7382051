"""The parameter sets in force, from the session description and from the stream."""

from gateway.parameter_sets import START_CODE
from gateway.rtsp.bits import BitReader, payload_of
from gateway.rtsp.grammar import Grammar
from gateway.rtsp.picture_format import PictureFormat, read_format

MAX_SET_BYTES = 4096
"""Longer parameter sets are noise."""


class CurrentSets:
    """The newest parameter sets, by type and number.

    annex_b: all of them in the order a decoder wants, empty until every type is there. format: what
    the newest sequence parameter set says. changed: annex_b is newer than the last picture's.
    """

    def __init__(self, grammar: Grammar) -> None:
        self.annex_b = b""
        self.format: PictureFormat | None = None
        self.changed = False
        self._grammar = grammar
        self._sets: dict[tuple[int, int], bytes] = {}
        self._known: frozenset[bytes] = frozenset()

    def see(self, unit: bytes) -> None:
        """Take one parameter set; what is none, or broken, is left out."""
        unit = unit.rstrip(b"\x00")
        if unit in self._known:
            return
        syntax = self._grammar.syntax
        if not syntax.header_bytes < len(unit) <= MAX_SET_BYTES:
            return
        kind = syntax.type_of(unit[0])
        if kind not in syntax.parameter_sets:
            return
        place = syntax.parameter_sets.index(kind)
        if place == len(syntax.parameter_sets) - 2:
            format_ = read_format(self._grammar.codec, unit)
            number = format_.set_id if format_ else None
        else:
            format_, number = None, _number(unit, self._grammar, place)
        if number is None:
            return
        self.format = format_ or self.format
        self._sets[place, number] = unit
        self._known = frozenset(self._sets.values())
        if len({place for place, _ in self._sets}) == len(syntax.parameter_sets):
            self.annex_b = b"".join(START_CODE + self._sets[key] for key in sorted(self._sets))
            self.changed = True


def _number(unit: bytes, grammar: Grammar, place: int) -> int | None:
    """Return the number a picture, or video, parameter set goes by; None where it is broken."""
    bits = BitReader(payload_of(unit[:16], grammar.syntax.header_bytes))
    is_video_set = grammar.codec == "hevc" and place == 0
    try:
        return bits.u(4) if is_video_set else bits.ue()
    except ValueError:
        return None
