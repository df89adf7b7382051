import pytest

from gateway.webrtc import OFFER_ERRORS, split_mdns

NAMED = "a=candidate:1 1 udp 2113937151 0a1b-2c.local 4711 typ host generation 0\r\n"
PLAIN = "a=candidate:2 1 udp 2113937150 192.0.2.9 4712 typ host\r\n"
END = "a=end-of-candidates\r\n"


# an offer -> what is left of it, the ports of what was taken out.
@pytest.mark.parametrize(
    ("offer", "left", "ports"),
    [
        ("v=0\r\n" + PLAIN + END, "v=0\r\n" + PLAIN + END, []),
        ("v=0\r\n" + NAMED + PLAIN + END, "v=0\r\n" + PLAIN, [4711]),
        (NAMED + NAMED.replace("4711", "4713") + NAMED, "", [4711, 4713]),
        (NAMED.replace(".local", ".LOCAL"), "", [4711]),
        ("", "", []),
    ],
)
def test_names_of_multicast_dns_are_taken_out(offer, left, ports):
    sdp, late = split_mdns(offer)
    assert sdp == left
    assert [candidate.port for candidate in late] == ports


@pytest.mark.parametrize("line", [NAMED.replace("4711", "port"), NAMED.replace(" typ host", "")])
def test_a_candidate_that_is_none_spoils_the_offer(line):
    with pytest.raises(OFFER_ERRORS):
        split_mdns(line.replace(" generation 0", ""))
