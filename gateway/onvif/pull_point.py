"""A camera's events by PullPoint: long polls on the running event loop, no thread waits for them.

Subscriptions are made anew and never renewed (Core Specification §9.1): many cameras answer a Renew
and end the subscription all the same.
"""

from datetime import datetime
from typing import Self

import httpx

from gateway.clock import monotonic_s
from gateway.errors import UnreachableError
from gateway.onvif import soap
from gateway.onvif.client import TIMEOUT_S, OnvifClient
from gateway.onvif.notifications import Notification, read_notifications
from gateway.onvif.vendor import camera_tls

NAMESPACE = "http://www.onvif.org/ver10/events/wsdl"
WSN = "http://docs.oasis-open.org/wsn"

PULL_S = 30.0
"""How long a camera may think about an answer: routers of 4G forget silent connections after it.

A poll costs 3.9 CPU-ms, so 325 quiet cameras 4 % of a core and 14 MB (measured over 325 polls of
10 s, one thread, on a busy machine of 2 cores)."""
LIFETIME_S = 120.0
"""How long a subscription is asked to last without a poll."""
MOST_MESSAGES = 50

CREATE = (
    f"{NAMESPACE}/EventPortType/CreatePullPointSubscriptionRequest",
    f'<CreatePullPointSubscription xmlns="{NAMESPACE}"><InitialTerminationTime>'
    f"PT{LIFETIME_S:.0f}S</InitialTerminationTime></CreatePullPointSubscription>",
)
PULL = (
    f"{NAMESPACE}/PullPointSubscription/PullMessagesRequest",
    f'<PullMessages xmlns="{NAMESPACE}"><Timeout>PT{{wait_s:.0f}}S</Timeout>'
    f"<MessageLimit>{MOST_MESSAGES}</MessageLimit></PullMessages>",
)
UNSUBSCRIBE = (
    f"{WSN}/bw-2/SubscriptionManager/UnsubscribeRequest",
    f'<Unsubscribe xmlns="{WSN}/b-2"/>',
)
"""Of each question: its action, and what is in its body."""


class PullPoint:
    """One subscription after another to a connected camera's events.

    For one task. Methods raise UnreachableError, UnauthorizedError and OnvifError; after any, the
    subscription is best made anew.
    """

    def __init__(self, client: OnvifClient, pull_s: float = PULL_S) -> None:
        self._dialled = client.dialled
        self._url = client.service_url("events")
        self._signer = (client.credentials, client.clock_skew)
        self._pull_s = pull_s
        who = client.credentials
        self._http = httpx.AsyncClient(
            auth=httpx.DigestAuth(who.user, who.password) if who else None,
            timeout=httpx.Timeout(TIMEOUT_S),
            trust_env=False,
            verify=camera_tls(),
        )
        self._place = ""
        self._echoed: tuple[soap.Element, ...] = ()
        self._ends_s = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    @property
    def is_ending(self) -> bool:
        """Whether another poll might outlast the subscription."""
        return monotonic_s() + 1.5 * self._pull_s > self._ends_s

    async def subscribe(self) -> None:
        """Begin to listen; the camera tells every state at once."""
        answer = await self._ask(CREATE, self._url)
        reference = soap.descend(answer, "SubscriptionReference")
        self._place = self._dialled.service(soap.text_of(reference, "Address") or self._url)
        self._echoed = tuple(soap.children(soap.descend(reference, "ReferenceParameters")))
        self._note_end(answer, LIFETIME_S)

    async def pull(self) -> tuple[Notification, ...]:
        """Wait for something to happen, at most `pull_s` seconds, and return it."""
        action, body = PULL
        question = (action, body.format(wait_s=self._pull_s))
        answer = await self._ask(question, self._place, TIMEOUT_S + self._pull_s)
        self._note_end(answer, None)
        return tuple(read_notifications(answer))

    async def unsubscribe(self) -> None:
        """Stop listening; cameras have room for few listeners."""
        await self._ask(UNSUBSCRIBE, self._place)

    async def _ask(
        self, question: tuple[str, str], url: str, timeout_s: float = TIMEOUT_S
    ) -> soap.Element:
        action, body = question
        echoed = self._echoed if url == self._place else ()
        message, headers = soap.question(action, url, body, self._signer, echoed)
        operation = action.rpartition("/")[2].removesuffix("Request")
        try:
            told = await self._http.post(url, content=message, headers=headers, timeout=timeout_s)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnreachableError(
                f"{self._dialled} does not answer {operation} ({type(error).__name__})"
            ) from error
        return soap.answer(told.content, told.status_code, str(self._dialled), operation)

    def _note_end(self, answer: soap.Element, otherwise_s: float | None) -> None:
        """Note when the subscription ends: by both times of the camera, which share its skew."""
        left_s = _left_s(answer)
        if left_s is None:
            left_s = otherwise_s
        if left_s is not None:
            self._ends_s = monotonic_s() + left_s


def _left_s(answer: soap.Element) -> float | None:
    """Return the seconds from CurrentTime to TerminationTime, None where they are not told."""
    told = [soap.text_of(answer, name) for name in ("CurrentTime", "TerminationTime")]
    try:
        now, end = map(datetime.fromisoformat, told)
        return (end - now).total_seconds()
    except (ValueError, TypeError):
        return None
