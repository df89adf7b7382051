"""Signing in to RTSP servers: Basic (RFC 7617) and Digest (RFC 2617, RFC 7616)."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.request import parse_http_list

_HASHES: Mapping[str, str] = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
"""Digest's algorithms, weakest first, as hashlib calls them; each also with "-sess"."""

_STRENGTHS = {name: 2 + rank for rank, name in enumerate(_HASHES)}


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to sign in that a server offers. scheme: upper case; parameters: lower-case names."""

    scheme: str
    parameters: Mapping[str, str]

    @property
    def algorithm(self) -> str:
        """Digest's hash without "-sess", in upper case; MD5 where none is named."""
        return self._named.removesuffix("-SESS")

    @property
    def is_session(self) -> bool:
        """Whether the key is bound to the first nonces ("-sess")."""
        return self._named.endswith("-SESS")

    @property
    def strength(self) -> int:
        """0 when we cannot meet it, 1 for Basic, more for Digest by its hash."""
        if self.scheme == "BASIC":
            return 1
        protections = [word.strip().lower() for word in self.parameters.get("qop", "").split(",")]
        is_ours = self.scheme == "DIGEST" and {"", "auth"}.intersection(protections)
        return _STRENGTHS.get(self.algorithm, 0) if is_ours else 0

    def hash(self, *parts: str) -> str:
        """Return the hexadecimal digest of the parts with colons between (RFC 7616 §3.4)."""
        text = ":".join(parts).encode("utf-8", "replace")
        return hashlib.new(_HASHES[self.algorithm], text, usedforsecurity=False).hexdigest()

    @property
    def _named(self) -> str:
        return self.parameters.get("algorithm", "MD5").upper()


def parse_challenges(fields: Iterable[str]) -> tuple[Challenge, ...]:
    """Return the challenges of WWW-Authenticate fields, in order; never raises.

    A field may hold several, separated by the same comma as their parameters (RFC 7235 §4.1).
    """
    found: list[tuple[str, dict[str, str]]] = []
    for part in (part for field in fields for part in parse_http_list(field)):
        name, equals, value = part.partition("=")
        words = name.split()
        if words and (len(words) > 1 or not equals):
            found.append((words[0].upper(), {}))
        if words and equals and found:
            found[-1][1].setdefault(words[-1].lower(), _unquoted(value.strip()))
    return tuple(Challenge(scheme, parameters) for scheme, parameters in found)


class Authenticator:
    """Signs requests for one user. Nothing is sent before the server asks for it.

    make_nonce: makes the client's nonces.
    """

    def __init__(
        self,
        user: str,
        password: str,
        make_nonce: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._user, self._password = user, password
        self._make_nonce = make_nonce
        self._challenge: Challenge | None = None
        self._has_served = False
        self._count = 0
        self._own_nonce = ""

    def accept(self, challenges: Iterable[Challenge]) -> bool:
        """Take the strongest challenge; return whether the request deserves another try.

        It does at first, and when the server says that its nonce grew old or makes a new one after
        the last served. It does not when what we signed was refused: cameras lock an account after
        five to ten wrong passwords.
        """
        best = max(challenges, key=lambda challenge: challenge.strength, default=None)
        if best is None or not best.strength:
            return False
        is_stale = best.parameters.get("stale", "").lower() == "true"
        deserves = self._challenge is None or self._has_served or is_stale
        self._challenge, self._has_served = best, False
        self._count, self._own_nonce = 0, self._make_nonce()
        return deserves

    def served(self) -> None:
        """Take note that a signed request was not refused."""
        self._has_served = True

    def sign(self, method: str, url: str) -> str | None:
        """Return the Authorization field for a request; None while none was asked for."""
        challenge = self._challenge
        if challenge is None:
            return None
        if challenge.scheme == "BASIC":
            return "Basic " + base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
        self._count += 1
        return self._digest(challenge, method, url)

    def _digest(self, challenge: Challenge, method: str, url: str) -> str:
        given = challenge.parameters
        realm, nonce, own = given.get("realm", ""), given.get("nonce", ""), self._own_nonce
        key = challenge.hash(self._user, realm, self._password)
        if challenge.is_session:
            key = challenge.hash(key, nonce, own)
        request = challenge.hash(method, url)
        fields = {
            "username": _quoted(self._user),
            "realm": _quoted(realm),
            "nonce": _quoted(nonce),
            "uri": _quoted(url),
        }
        if given.get("qop"):
            count = f"{self._count:08x}"
            answer = challenge.hash(key, nonce, count, own, "auth", request)
            fields |= {"qop": "auth", "nc": count, "cnonce": _quoted(own)}
        else:
            answer = challenge.hash(key, nonce, request)
            fields |= {"cnonce": _quoted(own)} if challenge.is_session else {}
        fields["response"] = _quoted(answer)
        if "algorithm" in given:
            fields["algorithm"] = given["algorithm"]
        if "opaque" in given:
            fields["opaque"] = _quoted(given["opaque"])
        return "Digest " + ", ".join(f"{name}={value}" for name, value in fields.items())


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unquoted(text: str) -> str:
    if len(text) < 2 or not text.startswith('"') or not text.endswith('"'):
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1])
