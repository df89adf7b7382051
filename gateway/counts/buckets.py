"""Counted intervals added up to hours or days of the site's calendar."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta, tzinfo

from gateway.counts.bucket import Bucket
from gateway.store.counts import CountedInterval, CountSum

HOUR = timedelta(hours=1)


def bucketed(
    intervals: Iterable[CountedInterval], bucket: Bucket, zone: tzinfo
) -> tuple[CountedInterval, ...]:
    """Return one interval for each hour or day in which something was counted, in their order.

    Each interval goes, whole, to the bucket in which it begins; one that is longer than the bucket
    stays as long as it is.
    """
    sums: dict[tuple[str, str, str | None, datetime], CountSum] = {}
    for interval in intervals:
        start, end = span(interval.start, bucket, zone)
        key = (interval.camera_id, interval.rule, interval.place, start)
        total = sums.setdefault(key, CountSum(end))
        total.end = max(total.end, interval.end)
        total.watched_s += interval.watched_s
        for row in interval.rows:
            total.add(row)
    return tuple(total.interval(*key) for key, total in sums.items())


def span(moment: datetime, bucket: Bucket, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return when the hour or day that a moment is in begins, and when it ends; UTC.

    Days have 23 or 25 hours where clocks change.
    """
    local = moment.astimezone(zone)
    if bucket is Bucket.HOUR:
        start = local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
        return start, start + HOUR
    day = local.date()
    bounds = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    start, end = (bound.astimezone(UTC) for bound in bounds)
    return start, end
