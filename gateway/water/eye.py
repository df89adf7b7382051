"""The network that judges a camera's pictures: the shipped one, or the camera's own eye over it."""

from collections.abc import Callable
from datetime import datetime

from gateway.water.bank_files import BankFiles
from vision.water.network import WaterNetwork


def eyes_of(
    network: WaterNetwork | None, now: Callable[[], datetime]
) -> Callable[[BankFiles], WaterNetwork | None]:
    """Return what gives each camera its network: with its own head where it was trained.

    A head that is damaged, or of another version of the network, is set aside.
    """

    def eye(files: BankFiles) -> WaterNetwork | None:
        if network is None:
            return None
        return files.load_head(network.with_head, now()) or network

    return eye
