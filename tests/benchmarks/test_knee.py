"""The search for how many are carried."""

import pytest

from benchmarks.knee import most_carried


@pytest.mark.parametrize("limit", range(0, 520, 13))
def test_it_ends_within_a_step_below_the_limit(limit):
    tried = []

    def carries(count):
        tried.append(count)
        return count <= limit

    found = most_carried(carries, first=8, step=8, most=512)
    assert found <= limit
    assert limit - found <= 8 or found == 512
    assert len(tried) == len(set(tried)) <= 14
