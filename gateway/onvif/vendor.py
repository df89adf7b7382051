"""onvif-zeep without its side effects: the only module that imports it.

Importing it calls `logging.basicConfig`; its camera class makes network calls when built, opens an
event subscription nobody asked for and parses 13 MB of WSDL for every camera. So only its service
class and definitions are used, over WSDLs that are parsed once a process.
"""

import copy
import functools
import logging
import ssl
import threading
from datetime import timedelta
from pathlib import Path

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth
from zeep import Client, Settings
from zeep.exceptions import TransportError
from zeep.transports import Transport

from gateway.sources import Credentials

_root = logging.getLogger()
_guard = logging.NullHandler()
_root.addHandler(_guard)
import onvif  # noqa: E402 - a root handler must be there first, or it would set up logging
from onvif.client import ONVIFService, UsernameDigestTokenDtDiff  # noqa: E402
from onvif.definition import SERVICES  # noqa: E402

_root.removeHandler(_guard)

ONVIFError = onvif.ONVIFError
REFUSALS = (401, 403)
"""HTTP statuses of a camera that wants another user or password."""

WSDL_DIR = Path(onvif.__file__).parent.parent / "wsdl"

urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
"""See `camera_tls`; nothing but ONVIF goes through this library here."""

PREFIXES = {
    b"tds": b"http://www.onvif.org/ver10/device/wsdl",
    b"trt": b"http://www.onvif.org/ver10/media/wsdl",
    b"tr2": b"http://www.onvif.org/ver20/media/wsdl",
    b"tptz": b"http://www.onvif.org/ver20/ptz/wsdl",
    b"ptz": b"http://www.onvif.org/ver20/ptz/wsdl",
    b"timg": b"http://www.onvif.org/ver20/imaging/wsdl",
    b"tev": b"http://www.onvif.org/ver10/events/wsdl",
    b"tt": b"http://www.onvif.org/ver10/schema",
    b"ter": b"http://www.onvif.org/ver10/error",
}
"""Prefixes as ONVIF's own documents spell them (Core Specification §2.3, Namespaces)."""

_parsing = threading.Lock()


def namespace_of(name: str) -> str:
    """Return the XML namespace of a service ("media")."""
    return str(SERVICES[name]["ns"])


def declared(answer: bytes) -> bytes:
    """Return an answer with every customary prefix in it declared."""
    missing = [
        b' xmlns:%s="%s"' % (prefix, uri)
        for prefix, uri in PREFIXES.items()
        if b"%s:" % prefix in answer and b"xmlns:%s=" % prefix not in answer
    ]
    place = answer.find(b":Envelope ") + len(b":Envelope")
    if not missing or place < len(b":Envelope"):
        return answer
    return answer[:place] + b"".join(missing) + answer[place:]


@functools.cache
def camera_tls() -> ssl.SSLContext:
    """Return how cameras are spoken to over TLS: encrypted, whoever signed their certificate.

    They sign their own, and old ones know old ciphers only; what comes is not trusted any further
    than over plain HTTP.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DEFAULT:@SECLEVEL=1")
    return context


class _CameraAdapter(HTTPAdapter):
    """Makes TLS connections by `camera_tls`."""

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **kwargs: object
    ) -> None:
        super().init_poolmanager(
            connections, maxsize, block, **kwargs | {"ssl_context": camera_tls()}
        )


class _Transport(Transport):  # type: ignore[misc] # zeep ships no types
    """Keeps the status of a refusal, which zeep forgets when an error page comes with it.

    And declares the customary prefixes that some cameras use without declaring them.
    """

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        response: requests.Response = super().post(address, message, headers)
        if response.status_code in REFUSALS:
            raise TransportError("refused", status_code=response.status_code)
        response._content = declared(response.content)
        return response


def transport(timeout_s: float, credentials: Credentials | None = None) -> Transport:
    """Return a transport of its own for one camera: no proxy, a limit on every wait.

    credentials: shown by HTTP digest to cameras that ask for it (RFC 7616), as they may instead of
    WS-UsernameToken (ONVIF Core Specification §5.9).
    """
    session = requests.Session()
    session.trust_env = False
    session.verify = False
    session.mount("https://", _CameraAdapter())
    if credentials is not None:
        session.auth = HTTPDigestAuth(credentials.user, credentials.password)
    return _Transport(session=session, timeout=timeout_s, operation_timeout=timeout_s)


def signature(credentials: Credentials, clock_skew: timedelta | None) -> UsernameDigestTokenDtDiff:
    """Return what signs messages: WS-UsernameToken with the camera's time (its clock minus ours).

    Cameras refuse signatures from another hour.
    """
    user, password = credentials.user, credentials.password
    return UsernameDigestTokenDtDiff(user, password, dt_diff=clock_skew, use_digest=True)


def service(
    name: str,
    url: str,
    via: Transport,
    credentials: Credentials | None,
    clock_skew: timedelta | None = None,
) -> ONVIFService:
    """Return a service of one camera; makes no network call.

    credentials: None leaves requests unsigned; clock_skew: see `signature`.
    """
    user, password = (credentials.user, credentials.password) if credentials else ("", "")
    client = copy.copy(_parsed(name))
    client.transport = via
    client._default_service = None
    client.wsse = signature(credentials, clock_skew) if credentials else None
    binding = f"{{{namespace_of(name)}}}{SERVICES[name]['binding']}"
    wsdl = str(WSDL_DIR / SERVICES[name]["wsdl"])
    return ONVIFService(url, user, password, wsdl, zeep_client=client, binding_name=binding)


def _parsed(name: str) -> Client:
    with _parsing:
        return _parse(str(WSDL_DIR / SERVICES[name]["wsdl"]))


@functools.cache
def _parse(wsdl: str) -> Client:
    """Return a client to copy from; strict off, for cameras leave out what the schema demands."""
    return Client(wsdl=wsdl, settings=Settings(strict=False, xml_huge_tree=True))
