"""What wakes a task that was put off: the health of its account fell since (ACC-15, HLT-05)."""

import datetime as dt

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from accounts.enums import HealthBand
from accounts.models import Tenant
from cs_platform.kernel.edits import put
from journey.enums import TaskState
from journey.models import Task

FALLS = {HealthBand.GREEN: (HealthBand.YELLOW, HealthBand.RED), HealthBand.YELLOW: (HealthBand.RED,)}


def wake_fallen(as_of: dt.date) -> int:
    """Step of the night, and after each refresh of scores: tasks that wait for a fall of health and whose account stands
    in a worse band than when they were put off are due again; how many.

    `snoozed_band` stays and says why it is back (`woken`). A second time finds nothing: what was woken waits no more. An
    account that was merged has the band of the one that went on; from "No data" nothing falls. Example: put off while
    Healthy until 15 December, At risk since the night of 24 November: due on the 25th.
    """
    fell = Q(pk__in=[])
    for before, worse in FALLS.items():
        fell |= Q(snoozed_band=before, band__in=worse)
    today = Tenant.current().today()
    band = Coalesce(F("account__merged_into__health_band"), F("account__health_band"))
    rows = Task.objects.annotate(band=band).filter(fell, state=TaskState.OPEN, wakes=True, snoozed_until__gte=today)
    found = list(rows.select_for_update(of=("self",)).order_by("id"))
    for task in found:
        put(task, snoozed_until=today, snoozed_time=None, wakes=False)
    return len(found)


def woken(task: Task) -> bool:
    """Whether a fall of health brought it back, and nobody put it off since."""
    return task.state == TaskState.OPEN and bool(task.snoozed_band) and not task.wakes
