"""Signals, white space, forecast, the account's tab and the settings as pages (EXP-02, EXP-04, EXP-05, EXP-07, EXP-08)."""

import datetime as dt
import re
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import Account, Feature, Product, Segment
from expansion import services, white_space
from expansion.models import NoFit, Opportunity, Signal, StageChance
from expansion.white_space_listing import WhiteSpaceQuery, page_of, read_book
from tests.conftest import World
from tests.expansion.deals import contract, customer, deal

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
SEATS = {"used": 96, "limit": 100, "share": 0.96}


def today(world: World) -> dt.date:
    return world.tenant.today()


def signal(account: Account, cause: str = "seats", **fields: Any) -> Signal:
    values: dict[str, Any] = {"trigger": "seats_full", "inputs": SEATS, "as_of": account.tenant.today()}
    return Signal.objects.create(account=account, cause=cause, **values | fields)


def page(world: World, path: str, role: str = "admin", **asked: Any) -> str:
    answer = world.client(role).get(world.url(path), asked)
    assert answer.status_code == 200, answer.content[:2000]
    return answer.content.decode()


def product(name: str) -> Product:
    return Product.objects.get_or_create(external_id=name.lower(), defaults={"name": name})[0]


def book(world: World, n: int = 5) -> Product:
    """Accounts of one segment that pay 12.00 a seat and year for a product; each of ten seats."""
    smb, more = Segment.objects.get(profile="smb"), product("Forecasting")
    for place in range(n):
        payer = customer(f"Payer {place}", earned=False, segment=smb)
        contract(payer, product=more, mrr_minor=1_000, seats=10)
    return more


def queries(world: World, path: str) -> int:
    client = world.client("admin")
    client.get(world.url(path))
    with CaptureQueriesContext(connection) as found:
        assert client.get(world.url(path)).status_code == 200
    return len(found)


# Signals


def test_signals_say_what_they_were_seen_by_and_lead_there(world: World):
    """EXP-02, TRG-13: evidence in words with its page, the right of the account, a deal or dismissal at hand."""
    with world.open():
        signal(customer("Corvid Logistics"))
        signal(
            customer("Volta Charging", earned=False),
            trigger="growth",
            inputs={"day": "2026-11-02", "note": "EU entity"},
        )
    text = page(world, "expansion/signals/")
    assert "96 of 100 seats in use (96%)" in text
    assert "2 Nov 2026: EU entity" in text
    assert text.count("signal=") == 2 * 2, "each opens a deal, with and without the drawer"
    assert '<span class="pill good">Earned</span>' in text
    assert "/usage/" in text
    assert "2 of 2 shown" in text
    assert "signal=" not in page(world, "expansion/signals/", "executive"), "who may not edit has no buttons"


def test_signals_are_filtered_counted_and_lenient(world: World):
    with world.open():
        account = customer("Corvid Logistics", owner=world.members["csm"])
        signal(account)
        signal(account, "old", state="dismissed", decided_on=today(world), note="They said no")
    assert "They said no" not in page(world, "expansion/signals/")
    assert "They said no" in page(world, "expansion/signals/", state="all")
    assert "Seats full 1" in page(world, "expansion/signals/")
    assert "No signal here" in page(world, "expansion/signals/", trigger="growth")
    assert "No signal here" in page(world, "expansion/signals/", q="nobody")
    assert "Corvid" in page(world, "expansion/signals/", q="corv", owner="me", role="csm")
    assert "1 of 1 shown" in page(
        world, "expansion/signals/", state="x", trigger="?", owner="no", after="x~y", segment=""
    )


