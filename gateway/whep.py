"""The words of WHEP (WebRTC-HTTP egress, draft-ietf-wish-whep) that `serve` and a worker share."""

from dataclasses import dataclass
from enum import StrEnum

from fastapi import Request

from gateway.errors import BadOfferError

SDP_TYPE = "application/sdp"
FRAGMENT_TYPE = "application/trickle-ice-sdpfrag"
"""Candidates that a player found after its offer (RFC 8840 §9)."""

MODE_HEADER = "X-Live-Mode"
"""How a session shows the camera: a word of `LiveMode`."""
WHY_HEADER = "X-Live-Why"
"""Why it is not shown as the camera sends it: a word of `Hindrance`, or nothing."""

MAX_OFFER_BYTES = 64 * 1024
"""An offer of Chromium with every codec is about 7 kB; more than this is no offer."""


class StreamChoice(StrEnum):
    """Which of a camera's streams is watched: the small one that is analysed, or the large one."""

    SUB = "sub"
    MAIN = "main"


class Hindrance(StrEnum):
    """Why players cannot have a stream as it is: its codec, its order of pictures, and so on."""

    CODEC = "codec"
    ORDER = "order"
    PROFILE = "profile"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class IceFragment:
    """What a player tells of its ICE agent after the offer. candidates: as after `a=candidate:`."""

    ufrag: str
    candidates: tuple[str, ...]


def parse_fragment(text: str) -> IceFragment:
    """Read the body of a PATCH (RFC 8840 §9.2). Raises BadOfferError for what is none."""
    ufrag, candidates = "", []
    for line in text.splitlines():
        name, _, value = line.removeprefix("a=").partition(":")
        if name == "ice-ufrag":
            ufrag = value
        elif name == "candidate":
            candidates.append(value)
    if not ufrag and not candidates and "a=end-of-candidates" not in text:
        raise BadOfferError("The fragment has neither a=ice-ufrag nor a=candidate lines.")
    return IceFragment(ufrag, tuple(candidates))


async def read_text(request: Request) -> str:
    """Return the body of a request. Raises BadOfferError when it is not UTF-8."""
    try:
        return (await request.body()).decode()
    except UnicodeDecodeError as error:
        raise BadOfferError("The body is not text; send it as UTF-8.") from error


async def read_offer(request: Request) -> str:
    """Return the SDP text of a request. Raises BadOfferError when it is not SDP at all."""
    offer = await read_text(request)
    if not offer.startswith("v=0") or "\nm=" not in offer:
        raise BadOfferError("The offer is not SDP, which starts with v=0 and has an m= line.")
    return offer
