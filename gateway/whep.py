"""The words of WHEP (WebRTC-HTTP egress, draft-ietf-wish-whep) that `serve` and a worker share."""

from fastapi import Request

from gateway.errors import BadOfferError

SDP_TYPE = "application/sdp"

MAX_OFFER_BYTES = 64 * 1024
"""An offer of Chromium with every codec is about 7 kB; more than this is no offer."""


async def read_offer(request: Request) -> str:
    """Return the SDP text of a request. Raises BadOfferError when it is not SDP at all."""
    try:
        offer = (await request.body()).decode()
    except UnicodeDecodeError as error:
        raise BadOfferError("The offer is not text; send the SDP as UTF-8.") from error
    if not offer.startswith("v=0") or "\nm=" not in offer:
        raise BadOfferError("The offer is not SDP, which starts with v=0 and has an m= line.")
    return offer
