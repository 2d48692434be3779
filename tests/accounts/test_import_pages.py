"""The import pages in a browser's eyes: upload, match, check, import, result (ACC-01, ACC-03, ACC-04, API-04, ROL-01)."""

import csv
import datetime as dt
import gzip
import html
import io
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import import_forms, import_views
from accounts.kinds import KINDS
from accounts.models import Account, Contact, Import, Member, Subscription, Tenant
from accounts.services import add_member
from cs_platform.kernel import queue
from health.models import Receipt
from renewals.models import Renewal

ACCOUNTS = (
    "ext_id,company_name,seg,signed,legacy\n"
    "A-1,Halcyon Freight,Enterprise,29.12.2025,x\n"
    "A-2,Maple Plumbing,SMB,31.02.2026,\n"
    "A-3,<b>Oak</b>,SMB,01.03.2026,y\n"
)


def words(response) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def upload(world, text: str | bytes, *, kind: str = "accounts", name: str = "accounts.csv", role: str = "ops"):
    content = text if isinstance(text, bytes) else text.encode()
    data = {"kind": kind, "file": SimpleUploadedFile(name, content, content_type="text/csv")}
    return world.client(role).post(world.url("data/imports/"), data)


def latest(world) -> Import:
    with world.open():
        return Import.objects.order_by("-id").first()


def columns_of(run: Import, **changes: str) -> dict[str, str]:
    mapping = run.mapping | changes
    return {f"column_{i}": mapping[c] for i, c in enumerate(run.columns)}


def test_from_the_file_to_the_accounts(worlds, django_capture_on_commit_callbacks):
    world, rival = worlds
    client = world.client("ops")
    answer = upload(world, ACCOUNTS)
    run = latest(world)
    page = world.url(f"data/imports/{run.id}/")
    assert (answer.status_code, answer["Location"]) == (302, page)
    shown = words(client.get(page))
    assert "Match columns" in shown
    assert "Halcyon Freight" in shown
    assert "29.12.2025" in shown
    assert re.search(r"signed 29\.12\.2025 .* Matched 3 legacy x .* Attribute 2 ", shown), "how many cells are filled"
    assert run.mapping == {
        "ext_id": "account", "company_name": "name", "seg": "segment", "signed": "signed_on", "legacy": "+",
    }  # fmt: skip

    answer = client.post(page, columns_of(run) | {"dates": "dmy"})
    assert answer.status_code == 302
    assert "Checking the rows" in words(client.get(page))
    queue.drain()
    shown = words(client.get(page))
    assert "2 rows are ready. 1 has an error and would be left out." in shown
    assert "This day does not exist." in shown
    assert "31.02.2026" in shown
    assert "Day does not exist" in shown
    assert "signed" in shown  # the column under the name it has in the file
    with world.open():
        assert not Account.objects.exists()

    assert client.post(f"{page}start/").status_code == 302
    queue.drain()
    shown = words(client.get(page))
    assert "2 rows are in" in shown
    assert "Rejects file, 1 row" in shown
    with world.open():
        assert set(Account.objects.values_list("external_id", "name")) == {
            ("A-1", "Halcyon Freight"),
            ("A-3", "<b>Oak</b>"),
        }
        assert Account.objects.get(external_id="A-1").attributes == {"legacy": "x"}
    with rival.open():
        assert not Account.objects.exists()
        assert not Import.objects.exists()

    file = client.get(f"{page}rejects.csv")
    assert 'filename="accounts-rejects.csv"' in file["Content-Disposition"]
    corrected = file.content.decode().replace("31.02.2026", "28.02.2026")
    answer = upload(world, corrected)
    again = latest(world)
    assert again.id != run.id
    assert again.mapping["reject_reason"] == ""


