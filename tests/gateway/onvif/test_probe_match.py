"""Answers to a search: proper ones, those of known cameras that are not, and anything at all."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.onvif.probe_match import DEVICE_TYPES, Match, probes, read_matches

SENDER = "192.168.1.64"
PROPER = """<?xml version="1.0" encoding="utf-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"
  xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"
  xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
  xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Body><d:ProbeMatches><d:ProbeMatch>
<w:EndpointReference><w:Address>urn:uuid:7</w:Address></w:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter</d:Types>
<d:Scopes>onvif://www.onvif.org/name/East%20gate onvif://www.onvif.org/hardware/DS-2CD</d:Scopes>
<d:XAddrs>http://192.168.1.64:8899/onvif/device_service</d:XAddrs>
</d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"""
CAMERA = Match("urn:uuid:7", "192.168.1.64:8899", "East gate", "DS-2CD")


def read(text: str) -> tuple[Match, ...]:
    return read_matches(text.encode(), SENDER)


def with_addresses(urls: str) -> str:
    return re.sub("(?<=<d:XAddrs>)[^<]*", urls, PROPER)


def test_a_proper_answer_is_read() -> None:
    assert read(PROPER) == (CAMERA,)


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ("d:ProbeMatches>", "e:Other>"),
        ("dn:NetworkVideoTransmitter", "undeclared:NetworkVideoTransmitter"),
        ("dn:NetworkVideoTransmitter", ""),
        ("<d:Types>dn:NetworkVideoTransmitter</d:Types>", ""),
        ("</d:XAddrs>", " http://192.168.7.1/onvif/device_service</d:XAddrs>"),
        ("<d:XAddrs>", "<d:XAddrs>\n   http://192.168.7.1/onvif/device_service "),
        ("<d:XAddrs>", "<d:XAddrs>http://[fe80::1]/onvif/device_service http://[ "),
    ],
)
def test_odd_answers_are_read_all_the_same(there: str, instead: str) -> None:
    assert there in PROPER
    assert read(PROPER.replace(there, instead)) == (CAMERA,)


@pytest.mark.parametrize(
    ("urls", "address"),
    [
        ("http://10.0.0.9/onvif", "10.0.0.9"),
        ("http://cam.village:81/onvif", "cam.village:81"),
        ("http://10.0.0.9/a http://192.168.1.64/b", "192.168.1.64"),
        ("http://169.254.3.4/a http://10.0.0.9:80/b", "10.0.0.9:80"),
        ("http://169.254.3.4:8080/onvif", "192.168.1.64:8080"),
        ("http://0.0.0.0/onvif", "192.168.1.64"),
        ("http://[fe80::9]:8080/onvif", "192.168.1.64:8080"),
        ("http://[fe80::9]/onvif", "192.168.1.64"),
        ("http://[fe80::9]/a http://[fd00::9]:81/b", "[fd00::9]:81"),
        ("http://[fd00::9]/a http://10.0.0.9/b", "10.0.0.9"),
    ],
)
def test_the_address_most_likely_to_be_reached_is_taken(urls: str, address: str) -> None:
    assert [one.address for one in read(with_addresses(urls))] == [address]


@pytest.mark.parametrize(
    "urls",
    ["", "no-address", "soap.udp://10.0.0.9", "http://10.0.0.9:99999/", "http://u:p@10.0.0.9/"],
)
def test_a_device_without_address_is_left_out(urls: str) -> None:
    assert read(with_addresses(urls)) == ()


def test_a_printer_is_no_camera() -> None:
    printer = PROPER.replace("dn:NetworkVideoTransmitter", "wprt:PrintDeviceType")
    assert read(re.sub("(?<=<d:Scopes>)[^<]*", "ldap:///ou=office", printer)) == ()


def test_entities_are_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "http://10.0.0.9/">]>'
    assert read(PROPER.replace("?>", f"?>{bomb}", 1)) == ()


@given(st.binary(max_size=300))
def test_any_datagram_can_come(datagram: bytes) -> None:
    assert read_matches(datagram, SENDER) == ()


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_words_can_stand_in_an_answer(urls: str, scopes: str) -> None:
    words = {"<": "", ">": "", "&": ""}
    clean = str.maketrans(words)
    text = PROPER.replace("http://192.168.1.64:8899/onvif/device_service", urls.translate(clean))
    text = text.replace("onvif://www.onvif.org/name/East%20gate", scopes.translate(clean))
    for match in read_matches(text.encode(errors="replace"), SENDER):
        assert match.address


def test_each_type_is_asked_for_in_a_probe_of_its_own() -> None:
    texts = [probe.decode() for probe in probes()]
    assert all(kind in text for kind, text in zip(DEVICE_TYPES, texts, strict=True))
    ids = {
        re.search("urn:uuid:([^<]+)", text)[1] for text in (*texts, *map(bytes.decode, probes()))
    }
    assert len(ids) == 2 * len(DEVICE_TYPES)
