"""How many a system carries: doubled until it fails, then the step halved."""

from collections.abc import Callable


def most_carried(carries: Callable[[int], bool], first: int, step: int, most: int) -> int:
    """Return the largest number found that is carried, 0 when even `first` is not.

    Tries first, twice that and so on to `most`, then halves the gap until it is `step` or less. It
    takes for granted that what carries more carries fewer.
    """
    good, bad, count = 0, most + 1, first
    while count > good and count < bad:
        if carries(count):
            good = count
        else:
            bad = count
        if bad - good <= step:
            break
        count = min(2 * count, most) if bad > most else (good + bad) // 2
    return good
