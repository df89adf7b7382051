"""A cheap look at whether anything at all was written, by whichever process."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class ChangeWatch(ABC):
    """Tells of writes for far less than the smallest query costs.

    Whoever must notice changes soon asks this often and queries only when told to. It holds one
    connection of its own, and is used by one thread at a time.
    """

    @abstractmethod
    def changed(self) -> bool:
        """Return whether anybody has written since the last time; True the first time.

        Raises StorageError when the database cannot be watched; the next call tries anew.
        """

    @abstractmethod
    def wait(self, timeout_s: float) -> bool:
        """Return as `changed` does, as soon as somebody writes or the time is over."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection back."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
