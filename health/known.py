"""Since when a fact is known (ADR 0004): a past score is rebuilt from what was known then."""

import datetime as dt

from accounts.enums import ChangeSource

PROMPT = 2  # days within which a fact counts as known when it happened


def known_on(happened: dt.date, received: dt.date, source: str) -> dt.date:
    """The day on which a fact of the day `happened` was known that came on the day `received`.

    A file of history counts as known when it happened: the system that it comes from knew it then. What lies ahead is
    known on the day it came. Example: an e-mail of 1 March that the API brings on 3 March is known on 1 March, one
    that it brings on 4 March on 4 March.
    """
    prompt = source == ChangeSource.IMPORT or (received - happened).days <= PROMPT
    return min(happened, received) if prompt else received
