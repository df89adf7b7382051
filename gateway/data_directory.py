"""What the processes of one data directory have in common: its key, its store, their token.

It loads no more than that: most commands of a person need nothing else.
"""

from gateway.config import Settings
from gateway.secrets import SecretBox
from gateway.shell_actor import shell_actor
from gateway.store import Store


def open_box(settings: Settings) -> SecretBox:
    """Return the key of the data directory, made at the first use."""
    return SecretBox.open(settings.data_dir / "secret.key")


def open_store(settings: Settings) -> Store:
    """Return the store for a person's command, made or upgraded where needed; close it when done.

    The audit log tells what is changed under the name of this machine's user.
    """
    return Store.open(settings.database_url, open_box(settings)).acting_as(shell_actor())


def worker_token(box: SecretBox) -> str:
    """Return what `serve` shows to the workers' ports."""
    return box.derive("worker port")
