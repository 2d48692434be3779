"""The small parts of the customer pages: MRR by month, step lines, cells, weeks."""

import datetime as dt
import re

import pytest
from django.utils import translation

from accounts import cells
from accounts.charts import mrr_steps
from accounts.dossier import active_on, mrr_by_month
from accounts.models import Subscription
from metrics.views.week import monday_of
from tests.accounts.book import make_account, make_contact, make_period

D = dt.date


def period(start: dt.date, end: dt.date | None, mrr: int, voided: bool = False) -> Subscription:
    return Subscription(start_on=start, end_on=end, mrr_minor=mrr, voided=voided, external_id="S")


@pytest.mark.parametrize(
    ("periods", "last", "expected"),
    [
        # METRICS rule 1: from the month of the start up to, not including, the month of the end
        ([period(D(2026, 1, 15), D(2026, 3, 1), 100)], D(2026, 4, 1), [100, 100, 0, 0]),
        ([period(D(2026, 1, 31), D(2026, 2, 28), 100), period(D(2026, 2, 28), None, 90)], D(2026, 3, 1), [100, 90, 90]),
        # exclusive end: a hole of one day is a hole, an end on the first day of the next period is none
        (
            [period(D(2026, 1, 1), D(2026, 3, 31), 100), period(D(2026, 4, 1), None, 100)],
            D(2026, 4, 1),
            [100, 100, 0, 100],
        ),
        ([period(D(2026, 1, 1), D(2026, 1, 20), 100)], D(2026, 3, 1), []),  # begins and ends in one month: invisible
        ([period(D(2026, 1, 1), None, 60), period(D(2026, 2, 1), None, 40)], D(2026, 2, 1), [60, 100]),
        ([period(D(2026, 1, 1), None, 60, voided=True)], D(2026, 2, 1), []),
        ([period(D(2026, 5, 1), None, 60)], D(2026, 2, 1), []),  # has not begun
        ([period(D(2000, 1, 1), None, 60)], D(2026, 2, 1), [60] * 36),  # the latest three years
    ],
)
def test_mrr_by_month_follows_the_one_rule(periods, last, expected):
    points = mrr_by_month(periods, last, 30)
    assert [amount for _month, amount in points] == expected
    if points:
        assert points[-1][0] == last


def test_active_periods_agree_with_the_line():
    periods = [period(D(2026, 1, 15), D(2026, 3, 10), 100), period(D(2026, 2, 1), None, 50, voided=True)]
    for month in (D(2025, 12, 31), D(2026, 1, 1), D(2026, 2, 28), D(2026, 3, 1), D(2026, 4, 1)):
        points = dict(mrr_by_month(periods, D(2026, 6, 1), 30))
        assert sum(p.mrr_minor for p in active_on(periods, month, 30)) == points.get(month.replace(day=1), 0)


def test_step_lines_rise_to_the_top_and_end_at_the_right_edge():
    steps = mrr_steps([(D(2026, 1, 1), 50), (D(2026, 2, 1), 50), (D(2026, 3, 1), 100), (D(2026, 4, 1), 0)])
    assert steps["line"] == "M0 42.0H170.0V8.0H255.0V76.0H340"
    assert steps["area"] == "M0 76V42.0H170.0V8.0H255.0V76.0H340V76Z"
    assert mrr_steps([]) == {}
    assert mrr_steps([(D(2026, 1, 1), 0)]) == {}


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (D(2026, 11, 21), "21 Nov today"),
        (D(2026, 12, 29), "29 Dec 38d"),
        (D(2026, 11, 9), "9 Nov 12d ago"),
        (D(2027, 12, 29), "29 Dec 2027 403d"),
        (None, "–"),
    ],
)
def test_renewals_say_day_and_days(day, shown):
    assert re.sub(r"<[^>]+>", "", cells.renewal(day, D(2026, 11, 21))) == shown


def test_renewals_that_passed_are_late_and_near_ones_bold():
    assert 'class="late"' in cells.renewal(D(2026, 11, 20), D(2026, 11, 21))
    assert 'class="b"' in cells.renewal(D(2026, 12, 21), D(2026, 11, 21))
    assert 'class="b"' not in cells.renewal(D(2026, 12, 22), D(2026, 11, 21))


def test_weeks_are_those_of_the_calendar_and_never_ahead():
    today = D(2026, 11, 21)
    assert monday_of("", today) == D(2026, 11, 16)
    assert monday_of("2026-W47", today) == D(2026, 11, 16)
    assert monday_of("2021-W53", today) == D(2026, 11, 16)  # 2021 has no week 53
    assert monday_of("2020-W53", today) == D(2020, 12, 28)
    assert monday_of("2027-W01", today) == D(2026, 11, 16)


@pytest.mark.parametrize("language", ["id", "ms"])
def test_pages_keep_their_drawings_in_other_languages(world, language):
    """A decimal comma never reaches an SVG path or a number for the browser."""
    with world.open():
        account = make_account("Acme", world.members["csm"], renews_on=dt.date.today() + dt.timedelta(days=5))
        make_contact(account, "Someone", role="champion")
        for number in range(3):
            make_period(account, D(2025, 1 + number, 1), None, 3333 * (number + 1), external_id=f"S{number}")
    user = world.members["csm"].user
    user.language = language
    user.save()
    client = world.client("csm")
    for path in ("accounts/", "today/", f"accounts/{account.id}/", f"accounts/{account.id}/edit/"):
        content = client.get(world.url(path)).content.decode()
        for path_data in re.findall(r' d="([^"]+)"', content):
            assert "," not in path_data
    with translation.override(language):
        assert cells.arr_text(123_456_700, "USD").endswith("M")
