"""Insights → Surveys: figures by hand, cuts, filters, and whose answers they are (ACC-10, MET-16, MET-17, ROL-01)."""

import datetime as dt
import html
import re
from decimal import Decimal

import pytest

from health.engagement.breakdown import sums_by
from health.engagement.formulas import mean, nps, top_two
from health.models import Survey
from tests.accounts.book import make_account
from tests.accounts.test_pages import text_of
from tests.health.test_engagement_pages import DAY, NOW, survey


@pytest.fixture
def answered(world):
    """50 promoters, 30 passives, 20 detractors (MET-16: +30); two CSAT on two scales; one CES; one old NPS."""
    with world.open():
        account = make_account("Halcyon", world.members["csm"])
        other = make_account("Borealis", None, segment="Mid-market")
        for score, times in ((9, 25), (10, 25), (7, 15), (8, 15), (0, 10), (6, 10)):
            for _ in range(times):
                survey(account, NOW - 2 * DAY, score)
        survey(account, NOW - 3 * DAY, 4, "csat", scale=5, context="ticket", comment="Quick help")
        survey(other, NOW - 3 * DAY, 9, "csat", scale=10, context="qbr")
        survey(other, NOW - 4 * DAY, 2, "ces", scale=7, context="onboarding")
        survey(other, NOW - 500 * DAY, 0, comment="Long ago")
    return world


def tile(page, label: str) -> str:
    strip = page.content.decode().split('<div class="kpi"')[1:]
    found = [part.split("</section>")[0] for part in strip if f'<div class="l">{label} ' in part]
    assert found, label
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", found[0])))


def test_figures_are_those_by_hand(answered):
    """MET-16: 50, 30, 20 of 100 are +30, Good. MET-17: 4 of 5 and 9 of 10 are 4.25, top two boxes 100%."""
    page = answered.client("executive").get(answered.url("insights/surveys/"))
    assert " 30 " in tile(page, "NPS")
    assert "Good" in tile(page, "NPS")
    assert "100 answers" in tile(page, "NPS")
    assert "4.25" in tile(page, "CSAT")
    assert "Top two boxes: 100.0%" in tile(page, "CSAT")
    assert " 2 " in tile(page, "CES")
    text = text_of(page)
    for part in ("Promoters5050%", "Passives3030%", "Detractors2020%"):
        assert part in text
    assert "Long ago" not in text, "beyond twelve months"


def test_the_sums_are_those_of_the_board(answered):
    """One definition: what the database adds up here and there agrees."""
    from health.engagement.selectors import answers_by_month, trailing

    with answered.open():
        today = NOW.date()
        last = today.replace(day=1)
        first = (last - 400 * DAY).replace(day=1)
        board = answers_by_month(first, last)
        start = dt.datetime.combine(first, dt.time(), tzinfo=dt.UTC)
        mine = sums_by(Survey.objects.filter(answered_at__gte=start), "kind")
        for kind in ("nps", "csat", "ces"):
            whole = trailing(board[kind], last, 24)
            one = mine[(kind,)]
            assert (one.count, one.promoters, one.top) == (whole.count, whole.promoters, whole.top)
            assert abs(one.points - whole.points) < Decimal("1e-6")
        assert nps(mine[("nps",)]) == 30
        assert mean(mine[("csat",)]) == Decimal("4.25")
        assert top_two(mine[("csat",)]) == 1
        assert sums_by(Survey.objects.none(), "kind") == {}


def test_filters_narrow_figures_and_list_and_stay_in_the_address(answered):
    client, at = answered.client("executive"), answered.url("insights/surveys/")
    csat = client.get(f"{at}?kind=csat")
    assert "Quick help" in text_of(csat)
    ticket = client.get(f"{at}?kind=csat&context=ticket")
    assert "1 answer," in text_of(ticket)
    assert 'href="?kind=csat"' in html.unescape(ticket.content.decode()), "the chip leads to the page without it"
    assert "Borealis" not in text_of(client.get(f"{at}?kind=csat&segment=Enterprise"))
    assert "20 answers," in text_of(client.get(f"{at}?group=detractors"))
    assert "No answers" in text_of(client.get(f"{at}?context=renewal"))
    for odd in ("kind=x&months=7&segment=%00&context=x&group=x&before=x", "months=3", "kind=ces&group=promoters"):
        assert client.get(f"{at}?{odd}").status_code == 200


def test_the_list_pages_to_its_end(answered):
    client, at, seen = answered.client("executive"), answered.url("insights/surveys/"), 0
    while at:
        content = client.get(at).content.decode()
        seen += content.count('<a class="who"')
        link = re.search(r'rel="next" href="([^"]+)"', content)
        at = answered.url("insights/surveys/") + html.unescape(link[1]) if link else ""
    assert seen == 100


def test_a_leader_sees_the_teams_answers_and_nobody_those_of_a_rival(answered, rival):
    with rival.open():
        survey(make_account("Halcyon", None), NOW - DAY, 0, comment="Rival's secret")
    at = answered.url("insights/surveys/")
    leader = answered.client("leader").get(f"{at}?kind=csat")
    assert "Borealis" in text_of(leader), "accounts without an owner are everybody's"
    assert "Quick help" not in text_of(leader), "the csm is not in the leader's team"
    assert "Rival" not in text_of(answered.client("executive").get(at))
    assert answered.client("csm").get(at).status_code == 403
    assert rival.client("executive").get(at).status_code == 404


def test_a_company_without_answers_is_told_what_it_needs(world):
    assert "No answers yet" in text_of(world.client("executive").get(world.url("insights/surveys/")))
