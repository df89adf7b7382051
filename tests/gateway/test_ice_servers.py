import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from gateway.config import LiveSettings
from gateway.ice_servers import ice_servers

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
RELAY = "turn:relay.example:3478?transport=tcp"


def test_there_are_none_unless_they_are_named():
    assert ice_servers(LiveSettings(), NOW) == ()


def test_a_relay_with_a_user_is_told_with_its_password():
    settings = LiveSettings(
        stun_url="stun:relay.example:3478",
        turn_url=RELAY,
        turn_username="patrol",
        turn_password="s3cret",
    )
    assert [server.link for server in ice_servers(settings, NOW)] == [
        '<stun:relay.example:3478>; rel="ice-server"',
        f'<{RELAY}>; rel="ice-server"; username="patrol"; credential="s3cret"; '
        'credential-type="password"',
    ]


def test_from_a_shared_secret_come_credentials_that_last_a_day():
    (server,) = ice_servers(LiveSettings(turn_url=RELAY, turn_secret="north"), NOW)
    until, _, user = server.username.partition(":")
    assert (int(until) - NOW.timestamp(), user) == (86_400, "gridpatrol")
    proof = hmac.new(b"north", server.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(server.credential) == proof
    assert "north" not in server.link


@pytest.mark.parametrize(
    "wrong",
    [
        {"turn_url": RELAY},
        {"turn_url": RELAY, "turn_username": "patrol"},
        {"turn_url": RELAY, "turn_username": "p", "turn_password": "p", "turn_secret": "s"},
        {"turn_url": "http://relay.example"},
        {"stun_url": "relay.example"},
        {"udp_ports": "50000"},
        {"udp_ports": "50100-50000"},
        {"udp_ports": "1000-2000"},
        {"udp_ports": "60000-70000"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValidationError):
        LiveSettings(**wrong)
