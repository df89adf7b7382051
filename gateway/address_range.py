"""Address ranges as people write them: 192.168.1.0/24, 192.168.1.10-40, one address."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import chain

from gateway.errors import ConfigError

IpAddress = IPv4Address | IPv6Address

FORMS = "a network such as 192.168.1.0/24, a span such as 192.168.1.10-40, or one address"


@dataclass(frozen=True, slots=True)
class AddressRange:
    """Addresses from `first` to `last`, both in it and of one kind."""

    first: IpAddress
    last: IpAddress

    def __len__(self) -> int:
        return min(int(self.last) - int(self.first) + 1, 2**62)

    def __iter__(self) -> Iterator[IpAddress]:
        kind = type(self.first)
        return (kind(number) for number in range(int(self.first), int(self.last) + 1))

    @property
    def is_private(self) -> bool:
        """Whether every address belongs to private networks (RFC 1918, 4193) or this machine."""
        # A span between two private ends may lie across public addresses: 10.0.0.1-192.168.0.1.
        return any(
            self.first in network and self.last in network
            for network in _PRIVATE
            if network.version == self.first.version
        )


_PRIVATE = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",  # carriers' own networks (RFC 6598), where cameras on 4G live
        "127.0.0.0/8",
        "fc00::/7",
        "::1/128",
    )
)


def parse_range(text: str) -> AddressRange:
    """Return the range a person wrote; of an IPv4 network, the addresses that hosts can have.

    Raises ConfigError for anything else.
    """
    try:
        return _parse(text.strip())
    except ValueError as error:
        raise ConfigError(f"{text!r} is no address range ({error}); give {FORMS}") from error


def hosts_in(
    ranges: Iterable[AddressRange], *, most: int, allow_public: bool
) -> tuple[IpAddress, ...]:
    """Return every address of the ranges once, in order.

    Raises ConfigError for more than `most`, and for public ranges unless they are allowed: asking
    strangers' machines is no search for cameras.
    """
    ranges = tuple(ranges)
    public = next((one for one in ranges if not one.is_private), None)
    if public is not None and not allow_public:
        raise ConfigError(
            f"{public.first}-{public.last} is not a private network; confirm that the machines"
            " there are yours to ask"
        )
    count = sum(map(len, ranges))
    if count > most:
        raise ConfigError(f"{count} addresses are more than the {most} asked at once; ask in parts")
    return tuple(dict.fromkeys(chain.from_iterable(ranges)))


def _parse(text: str) -> AddressRange:
    if "/" in text:
        network = ip_network(text, strict=False)
        usable = network.version == 4 and network.num_addresses > 2
        skipped = 1 if usable else 0  # the network's own address and its broadcast address
        return AddressRange(network[skipped], network[-1 - skipped])
    first_text, dash, last_text = (part.strip() for part in text.partition("-"))
    first = ip_address(first_text)
    if not dash:
        return AddressRange(first, first)
    last = ip_address(_whole(first_text, last_text))
    if last.version != first.version or int(last) < int(first):
        raise ValueError("it ends before it begins")
    return AddressRange(first, last)


def _whole(first: str, last: str) -> str:
    """Return the end of a span; "40" after "192.168.1.10" means 192.168.1.40."""
    if last.isascii() and last.isdigit() and "." in first:
        return f"{first.rpartition('.')[0]}.{last}"
    return last