def test_the_same_header_is_matched_as_last_time(world):
    upload(world, "ext_id,seg\nA-1,x\n")
    run = latest(world)
    client = world.client("ops")
    client.post(world.url(f"data/imports/{run.id}/"), columns_of(run, seg="industry") | {"dates": "mdy"})
    queue.drain()
    upload(world, "ext_id,seg\nA-2,y\n")
    again = latest(world)
    assert (again.mapping["seg"], again.options["dates"]) == ("industry", "mdy")
    upload(world, "seg,ext_id\ny,A-2\n")
    assert latest(world).mapping["seg"] == "segment"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ext_id": ""}, "No column becomes Account id."),
        ({"seg": "account"}, "Two columns become Account id. Choose one of them."),
        ({"seg": "amount"}, "Select a valid choice"),
    ],
)
def test_columns_that_cannot_be_matched_are_said(world, changes, message):
    upload(world, "ext_id,seg\nA-1,x\n")
    run = latest(world)
    answer = world.client("ops").post(
        world.url(f"data/imports/{run.id}/"), columns_of(run, **changes) | {"dates": "iso"}
    )
    assert answer.status_code == 422
    assert message in words(answer)
    assert latest(world).mapping == run.mapping


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "The file is empty."),
        ("a.csv", b"\n", "its first line must name the columns"),
        ("a.xlsx", b"PK\x03\x04 a workbook", "This is a workbook or an archive."),
        ("a.csv", b"account\n\xff\xfe\x00", "not UTF-8 text"),
        ("a.csv", "account\nÄpfel\n".encode("latin-1"), "not UTF-8 text"),
        ("a.csv", "account\nA\n".encode("utf-16"), "not UTF-8 text"),
        ("a.csv", b"\x00\x01\x02\x03", "not text"),
        ("a.csv", b"account,account\nA,B\n", "stands twice"),
        ("a.csv", b"account,,name\nA,B,C\n", "Column 2 has no name"),
        ("a.csv", b'account\n"A-1\nA-2\n', "quotation mark is open"),
        ("a.csv", b"account\n" + b"x" * 10_000_000, "too long"),
        ("a.csv", b'account\n"' + b"x\n" * 200_000, "a cell is too long"),
        ("a.csv.gz", gzip.compress(b"account\nA-1\n" * 50, mtime=0)[:-12], "damaged"),
        ("a.csv.gz", b"\x1f\x8bnot gzip at all", "damaged"),
        ("a.csv", ("c" * 201 + "\nA\n").encode(), "too long or not printable"),
        ("a.csv", (",".join(f"c{i}" for i in range(300)) + "\n").encode(), "At most 200 columns"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(world, name, content, message):
    answer = upload(world, content, name=name)
    assert answer.status_code == 422
    assert message in words(answer)
    assert latest(world) is None


def test_too_large_a_file_is_refused(world, monkeypatch):
    monkeypatch.setattr(import_forms, "LARGEST_UPLOAD", 10)
    answer = upload(world, ACCOUNTS)
    assert answer.status_code == 422
    assert "more than 200 MB" in words(answer)


def come_due(world, text):
    """The renewals that a file speaks of: it says how they go and opens none."""
    with world.open():
        for row in csv.DictReader(io.StringIO(text)):
            account = Account.objects.get(external_id=row["account"])
            Renewal.objects.create(
                account=account, external_id=f"{row['account']}-due", due_on=row["due_on"], opened_on="2026-09-01",
                phase_since="2026-09-01", profile="enterprise", currency="USD",
            )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_samples_go_in_without_a_word(world, kind):
    client = world.client("ops")
    with world.open():
        for name in ("maya", "tom"):  # colleagues whom absences name
            add_member(email=f"{name}@example.com", name=name.title(), role="csm", password=world.password)
    for each in dict.fromkeys(("accounts", "contacts", "advocates", kind)):  # what the others name
        text = client.get(world.url(f"data/imports/samples/{each}.csv")).content
        if each == "renewals":
            come_due(world, text.decode())
        upload(world, text, kind=each, name=f"{each}.csv")
        run = latest(world)
        client.post(world.url(f"data/imports/{run.id}/"), columns_of(run) | {"dates": "iso"})
        queue.drain()
        client.post(world.url(f"data/imports/{run.id}/start/"))
        queue.drain()
        done = latest(world)
        assert (done.state, done.rejected, done.read) == ("done", 0, done.total)
        assert "" not in done.mapping.values()
        assert "+" not in done.mapping.values()
    assert client.get(world.url("data/imports/samples/invoices.csv")).status_code == 404


def test_progress_stops_asking_when_it_is_over(world):
    upload(world, ACCOUNTS)
    run = latest(world)
    client = world.client("ops")
    page = world.url(f"data/imports/{run.id}/")
    client.post(page, columns_of(run) | {"dates": "dmy"})
    card = client.get(f"{page}progress/", headers={"HX-Request": "true"})
    assert 'hx-trigger="every 1s"' in card.content.decode()
    assert "0 of 3 rows" in words(card)
    queue.drain()
    over = client.get(f"{page}progress/", headers={"HX-Request": "true"})
    assert (over.status_code, over["HX-Redirect"]) == (204, page)


def test_stop_go_on_and_discard(world):
    upload(world, ACCOUNTS)
    run = latest(world)
    client = world.client("ops")
    page = world.url(f"data/imports/{run.id}/")
    client.post(page, columns_of(run) | {"dates": "dmy"})
    client.post(f"{page}stop/")
    queue.drain()
    shown = words(client.get(page))
    assert "0 of 3 rows were read." in shown
    assert "Nothing was written." in shown
    client.post(f"{page}start/")
    queue.drain()
    assert latest(world).read == 3
    client.post(f"{page}start/")
    queue.drain()
    refused = client.post(f"{page}discard/", follow=True)
    assert "it stays, because figures lead back to it" in words(refused)
    assert "has run already" in words(client.post(f"{page}start/", follow=True))
    upload(world, "account\nB-1\n")
    other = latest(world)
    client.post(world.url(f"data/imports/{other.id}/discard/"))
    assert latest(world).id == run.id


def test_the_way_to_the_first_dashboard_ends_with_events(world):
    """From nothing to subscriptions by files; then events are asked for, until some came or the company is a month old."""
    client = world.client("ops")
    shown = words(client.get(world.url("data/imports/")))
    assert "From empty to your first dashboard" in shown
    assert "2 of 5" in shown
    for kind in ("accounts", "subscriptions"):
        page = client.get(world.url("data/imports/"))
        way = re.search(rf'href="([^"]+\?kind={kind})#upload"', page.content.decode())[1]
        assert f'value="{kind}" selected' in client.get(way).content.decode()
        text = KINDS[kind].sample.read_bytes()
        upload(world, text, kind=kind)
        run = latest(world)
        page = client.get(world.url("data/imports/"))
        assert f"accounts.csv, {run.total} rows Go on" in words(page)
        assert f"?kind={kind}" not in page.content.decode()
        client.post(world.url(f"data/imports/{run.id}/"), columns_of(run) | {"dates": "iso"})
        queue.drain()
        client.post(world.url(f"data/imports/{run.id}/start/"))
        queue.drain()
    with world.open():
        assert (Subscription.objects.count(), Contact.objects.count()) == (3, 0)
    shown = words(client.get(world.url("data/imports/")))
    assert "4 of 5" in shown
    assert "How to send them" in shown
    with world.open():
        Tenant.objects.update(created_at=timezone.now() - dt.timedelta(days=31))
    assert "From empty to your first dashboard" not in words(client.get(world.url("data/imports/")))
    with world.open():
        Tenant.objects.update(created_at=timezone.now())
        Receipt.objects.create(kind="api", received=2, accepted=1, duplicate=0, quarantined=0, rejected=1)
    assert "From empty to your first dashboard" not in words(client.get(world.url("data/imports/")))


def test_an_empty_company_begins_with_its_first_steps(world):
    """PAGES: who may import is led to the first steps until there is an account; the others to their own page."""
    assert world.client("admin").get(world.url("")).url == world.url("data/imports/")
    assert world.client("csm").get(world.url("")).url == world.url("today/")
    with world.open():
        Account.objects.create(external_id="A-1", name="Halcyon Freight")
    assert world.client("admin").get(world.url("")).url != world.url("data/imports/")


def test_people_are_invited_by_who_may(world):
    with world.open():
        Member.objects.exclude(role__key__in=("ops", "admin")).update(is_active=False)
        Member.objects.filter(role__key="admin").update(is_active=False)
    invite = f'href="{reverse("settings_members", args=["acme"])}">Invite people'
    page = world.client("ops").get(world.url("data/imports/")).content.decode()
    assert "Invite people" in page
    assert invite not in page
    with world.open():
        Member.objects.filter(role__key="ops").update(is_active=False)
        Member.objects.filter(role__key="admin").update(is_active=True)
    assert invite in world.client("admin").get(world.url("data/imports/")).content.decode()


@pytest.mark.parametrize("role", ["executive", "leader", "csm"])
def test_who_may_not_import_sees_nothing_of_it(world, role):
    upload(world, ACCOUNTS)
    run = latest(world)
    client = world.client(role)
    for path in ("", f"{run.id}/", f"{run.id}/rejects.csv", f"{run.id}/progress/", "samples/accounts.csv"):
        assert client.get(world.url(f"data/imports/{path}")).status_code == 403
    for path in ("", f"{run.id}/", f"{run.id}/start/", f"{run.id}/stop/", f"{run.id}/discard/"):
        assert client.post(world.url(f"data/imports/{path}")).status_code == 403


def test_a_foreign_import_does_not_exist(worlds):
    ours, theirs = worlds
    upload(theirs, ACCOUNTS)
    foreign = latest(theirs)
    client = ours.client("admin")
    for path in ("", "rejects.csv", "progress/"):
        assert client.get(ours.url(f"data/imports/{foreign.id}/{path}")).status_code == 404
    for path in ("", "start/", "stop/", "discard/"):
        assert client.post(ours.url(f"data/imports/{foreign.id}/{path}")).status_code == 404
    assert "accounts.csv" not in words(client.get(ours.url("data/imports/")))
    assert latest(theirs).state == "draft"


def test_the_list_costs_the_same_for_one_and_three_files_and_has_pages(world, monkeypatch):
    client = world.client("ops")
    costs = []
    for count in (1, 2):
        for _each in range(count):
            upload(world, ACCOUNTS)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(world.url("data/imports/"))
        costs.append(sum(q["sql"].startswith("SELECT") for q in queries.captured_queries))
    assert costs[0] == costs[1] <= 16
    monkeypatch.setattr(import_views, "SHOWN", 2)
    first = client.get(world.url("data/imports/")).content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', first)[1]
    second = client.get(html.unescape(older)).content.decode()
    assert (first.count("<code>"), first.count("accounts.csv</a>"), second.count("accounts.csv</a>")) == (0, 2, 1)
    assert client.get(world.url("data/imports/?before=nonsense")).status_code == 200


def test_names_from_files_are_text(world):
    upload(world, "account,<script>alert(1)</script>\nA-1,<img src=x>\n", name="<b>.csv")
    run = latest(world)
    body = world.client("ops").get(world.url(f"data/imports/{run.id}/")).content.decode()
    assert "<script>alert" not in body
    assert "<img src=x>" not in body
    assert Path(run.filename).name == run.filename
