"""Minutes between two instants: those inside the tenant's business hours, or calendar minutes where none are set (MET-15).

Pure. Days and hours are those of the tenant's time zone, so that the day on which clocks change is as long as it is.
"""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from itertools import accumulate
from zoneinfo import ZoneInfo

PLACES = Decimal("0.0001")


class Clock:
    """A clock that runs while the support desk is open, from day `first` to day `last`; before and after it stands still.

    `hours` maps weekdays (0 is Monday) to (opens, closes); closing at or before opening is closing on the next day.
    Without any hours the clock always runs. Example: open Monday to Friday 9:00 to 17:00, from Friday 16:30 to Monday
    9:45 are 75 minutes.
    """

    def __init__(
        self,
        hours: Mapping[int, tuple[dt.time, dt.time]],
        holidays: Collection[dt.date],
        zone: ZoneInfo,
        first: dt.date,
        last: dt.date,
    ) -> None:
        self.always = not hours
        self.starts: list[float] = []
        self.ends: list[float] = []
        day = first - dt.timedelta(days=1)  # its hours may reach past midnight
        while hours and day <= last:
            if day.weekday() in hours and day not in holidays:
                opens, closes = hours[day.weekday()]
                until = day if closes > opens else day + dt.timedelta(days=1)
                start = dt.datetime.combine(day, opens, tzinfo=zone).timestamp()
                end = dt.datetime.combine(until, closes, tzinfo=zone).timestamp()
                # Hours that reach into those of the next day are counted once.
                self.starts.append(max(start, self.ends[-1]) if self.ends else start)
                self.ends.append(max(end, self.starts[-1]))
            day += dt.timedelta(days=1)
        lengths = [end - start for start, end in zip(self.starts, self.ends, strict=True)]
        self.before = [0.0, *accumulate(lengths)]

    def minutes(self, start: dt.datetime | None, end: dt.datetime | None) -> Decimal | None:
        """Minutes from `start` to `end`, to four places; negative when the end is earlier, None when one is missing."""
        if start is None or end is None:
            return None
        seconds = self._elapsed(end) - self._elapsed(start)
        return (Decimal(repr(seconds)) / 60).quantize(PLACES)

    def after(self, start: dt.datetime, minutes: float) -> dt.datetime | None:
        """The instant at which the clock has run `minutes` (above zero) since `start`; None when that is after its last day.

        Example: open as above, 60 minutes after Friday 16:30 is Monday 9:30.
        """
        if self.always:
            return start + dt.timedelta(minutes=minutes)
        wished = self._elapsed(start) + minutes * 60
        place = bisect_left(self.before, wished) - 1
        if place >= len(self.starts):
            return None
        return dt.datetime.fromtimestamp(self.starts[place] + wished - self.before[place], tz=dt.UTC)

    def _elapsed(self, instant: dt.datetime) -> float:
        moment = instant.timestamp()
        if self.always:
            return moment
        place = bisect_right(self.starts, moment)
        if place == 0:
            return 0.0
        return self.before[place - 1] + min(moment, self.ends[place - 1]) - self.starts[place - 1]


def span(instants: Iterable[dt.datetime | None], zone: ZoneInfo) -> tuple[dt.date, dt.date] | None:
    """The first and last day of these instants in the zone; None when there are none."""
    found = [instant for instant in instants if instant is not None]
    return (min(found).astimezone(zone).date(), max(found).astimezone(zone).date()) if found else None
