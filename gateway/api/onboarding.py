"""Finding cameras, looking at one, testing it: long work, done as jobs (`onboarding_jobs`)."""

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, status
from pydantic import Field, SecretStr, StringConstraints

from gateway.address_range import hosts_in, parse_range
from gateway.api.fields import Answer, Question
from gateway.api.onboarding_jobs import JobBody, Tested, job_body
from gateway.api.runtime import Runtime, RuntimeDep
from gateway.api.security import administrator
from gateway.api.services import Services, ServicesDep
from gateway.brand_urls import BRANDS, MAX_CHANNEL
from gateway.http.errors import BadRequestError
from gateway.inventory_columns import MAX_TEXT, MAX_URI
from gateway.jobs import Job
from gateway.network_scan import Pace, Scan
from gateway.onboarding import Approach, Finding, look_at, measure
from gateway.onvif.discovery import discover
from gateway.packets import Transport
from gateway.sources import SOURCES, Credentials, split_credentials, with_credentials
from gateway.store.inventory import Camera

Address = Annotated[str, StringConstraints(min_length=1, max_length=MAX_URI, strip_whitespace=True)]
Words = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
Port = Annotated[int, Field(ge=1, le=65535)]
Work = Callable[[Job[object]], None]

router = APIRouter(
    prefix="/api/onboarding", tags=["onboarding"], dependencies=[Depends(administrator)]
)


class DiscoverySearch(Question):
    """A search by multicast. interfaces: names; none: those of the settings, or all."""

    interfaces: tuple[str, ...] = Field((), max_length=32)
    seconds: float = Field(4.0, ge=1, le=30)


class RangeSearch(Question):
    """A search through addresses. ranges: 192.168.1.0/24, 192.168.1.10-40 or one address.

    ports: none: those of the settings. is_mine: confirms that public addresses are yours to ask.
    """

    ranges: tuple[Address, ...] = Field(min_length=1, max_length=64)
    ports: tuple[Port, ...] = Field((), max_length=32)
    is_mine: bool = False


class Who(Question):
    """Whom to sign in as. camera: a known camera whose password is used where none is given."""

    username: Words = ""
    password: SecretStr | None = Field(None, max_length=MAX_TEXT)
    camera: str = ""


class Look(Who):
    """A look at one address: an ONVIF device, a brand's camera, or a stream's URL.

    address: host, host:port, onvif://host:port, or a URL. rtsp_port: where a router forwards RTSP.
    brand: a brand's id or "any", for cameras without ONVIF; channel: a recorder's input.
    main_profile, sub_profile: tokens of ONVIF profiles instead of those the rule takes.
    """

    address: Address
    rtsp_port: Port | None = None
    brand: Words = ""
    channel: int = Field(1, ge=1, le=MAX_CHANNEL)
    main_profile: Words = ""
    sub_profile: Words = ""


class Test(Who):
    """A test of the streams a camera is to be kept with.

    look: the id of the look that found them; what it learned of the device joins the survey.
    """

    main_uri: Address
    sub_uri: Annotated[str, StringConstraints(max_length=MAX_URI)] | None = None
    address: Annotated[str, StringConstraints(max_length=MAX_URI)] = ""
    transport: Transport = Transport.AUTO
    look: str = ""


class BrandBody(Answer):
    """A brand whose stream addresses are known."""

    id: str
    name: str


class ChoicesBody(Answer):
    """What the forms offer. schemes: of stream URLs."""

    interfaces: tuple[str, ...]
    ports: tuple[int, ...]
    max_hosts: int
    brands: tuple[BrandBody, ...]
    schemes: tuple[str, ...]


@router.get("/choices")
def read_choices(services: ServicesDep) -> ChoicesBody:
    """Return what the forms offer: interfaces of this machine, usual ports, brands."""
    settings = services.onboarding
    return ChoicesBody(
        interfaces=tuple(name for _, name in socket.if_nameindex()),
        ports=settings.ports,
        max_hosts=settings.max_hosts,
        brands=tuple(BrandBody(id=key, name=brand.name) for key, brand in BRANDS.items()),
        schemes=tuple(scheme for scheme in SOURCES if scheme != "file"),
    )


@router.post("/discoveries", status_code=status.HTTP_202_ACCEPTED)
def start_discovery(
    question: DiscoverySearch, services: ServicesDep, runtime: RuntimeDep
) -> JobBody:
    """Search the local networks by multicast, as a job."""
    interfaces = question.interfaces or services.onboarding.interfaces

    def work(job: Job[object]) -> None:
        for found in discover(question.seconds, interfaces):
            job.find(found)

    return job_body(services, runtime.jobs.start("discovery", work))