def test_signals_go_on_where_they_stopped(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("expansion.signal_listing.PAGE_SIZE", 3)
    with world.open():
        account = customer("Corvid Logistics")
        for n in range(8):
            signal(account, str(n), as_of=today(world) - (n // 3) * DAY, inputs=SEATS | {"used": n})
        large = customer("Altavista Health", mrr_minor=9_000_00)
        signal(large, as_of=today(world) - DAY, inputs=SEATS | {"used": 8})
    client, seen, url = world.client("admin"), [], world.url("expansion/signals/")
    for _round in range(5):
        text = client.get(url).content.decode()
        seen += re.findall(r">(\d) of 100 seats", text)
        if 'rel="next"' not in text:
            break
        url = text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert sorted(seen) == [str(n) for n in range(9)]
    assert seen.index("8") == 3, "on a day those with the most money come first"


def test_a_signal_becomes_a_deal_or_is_dismissed(world: World):
    with world.open():
        first = signal(customer("Corvid Logistics"))
        second = signal(customer("Quillon Software"))
    client = world.client("csm")
    with world.open():
        Account.objects.update(owner=world.members["csm"])
    ask = world.url(
        f"expansion/deals/new/?account={first.account_id}&signal={first.id}&trigger=seats_full&name=Seats+full"
    )
    form = client.get(ask).content.decode()
    assert 'value="Seats full"' in form
    token = re.search(r'name="token" value="(\w+)"', form)[1]
    sent = {
        "token": token,
        "name": "60 seats",
        "amount": "1200",
        "currency": "USD",
        "kind": "seats",
        "trigger": "seats_full",
        "identified_on": today(world),
    }
    assert client.post(ask, sent).status_code == 302
    answer = client.post(
        world.url(f"expansion/signals/{second.id}/dismiss/"), {"reason": "They merge", "version": second.version}
    )
    assert answer.status_code == 302
    assert (
        client.post(world.url(f"expansion/signals/{second.id}/dismiss/"), {"reason": "", "version": 1}).status_code
        == 422
    )
    with world.open():
        made = Opportunity.objects.get()
        assert (made.signal_id, made.name, made.amount_minor) == (first.id, "60 seats", 120_000)
        assert Signal.objects.get(id=first.id).state == "taken"
        assert Signal.objects.get(id=second.id).note == "They merge"
    assert "60 seats" in page(world, "expansion/signals/", state="taken")


# White space


def test_white_space_shows_owned_potential_and_no_fit(world: World):
    """EXP-04: what each account has and could have, how it was found; what does not fit is not offered."""
    with world.open():
        more = book(world)
        smb = Segment.objects.get(profile="smb")
        good = customer("Altavista Health", segment=smb)
        contract(good, product=product("Core"), seats=100)
        bad = customer("Volta Charging", earned=False, segment=smb)
        contract(bad, product=product("Core"), seats=50)
        unfit = customer("Ostara Retail", earned=False, segment=smb)
        contract(unfit, product=product("Core"), seats=50)
        services.set_fit(account=unfit, product=more, fits=False, reason="No data", by=None)
    text = page(world, "expansion/white-space/")
    assert text.index("Altavista Health") < text.index("Volta Charging") < text.index("Ostara Retail")
    assert "Median of 5 accounts of the same segment by the seat, for 100 seats" in text
    assert "Does not fit: No data" in text
    assert re.search(r'<td class="c5">.{0,900}\$1k', text, re.S), "the most on the page is the darkest"
    assert re.search(r'<td class="held">.{0,900}\$600', text, re.S), "what is not earned stands apart"
    foot = text.split("<tfoot>")[1].split("</tfoot>")[0]
    assert "$1k" in foot, "the sum is what is earned"
    assert "8 of 8" in text
    earned = page(world, "expansion/white-space/", right="earned")
    assert "Volta" not in earned.split("<tbody>")[1]
    segments = page(world, "expansion/white-space/", rows="segments")
    assert urlencode({"segment": smb.name}) in segments
    assert "No account here" in page(world, "expansion/white-space/", q="zzz")
    assert "8 of 8" in page(world, "expansion/white-space/", rows="x", right="?", owner="no", after="1~2~3")


def test_sums_of_the_book_are_those_of_its_cells(tenant_open: World):
    more, smb = book(tenant_open, 6), Segment.objects.get(profile="smb")
    for n in range(4):
        contract(customer(f"Account {n}", earned=n % 2 == 0, segment=smb), product=product("Core"), seats=7 * n + 1)
    for n in range(3):
        Account.objects.filter(name=f"Payer {n}").update(mrr_minor=5)
    products, member = [more, product("Core")], tenant_open.members["admin"]
    found = read_book(WhiteSpaceQuery(), member, products)
    rows = white_space.grid([each.account_id for each in found.ranked], products).rows
    assert [(row.account_id, row.potential, row.earned) for row in rows] == [
        (each.account_id, each.year, each.earned) for each in found.ranked
    ]
    for place, one in enumerate(products):
        cells = [(row.cells[place], row.earned) for row in rows]
        potential = [(cell.year, right) for cell, right in cells if cell.state == "potential"]
        assert found.by_product[one.id].year == sum(year for year, _right in potential)
        assert found.by_product[one.id].earned == sum(year for year, right in potential if right)
    assert [each.key for each in found.ranked] == sorted(each.key for each in found.ranked)


def test_the_earned_stand_first_and_the_others_are_counted_apart(tenant_open: World):
    more, smb = book(tenant_open), Segment.objects.get(profile="smb")
    good = customer("Good", segment=smb)
    contract(good, seats=10)
    bad = customer("Bad", earned=False, segment=smb)
    contract(bad, seats=50)
    found = read_book(WhiteSpaceQuery(), tenant_open.members["admin"], [more])
    assert [(each.account_id, each.earned, each.year) for each in found.ranked][:2] == [
        (good.id, True, 12_000),
        (bad.id, False, 60_000),
    ]
    assert (found.whole.earned, found.whole.year) == (12_000, 72_000)


def test_white_space_is_paged_by_key_there_and_back(tenant_open: World):
    more, smb = book(tenant_open, 5), Segment.objects.get(profile="smb")
    for n in range(7):
        contract(customer(f"Account {n}", segment=smb, earned=False), product=product("Core"), seats=10)
    member, query = tenant_open.members["admin"], WhiteSpaceQuery()
    found = read_book(query, member, [more])
    seen, state = [], ""
    for _round in range(10):
        shown = page_of(found, WhiteSpaceQuery.parse(QueryDict(state)), 5)
        seen.append([each.account_id for each in shown.rows])
        if not shown.following:
            break
        state = shown.following
    assert [len(each) for each in seen] == [5, 5, 2]
    assert [key for keys in seen for key in keys] == [each.account_id for each in found.ranked]
    back = page_of(found, WhiteSpaceQuery.parse(QueryDict(shown.previous)), 5)
    assert [each.account_id for each in back.rows] == seen[1]


def test_a_cell_says_how_it_was_found_and_begins_a_deal(world: World):
    with world.open():
        more = book(world)
        account = customer("Altavista Health", segment=Segment.objects.get(profile="smb"))
        contract(account, product=product("Core"), seats=100)
    here = f"expansion/white-space/{account.id}/{more.id}/"
    text = page(world, here)
    assert "$1,200.00" in text
    assert "$12.00" in text, "of a seat"
    link = re.search(r'href="([^"]*deals/new/[^"]*)"', text)[1].replace("&amp;", "&")
    form = world.client("admin").get(link).content.decode()
    assert re.search(r'name="amount" value="1200(\.0+)?"', form)
    assert f'<option value="{more.id}" selected>' in form
    client = world.client("admin")
    assert client.post(world.url(here + "fit/"), {"fits": "0", "reason": "No data"}).status_code == 302
    with world.open():
        assert NoFit.objects.get().reason == "No data"
    assert "deals/new" not in page(world, here).split('id="main"')[1]
    assert client.post(world.url(here + "fit/"), {"fits": "1"}).status_code == 302
    assert client.post(world.url(here + "fit/"), {"fits": "x"}).status_code == 422
    with world.open():
        assert not NoFit.objects.exists()


def test_features_that_nobody_uses(world: World):
    with world.open():
        core = product("Core")
        account = customer("Altavista Health")
        contract(account, product=core)
        Feature.objects.create(key="api", name="Open API", kind="advanced", product=core)
    text = page(world, "expansion/white-space/", rows="features")
    assert "Open API, Altavista Health: not used within 90 days" in text
    assert "No advanced feature is known" not in text


# Forecast


def closed(account: Account, stage: str, days: int = 60, **fields: Any) -> Opportunity:
    day = account.tenant.today()
    row = deal(account, amount_minor=1_200_000, identified_on=day - (days + 5) * DAY)
    Opportunity.objects.filter(id=row.id).update(stage=stage, closed_on=day - 5 * DAY, **fields)
    return row


def test_the_forecast_ties_to_its_rows_in_every_cut(world: World):
    """EXP-05: weighted, commit and best case; each line opens to the deals it is made of."""
    with world.open():
        account = customer(owner=world.members["csm"], segment=Segment.objects.get(profile="smb"))
        deal(account, amount_minor=100_000_00, close_on=today(world))
        services.move_deal(deal=deal(account, amount_minor=50_000_00), stage="commit", version=None, by=None)
    for cut in ("quarter", "motion", "owner", "segment"):
        text = page(world, "expansion/forecast/", by=cut)
        foot = text.split("<tfoot>")[1].split("</tfoot>")[0]
        assert re.findall(r'<td class="n">([^<]*)</td>', foot) == ["2", "$150k", "$50k", "$63k"], cut
    text = page(world, "expansion/forecast/", by="nonsense")
    assert "No day yet" in text
    link = re.search(r'<th scope="row"><a href="([^"]*quarter=none[^"]*)"', text)[1].replace("&amp;", "&")
    assert "$50k" in world.client("admin").get(link).content.decode()


def test_why_deals_end_and_what_is_usual(world: World):
    """EXP-07, EXP-08: reasons with count and money, norms of the profile beside one's own median and average."""
    with world.open():
        account = customer(segment=Segment.objects.get(profile="smb"))
        closed(account, "won", win="value")
        closed(account, "lost", loss="budget")
        closed(account, "lost", loss="budget")
        closed(account, "lost", loss="")
        closed(account, "won", win="")
    text = page(world, "expansion/forecast/")
    ends = re.findall(r'<li><span><a href="([^"]*)">([^<]*)</a></span>.*?<span class="num b">(\d+)</span>', text)
    assert [(name, count) for _link, name, count in ends] == [
        ("Budget or timing", "2"), ("Not said", "1"), ("Not said", "1"), ("Proven value", "1"),
    ]  # fmt: skip
    for link, _name, count in ends:
        rows = page(world, link.replace("&amp;", "&").removeprefix(world.url("")))
        assert f"{count} of {count} shown" in rows, "each reason opens to its own deals"
        assert "Why it was" in rows
    assert text.index("Budget or timing") < text.index("Not said")
    assert "40%" in text
    assert "$1k to $10k" in text
    smb = text.split('<th scope="row">Small business</th>')[1].split("</tr>")[0]
    assert "$12k" in smb
    assert "60 d" in smb


def test_the_forecast_as_files(world: World):
    with world.open():
        deal(customer(), amount_minor=100_000_00, name="=1+1")
    client = world.client("admin")
    answer = client.get(world.url("expansion/forecast/file/"), {"form": "csv"})
    lines = answer.content.decode().splitlines()
    assert lines[0] == '"cut","value","deals","best_case","commit","weighted","without_rate","currency"'
    assert lines[1] == '"all","",1,100000.00,0.00,15000.00,0,"USD"'
    assert sum(line.startswith('"quarter"') for line in lines) == 5
    answer = client.get(world.url("expansion/forecast/file/"), {"form": "xlsx"})
    rows = list(load_workbook(BytesIO(answer.content)).active.values)
    assert rows[1][:4] == ("all", None, 1, 100000) or rows[1][:4] == ("all", "", 1, 100000)


# The account's tab, settings


def test_the_account_s_tab(world: World):
    with world.open():
        more = book(world)
        account = customer("Altavista Health", segment=Segment.objects.get(profile="smb"))
        contract(account, product=product("Core"), seats=100)
        signal(account)
        signal(account, "old", state="dismissed", decided_on=today(world), note="They said no")
        deal(account, name="60 seats")
    text = page(world, f"accounts/{account.id}/growth/")
    assert "96 of 100 seats in use" in text
    assert "They said no" in text
    assert "60 seats" in text
    assert "Forecasting" in text
    assert "Planning twice as fast" in text, "what the check was judged by"
    assert str(more.id) in text
    assert "deals/new" not in page(world, f"accounts/{account.id}/growth/", "executive").split('id="main"')[1]
    with world.open():
        empty = customer("New one", earned=False)
    assert "No deal yet" in page(world, f"accounts/{empty.id}/growth/")


def test_chances_are_set_and_kept_in_order(world: World):
    client = world.client("admin")
    text = page(world, "settings/expansion/")
    assert "65%" in text
    assert "People active in 28 days are 90% of the seats paid for" in text
    here = world.url("settings/expansion/proposal/")
    assert client.post(here, {"chance": "70", "version": "0"}).status_code == 302
    assert client.post(here, {"chance": "99", "version": "1"}).status_code == 422, "likelier than commit"
    assert client.post(here, {"chance": "71", "version": "0"}).status_code == 422, "somebody else was first"
    with world.open():
        assert StageChance.objects.get().chance == 70
    assert client.get(world.url("settings/expansion/won/")).status_code == 404
    assert client.post(here, {"chance": "", "version": "1"}).status_code == 302
    with world.open():
        assert not StageChance.objects.exists()


def test_what_opens_a_signal_is_set_on_its_page(world: World):
    """TRG-13: shares in percent, errors at their field, 409 as a sentence, who may not is told so; the table and the trail say it."""
    client = world.client("admin")
    here = world.url("settings/expansion/signals/seats_full/")
    form = client.get(here).content.decode()
    assert 'value="90.0"' in form
    assert "From 50% to 100%; usual is 90%." in form
    answer = client.post(here, {"enabled": "on", "full": "120", "version": "0"})
    assert answer.status_code == 422
    assert "less than or equal to 100" in answer.content.decode()
    assert client.post(here, {"enabled": "on", "full": "", "version": "0"}).status_code == 422
    assert client.post(here, {"enabled": "on", "full": "95", "version": "0"}).status_code == 302
    answer = client.post(here, {"enabled": "on", "full": "80", "version": "0"})
    assert answer.status_code == 422
    assert "Somebody else changed this" in answer.content.decode()
    assert client.post(world.url("settings/expansion/signals/champion/"), {"version": "0"}).status_code == 302
    text = page(world, "settings/expansion/")
    assert "People active in 28 days are 95% of the seats paid for" in text
    assert "holds to 90%" in text
    row = text.split("signals/champion/")[-1].split("</tr>")[0]
    assert "Off" in row
    assert "Rule of expansion signals" in page(world, "settings/audit/")
    for name in ("person", "nonsense"):
        assert client.get(world.url(f"settings/expansion/signals/{name}/")).status_code == 404
    assert world.client("csm").post(here, {"enabled": "on", "full": "80", "version": "1"}).status_code == 403


def test_a_signal_says_the_limit_of_then(world: World):
    with world.open():
        signal(customer(), inputs=SEATS | {"judged_by": {"full": 0.8}})
        signal(customer("Elsewhere"), inputs={"note": "Said by a program", "judged_by": "nothing"})
    assert "Limit then: Seats in use 80%" in page(world, "expansion/signals/")


# Whose, and how many queries


def test_a_csm_sees_the_own_book_and_no_rival(worlds: tuple[World, World]):
    """ROL-01: nobody sees another's accounts or another company's; what is foreign is not found."""
    mine, theirs = worlds
    with theirs.open():
        rival = customer("Rival Secret")
        contract(rival, product=product("Core"), seats=10)
        theirs_signal = signal(rival)
        deal(rival, amount_minor=999_999_00)
    with mine.open():
        for name, owner in (("My own", "csm"), ("Another's", "leader")):
            account = customer(name, owner=mine.members[owner])
            contract(account, product=product("Core"), seats=10)
            signal(account)
            deal(account, amount_minor=10_000_00)
    for path in ("expansion/signals/", "expansion/white-space/"):
        own, everything = page(mine, path, "csm"), page(mine, path)
        assert "My own" in own
        assert "Another" not in own
        assert "Another" in everything
        assert "Rival Secret" not in everything
    assert "$20k" in page(mine, "expansion/forecast/")
    assert "$20k" not in page(mine, "expansion/forecast/", "csm")
    client = mine.client("admin")
    assert client.get(mine.url(f"expansion/signals/{theirs_signal.id}/dismiss/")).status_code == 404
    assert client.get(mine.url(f"accounts/{rival.id}/growth/")).status_code == 404


PAGES = (
    "expansion/signals/",
    "expansion/white-space/",
    "expansion/white-space/?rows=features",
    "expansion/forecast/?by=owner",
)


@pytest.mark.parametrize("path", PAGES)
def test_queries_do_not_grow_with_the_book(world: World, path: str):
    def grow(first: int, last: int) -> None:
        with world.open():
            for n in range(first, last):
                account = customer(
                    f"Account {n}", segment=Segment.objects.get(profile="smb"), owner=world.members["csm"]
                )
                contract(account, product=product("Core"), seats=10)
                signal(account)
                deal(account, close_on=today(world) + n * DAY)
                closed(account, "lost", loss="budget")

    grow(0, 2)
    few = queries(world, path)
    grow(2, 12)
    assert queries(world, path) <= few
    assert few <= 45
