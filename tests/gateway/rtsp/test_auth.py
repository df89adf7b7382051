"""Signing in: the examples of the standards, what cameras make of them, and when to give up."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtsp.auth import Authenticator, Challenge, parse_challenges

RFC2617 = (
    'Digest realm="testrealm@host.com", qop="auth,auth-int", '
    'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
RFC7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
RFC7616_NONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def response_of(field):
    return re.search(r'response="(\w+)"', field).group(1)


@pytest.mark.parametrize(
    ("challenge", "user", "password", "nonce", "url", "response"),
    [
        (
            RFC2617,
            "Mufasa",
            "Circle Of Life",
            "0a4f113b",
            "/dir/index.html",
            "6629fae49393a05397450978507c4ef1",
        ),
        (
            RFC7616.format("MD5"),
            "Mufasa",
            "Circle of Life",
            RFC7616_NONCE,
            "/dir/index.html",
            "8ca523f5e9506fed4657c9700eebdbec",
        ),
        (
            RFC7616.format("SHA-256"),
            "Mufasa",
            "Circle of Life",
            RFC7616_NONCE,
            "/dir/index.html",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
        # RFC 2069 §2.4, with the erratum's response.
        (
            'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
            "Mufasa",
            "CircleOfLife",
            "",
            "/dir/index.html",
            "1949323746fe6a43ef61f9606e7febea",
        ),
    ],
    ids=["RFC 2617", "RFC 7616 MD5", "RFC 7616 SHA-256", "RFC 2069, no qop"],
)
def test_the_standards_own_examples(challenge, user, password, nonce, url, response):
    signer = Authenticator(user, password, lambda: nonce)
    assert signer.accept(parse_challenges([challenge]))
    assert response_of(signer.sign("GET", url)) == response


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (['Basic realm="a, b"'], [("BASIC", {"realm": "a, b"})]),
        (
            ['Digest realm="a", nonce="n", Basic realm="b"'],
            [("DIGEST", {"realm": "a", "nonce": "n"}), ("BASIC", {"realm": "b"})],
        ),
        (
            ["digest REALM=a,nonce = n", "Basic"],
            [("DIGEST", {"realm": "a", "nonce": "n"}), ("BASIC", {})],
        ),
        (['Digest realm="say \\"hi\\""'], [("DIGEST", {"realm": 'say "hi"'})]),
        (["", ",,", "="], []),
    ],
)
def test_challenges_as_they_come(fields, expected):
    found = [
        (challenge.scheme, dict(challenge.parameters)) for challenge in parse_challenges(fields)
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        ("NTLM", 'Basic realm="r"'),
        ('Basic realm="r"', 'Digest realm="r", nonce="n"'),
        ('Digest realm="r", nonce="n"', 'Digest realm="r", nonce="n", algorithm=SHA-256'),
        (
            'Digest realm="r", nonce="n", algorithm="SHA-256-sess"',
            'Digest realm="r", nonce="n", algorithm=SHA-512-256',
        ),
        ('Digest realm="r", nonce="n", qop="auth-int"', 'Basic realm="r"'),
        ('Digest realm="r", nonce="n", algorithm=BASIC', 'Basic realm="r"'),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_the_strongest_is_chosen(weaker, stronger, order):
    both, best = parse_challenges([weaker, stronger][::order]), parse_challenges([stronger])
    chosen, alone = (Authenticator("u", "p", lambda: "c") for _ in range(2))
    assert chosen.accept(both)
    assert alone.accept(best)
    assert chosen.sign("PLAY", "rtsp://c/") == alone.sign("PLAY", "rtsp://c/")


def test_basic_takes_every_letter():
    signer = Authenticator("管理", "p:ß")
    assert signer.accept([Challenge("BASIC", {})])
    scheme, _, secret = signer.sign("OPTIONS", "rtsp://c/").partition(" ")
    assert (scheme, base64.b64decode(secret).decode()) == ("Basic", "管理:p:ß")


def test_nothing_is_sent_unasked_and_nothing_that_cannot_be_met():
    signer = Authenticator("u", "p")
    assert signer.sign("OPTIONS", "rtsp://c/") is None
    assert not signer.accept(parse_challenges(["NTLM", 'Digest realm="r", algorithm=ROT13']))
    assert signer.sign("OPTIONS", "rtsp://c/") is None


def test_each_request_counts_and_a_new_nonce_starts_over():
    signer = Authenticator("u", "p", lambda: "c")
    challenge = parse_challenges(['Digest realm="r", nonce="1", qop="auth"'])
    signer.accept(challenge)
    counts = [re.search(r"nc=(\w+)", signer.sign("PLAY", "/")).group(1) for _ in range(3)]
    assert counts == ["00000001", "00000002", "00000003"]
    signer.served()
    assert signer.accept(challenge)
    assert "nc=00000001" in signer.sign("PLAY", "/")


def test_the_session_key_is_bound_to_both_nonces():
    offered = 'Digest realm="r", nonce="n", qop="auth", algorithm={}'
    answers = set()
    for algorithm, own in (("MD5", "c"), ("MD5-sess", "c"), ("MD5-sess", "d")):
        signer = Authenticator("u", "p", lambda own=own: own)
        signer.accept(parse_challenges([offered.format(algorithm)]))
        answers.add(response_of(signer.sign("PLAY", "/")))
    assert len(answers) == 3


STALE = 'Digest realm="r", nonce="2", stale={}'


@pytest.mark.parametrize(
    ("served", "again", "deserves"),
    [
        (False, STALE.format("FALSE"), False),
        (False, STALE.format("true"), True),
        (False, STALE.format('"TRUE"'), True),
        (True, STALE.format("false"), True),
    ],
    ids=["refused", "stale", "stale in quotes", "served before"],
)
def test_when_another_try_is_honest(served, again, deserves):
    signer = Authenticator("u", "p")
    assert signer.accept(parse_challenges(['Digest realm="r", nonce="1"']))
    signer.sign("DESCRIBE", "/")
    if served:
        signer.served()
    assert signer.accept(parse_challenges([again])) is deserves


@given(st.lists(st.text(max_size=80) | st.just('Digest realm="'), max_size=4), st.text(max_size=9))
def test_no_challenge_raises(fields, text):
    signer = Authenticator(text, text)
    signer.accept(parse_challenges(fields))
    signer.sign("PLAY", text)


@given(
    st.dictionaries(st.sampled_from(["realm", "nonce", "qop", "algorithm", "opaque"]), st.text())
)
def test_no_parameters_raise(parameters):
    signer = Authenticator("u", "p")
    signer.accept([Challenge("DIGEST", parameters)])
    signer.sign("PLAY", "/")
