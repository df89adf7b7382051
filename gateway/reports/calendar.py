"""Days, weeks and months of the site's calendar, and when they begin."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo


def day_of(moment: datetime, zone: tzinfo) -> date:
    """Return the day that a moment is in, by the site's clock."""
    return moment.astimezone(zone).date()


def week_of(moment: datetime, zone: tzinfo) -> date:
    """Return the Monday of the week that a moment is in (ISO 8601)."""
    day = day_of(moment, zone)
    return day - timedelta(days=day.weekday())


def month_of(moment: datetime, zone: tzinfo) -> date:
    """Return the first day of the month that a moment is in."""
    return day_of(moment, zone).replace(day=1)


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return when a day begins, UTC; where clocks change at midnight, with its first moment."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
