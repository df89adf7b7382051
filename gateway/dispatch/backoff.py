"""How long to leave alone what failed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from `first_s` to `longest_s`."""

    first_s: float
    longest_s: float

    def wait_s(self, failures: int, spread: float) -> float:
        """Return the wait after a number of failures in a row, from 1.

        spread: at random from 0 to 1, so that those who lost one server together do not come back
        together; the wait is from half to the whole of what has been reached.
        """
        doublings = min(failures - 1, 32)
        whole_s = min(self.first_s * 2.0**doublings, self.longest_s)
        return whole_s * (0.5 + 0.5 * spread)
