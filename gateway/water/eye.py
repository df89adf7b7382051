"""Who judges a camera's pictures: our network, or the camera's own eye over it, and others."""

from collections.abc import Callable, Sequence
from datetime import datetime

from gateway.water.bank_files import BankFiles
from vision.water.network import WaterNetwork
from vision.water.segmenter import WaterSegmenter
from vision.water.votes import WaterVoter, as_one


def eyes_of(
    network: WaterNetwork | None,
    others: Sequence[WaterSegmenter],
    now: Callable[[], datetime],
) -> Callable[[BankFiles], WaterVoter | None]:
    """Return what gives each camera its voter: with its own head where it was trained.

    others: each has a vote beside the network. A head that is damaged, or of another version of the
    network, is set aside.
    """

    def eye(files: BankFiles) -> WaterVoter | None:
        voters: list[WaterVoter] = [other.for_camera() for other in others]
        if network is not None:
            voters.insert(0, files.load_head(network.with_head, now()) or network)
        return as_one(voters)

    return eye
