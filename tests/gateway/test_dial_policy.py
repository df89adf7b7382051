"""What may be dialled, and what not."""

from ipaddress import ip_address, ip_network

import pytest

from gateway.dial_policy import DialPolicy
from gateway.errors import ConfigError, UnreachableError


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "169.254.0.9", "fe80::1", "fe80::1%lo", "100.100.100.200",
        "fd00:ec2::254", "0.0.0.0", "::", "239.255.255.250", "255.255.255.255",
        "::ffff:169.254.169.254", "2852039166", "0xa9fea9fe",
    ],
)  # fmt: skip
def test_no_cameras_addresses_are_refused(host):
    with pytest.raises(ConfigError, match=r"onboarding\.allowed_networks"):
        DialPolicy().check(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "192.168.1.64", "8.8.8.8", "fd00::64"])
def test_where_cameras_are(host):
    DialPolicy().check(host)


def test_a_site_may_allow_its_own():
    policy = DialPolicy([ip_network("169.254.0.0/24")])
    policy.check("169.254.0.9")
    assert not policy.permits(ip_address("169.254.169.254"))


def test_a_name_nobody_knows():
    with pytest.raises(UnreachableError, match="no-such-camera"):
        DialPolicy().check("no-such-camera.invalid")