@router.post("/scans", status_code=status.HTTP_202_ACCEPTED)
def start_scan(question: RangeSearch, services: ServicesDep, runtime: RuntimeDep) -> JobBody:
    """Ask every address of some ranges politely, as a job."""
    settings = services.onboarding
    hosts = hosts_in(
        map(parse_range, question.ranges), most=settings.max_hosts, allow_public=question.is_mine
    )
    permitted = [host for host in hosts if services.dial_policy.permits(host)]
    ports = question.ports or settings.ports
    pace = Pace(per_s=settings.connections_per_s)

    def work(job: Job[object]) -> None:
        Scan(permitted, ports, job.find, job.advance, pace).run()

    return job_body(services, runtime.jobs.start("scan", work))


@router.post("/looks", status_code=status.HTTP_202_ACCEPTED)
def start_look(question: Look, services: ServicesDep, runtime: RuntimeDep) -> JobBody:
    """Look at one address, as a job; it finds a draft of a camera."""
    address = _named(question)
    services.dial_policy.check_uri(address)
    source = with_credentials(address, _credentials(services, question, address))
    how = Approach(question.brand, question.channel, question.main_profile, question.sub_profile)

    def work(job: Job[object]) -> None:
        for found in look_at(source, _no_password, how):
            job.find(found)

    return job_body(services, runtime.jobs.start("look", work))


@router.post("/tests", status_code=status.HTTP_202_ACCEPTED)
def start_test(question: Test, services: ServicesDep, runtime: RuntimeDep) -> JobBody:
    """Measure the streams of a camera before it is saved, as a job."""
    uris = (question.main_uri, *filter(None, (question.sub_uri, question.address)))
    for uri in uris:
        services.dial_policy.check_uri(uri)
        if split_credentials(uri)[1] is not None:
            raise BadRequestError("write user and password in their own fields")
    streams = replace(
        _seen(runtime, question),
        sub_uri=question.sub_uri or None,
        credentials=_credentials(services, question, *uris),
        transport=question.transport,
    )

    def work(job: Job[object]) -> None:
        survey = measure(streams)
        user, transport = question.username, question.transport
        job.find(Tested(question.main_uri, streams.sub_uri, user, transport, survey))

    return job_body(services, runtime.jobs.start("test", work))


def _seen(runtime: Runtime, question: Test) -> Finding:
    """Return what the look found that a test names, or else nothing but the main stream."""
    found = runtime.jobs.get(question.look).found if question.look else ()
    for one in found:
        if isinstance(one, Finding) and one.main_uri == question.main_uri:
            return one
    return Finding("camera", question.address, question.main_uri)


def _named(question: Look) -> str:
    """Return the address as a URL. Raises BadRequestError when a password stands in it."""
    address = question.address
    if "://" not in address:
        address = f"{'rtsp' if question.brand else 'onvif'}://{address}"
    try:
        is_signed = split_credentials(address)[1] is not None
    except ValueError as error:
        raise BadRequestError("address: give host, host:port or a URL") from error
    if is_signed:
        raise BadRequestError("address: write user and password in their own fields")
    if question.rtsp_port is not None and address.startswith("onvif"):
        address = f"{address.partition('?')[0]}?rtsp_port={question.rtsp_port}"
    return address


def _credentials(services: Services, who: Who, *uris: str) -> Credentials | None:
    """Return whom to sign in as; a known camera's password goes to that camera's hosts alone."""
    if not who.username:
        return None
    password = who.password.get_secret_value() if who.password else ""
    if who.password is None and who.camera:
        camera = services.store.inventory.get(who.camera)
        if not {_host(uri) for uri in uris} <= _hosts(camera):
            raise BadRequestError("password: type it again, for the address is another")
        password = services.store.inventory.password(camera.id) or ""
    return Credentials(who.username, password)


def _hosts(camera: Camera) -> frozenset[str]:
    uris = filter(None, (camera.address, camera.main_uri, camera.sub_uri))
    return frozenset(_host(uri) for uri in uris)


def _host(uri: str) -> str:
    return urlsplit(uri if "://" in uri else f"//{uri}").hostname or ""


def _no_password(_who: str) -> str:
    return ""
