"""SOAP by hand, for what onvif-zeep has no description of (Media2) or loses (event topics).

Nothing here opens a socket: a question becomes bytes, an answer's bytes become its element. Names
are compared without their namespaces, for cameras mix them up.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeAlias

from lxml import etree  # type: ignore[import-untyped]
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault, TransportError
from zeep.loader import parse_xml
from zeep.settings import Settings

from gateway.onvif.failures import explain
from gateway.onvif.vendor import REFUSALS, declared, signature
from gateway.sources import Credentials

ENVELOPE = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header>
<a:Action>{action}</a:Action><a:To>{to}</a:To></s:Header><s:Body>{body}</s:Body></s:Envelope>"""

CONTENT_TYPE = 'application/soap+xml; charset=utf-8; action="{action}"'

_PATIENT = Settings(strict=False, forbid_dtd=True, forbid_entities=True)
"""Broken XML is read as far as it goes; entities and DTDs, which no camera needs, are refused."""

Element: TypeAlias = Any
"""An element of lxml, which ships no types."""


def question(
    action: str,
    to: str,
    body: str,
    signer: tuple[Credentials | None, timedelta | None],
    echoed: Sequence[Element] = (),
) -> tuple[bytes, dict[str, str]]:
    """Return a message and its HTTP headers.

    body: XML, values escaped by the caller. signer: who asks, and the camera's clock minus ours.
    echoed: reference parameters that the camera wants back as headers (WS-Addressing 1.0 §2.3).
    """
    text = ENVELOPE.format(action=action, to=_escaped(to), body=body)
    envelope = etree.fromstring(text)
    for one in echoed:
        envelope[0].append(one.__copy__())
    credentials, clock_skew = signer
    headers = {"Content-Type": CONTENT_TYPE.format(action=action)}
    if credentials is not None:
        signature(credentials, clock_skew).apply(envelope, headers)
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8"), headers


def answer(content: bytes, status: int, address: str, operation: str) -> Element:
    """Return the answer's element inside the SOAP body.

    Raises UnauthorizedError and OnvifError, as everything that asks cameras does.
    """
    if status in REFUSALS:
        raise explain(TransportError("refused", status_code=status), address, operation)
    try:
        root = parse_xml(declared(content), None, settings=_PATIENT)
    except (ZeepError, ValueError, AttributeError) as error:
        raise explain(error, address, operation) from error
    inside = next(children(next(children(root, "Body"), None)), None)
    if inside is None:
        raise explain(TransportError("no body", status_code=status), address, operation)
    if name_of(inside) == "Fault":
        raise explain(_fault(inside), address, operation)
    return inside


def name_of(element: Element) -> str:
    """Return an element's name without its namespace; "" for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Element | None, name: str = "") -> Iterator[Element]:
    """Yield the children of that name, all elements for ""; none of None."""
    for child in () if element is None else element:
        found = name_of(child)
        if found and name in {"", found}:
            yield child


def descend(element: Element | None, *path: str) -> Element | None:
    """Return the first element down a path of names, None where it ends early."""
    for name in path:
        element = next(children(element, name), None)
    return element


def text_of(element: Element | None, *path: str) -> str:
    """Return the text at the end of a path, "" where there is none."""
    found = descend(element, *path)
    return "" if found is None else (found.text or "").strip()


def _fault(element: Element) -> Fault:
    """Read a fault of SOAP 1.2, or of 1.1 as some cameras send."""
    reason = text_of(element, "Reason", "Text") or text_of(element, "faultstring")
    subcodes = []
    code = descend(element, "Code", "Subcode")
    while code is not None:
        subcodes.append(text_of(code, "Value"))
        code = descend(code, "Subcode")
    return Fault(reason, code=text_of(element, "Code", "Value") or "fault", subcodes=subcodes)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
