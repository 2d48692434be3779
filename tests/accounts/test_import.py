"""Files on their way in: idempotent, independent of order and of pieces, safe against crashes and hostile content
(ACC-01, ACC-03, ACC-04, ACC-12, API-01, API-04)."""

import csv
import gzip
import io
import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from accounts import import_pieces
from accounts.enums import ImportState
from accounts.import_pieces import rejected_records
from accounts.imports import create_import, map_columns, start_import, stop_import
from accounts.kinds import KINDS
from accounts.models import Account, AccountChange, Contact, FxRate, Import, Segment, Subscription, SubscriptionChange
from cs_platform.kernel import queue, sheets
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.models import AuditEntry, Dirty, Work
from tests.conftest import World, make_world

HEAD = "account,subscription_id,product,segment,start_date,end_date,interval_months,amount,currency,seats"


def bring(
    world: World, kind: str, text: str | bytes, *, piece: int = 20_000, dry_run: bool = False, dates: str = "iso"
) -> Import:
    """The file through the same path as page and command."""
    content = text if isinstance(text, bytes) else text.encode()
    with world.open():
        run = create_import(kind=kind, filename="f.csv", source=io.BytesIO(content), by=None, piece=piece)
        map_columns(run=run, mapping=run.mapping, dates=dates)
        work = start_import(run=run, dry_run=dry_run)
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        return Import.objects.get(id=run.id)


def counts(run: Import) -> tuple[int, int, int, int]:
    return run.created, run.updated, run.unchanged, run.rejected


def subs(*rows: str) -> str:
    return "\n".join([HEAD, *rows, ""])


def reasons(world: World, run: Import) -> list[tuple[int, str, str]]:
    with world.open():
        return list(run.rejects.values_list("row", "column", "code"))


def tables(world: World) -> dict[str, Any]:
    """Everything that an import writes, without ids and clocks."""
    with world.open():
        return {
            "accounts": sorted(
                Account.objects.values_list(
                    "external_id", "name", "segment__name", "parent__external_id", "version", "attributes__note"
                ),
                key=str,
            ),
            "attributes": sorted(
                AccountChange.objects.values_list("account__external_id", "attribute", "value", "effective_on")
            ),
            "periods": sorted(
                Subscription.objects.values_list(
                    "external_id", "account__external_id", "start_on", "end_on", "mrr_minor", "seats", "version",
                    "product__name",
                ),
                key=str,
            ),
            "versions": list(
                SubscriptionChange.objects.order_by(
                    "subscription__external_id", "subscription__start_on", "recorded_at"
                ).values_list(
                    "subscription__external_id", "kind", "effective_on", "start_on", "end_on", "mrr_minor"
                )
            ),
            "segments": sorted(Segment.objects.values_list("name", flat=True)),
        }  # fmt: skip


FIRST = subs(
    "A-1,S-1,Platform,Enterprise,2025-01-01,2026-01-01,12,12000.00,USD,10",
    "A-1,S-2,Platform,Enterprise,2025-03-01,,1,100.00,USD,5",
    "A-2,S-3,Add-on,SMB,2025-01-15,2025-07-15,6,600.00,USD,",
)


def test_the_same_file_again_changes_nothing(world):
    run = bring(world, "subscriptions", FIRST)
    assert counts(run) == (3, 0, 0, 0)
    before = tables(world)
    assert [row[1] for row in before["versions"]] == ["created"] * 3
    assert counts(bring(world, "subscriptions", FIRST)) == (0, 0, 3, 0)
    assert tables(world) == before


def test_an_identical_row_twice_in_a_file_is_one_row(world):
    rows = FIRST.splitlines()
    text = "\n".join([*rows, rows[1], rows[3], ""])
    assert counts(bring(world, "subscriptions", text)) == (3, 0, 2, 0)
    before = tables(world)
    assert counts(bring(world, "subscriptions", text, piece=1)) == (0, 0, 5, 0)
    assert tables(world) == before


@pytest.mark.parametrize("piece", [1, 2, 100])
def test_the_same_key_with_other_values_is_refused_in_any_piece_and_again(world, piece):
    row = "A-1,S-1,Platform,Enterprise,2025-01-01,2026-01-01,12,99.00,USD,10"
    run = bring(world, "subscriptions", FIRST + row + "\n", piece=piece)
    assert counts(run) == (3, 0, 0, 1)
    assert reasons(world, run) == [(4, "subscription_id", "repeated")]
    with world.open():
        assert run.rejects.get().message == "Row 1 has this subscription and start already, with other values."
    before = tables(world)
    assert counts(bring(world, "subscriptions", FIRST + row + "\n", piece=piece)) == (0, 0, 3, 1)
    assert tables(world) == before


def test_change_and_change_back_are_two_versions(world):
    bring(world, "subscriptions", FIRST)
    changed = FIRST.replace("100.00", "150.00")
    assert counts(bring(world, "subscriptions", changed)) == (0, 1, 2, 0)
    assert counts(bring(world, "subscriptions", FIRST)) == (0, 1, 2, 0)
    with world.open():
        found = SubscriptionChange.objects.filter(subscription__external_id="S-2").order_by("recorded_at")
        assert list(found.values_list("kind", "mrr_minor", "effective_on")) == [
            ("created", 10000, found[0].start_on),
            ("terms", 15000, found[0].start_on),
            ("terms", 10000, found[0].start_on),
        ]
        period = Subscription.objects.get(external_id="S-2")
        assert (period.version, period.mrr_minor) == (3, 10000)
        assert found[2].source_row == 2
        assert Import.objects.get(id=found[2].source_ref).kind == "subscriptions"


def test_an_end_that_moves_is_true_from_the_earlier_end(world):
    bring(world, "subscriptions", FIRST)
    run = bring(world, "subscriptions", FIRST.replace("2025-03-01,,", "2025-03-01,2025-10-01,"))
    assert counts(run) == (0, 1, 2, 0)
    with world.open():
        last = SubscriptionChange.objects.order_by("-recorded_at").first()
        assert (last.kind, str(last.effective_on), str(last.end_on)) == ("period", "2025-10-01", "2025-10-01")


def test_an_end_column_that_is_absent_leaves_the_end(world):
    bring(world, "subscriptions", FIRST)
    run = bring(
        world, "subscriptions", "account,subscription_id,start_date,amount,interval_months,currency\n"
        "A-1,S-1,2025-01-01,13000.00,12,USD\n",
    )  # fmt: skip
    assert counts(run) == (0, 1, 0, 0)
    with world.open():
        period = Subscription.objects.get(external_id="S-1")
        assert (str(period.end_on), period.seats, period.product.name) == ("2026-01-01", 10, "Platform")


def test_a_start_that_moved_corrects_the_only_period_that_overlaps(world):
    bring(world, "subscriptions", FIRST)
    run = bring(world, "subscriptions", FIRST.replace("2025-01-15", "2025-02-01"))
    assert counts(run) == (0, 1, 2, 0)
    with world.open():
        period = Subscription.objects.get(external_id="S-3")
        assert str(period.start_on) == "2025-02-01"
        last = period.changes.order_by("-recorded_at").first()
        assert (last.kind, str(last.effective_on)) == ("period", "2025-01-15")


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (["A-2,S-3,Add-on,SMB,2025-07-15,2026-01-15,6,600.00,USD,"], "a renewal does not overlap"),
        (
            [
                "A-2,S-3,Add-on,SMB,2025-02-01,2025-07-15,6,600.00,USD,",
                "A-2,S-3,Add-on,SMB,2025-07-15,2026-01-15,6,600.00,USD,",
            ],
            "two rows of the file are two periods",
        ),
    ],
)
@pytest.mark.parametrize("piece", [1, 100])
def test_other_starts_are_further_periods(world, rows, why, piece):
    bring(world, "subscriptions", FIRST)
    assert counts(bring(world, "subscriptions", subs(*rows), piece=piece))[:2] == (len(rows), 0), why
    with world.open():
        assert Subscription.objects.filter(external_id="S-3").count() == 1 + len(rows)


def random_book(seed: int, rows: int = 60) -> list[str]:
    """Rows of different keys: several periods of a subscription, renewals, gaps, new and known accounts."""
    chance = random.Random(seed)
    book: dict[tuple[str, str], str] = {}
    while len(book) < rows:
        number = chance.randrange(25)
        start = f"202{chance.randrange(3, 6)}-{chance.randrange(1, 13):02d}-01"
        end = f"202{chance.randrange(6, 8)}-{chance.randrange(1, 13):02d}-01" if chance.random() < 0.7 else ""
        segment = chance.choice(["SMB", "Enterprise", ""])
        amount = f"{chance.randrange(1, 90000) / 100:.2f}"
        book[f"S-{number}", start] = (
            f"A-{number % 7},S-{number},{chance.choice(['Platform', 'Add-on'])},{segment},{start},{end},1,{amount},USD,"
        )
    return list(book.values())


def test_neither_order_nor_pieces_matter(db):
    base, book = subs(*random_book(1, 15)), random_book(2)
    found = []
    for number, piece in enumerate((1000, 1, 7, 30, 1000)):
        world = make_world(f"order-{number}", "Order")
        bring(world, "subscriptions", base, piece=piece)
        rows = random.Random(number).sample(book, len(book)) if number else book
        run = bring(world, "subscriptions", subs(*rows), piece=piece)
        found.append((counts(run), tables(world)))
    for each in found[1:]:
        assert each[0] == found[0][0]
        for name, rows in each[1].items():
            assert rows == found[0][1][name]
    assert found[0][0][0] > 20
    assert found[0][0][3] == 0


ACCOUNTS = [
    "account,name,segment,parent,referred_by,note",
    "A-1,Halcyon,Enterprise,,,",
    "A-2,Halcyon Iberia,Enterprise,A-1,A-3,here",
    "A-3,Maple,SMB,,A-2,",
    "A-4,Deep,SMB,A-2,,",
]


def test_parents_may_come_later_in_any_piece(db):
    found = []
    for number, piece in enumerate((1000, 1, 2)):
        world = make_world(f"parents-{number}", "Parents")
        rows = ACCOUNTS[1:] if number == 0 else ACCOUNTS[:0:-1]
        text = "\n".join([ACCOUNTS[0], *rows, ""])
        run = bring(world, "accounts", text, piece=piece)
        found.append((counts(run), tables(world)))
        assert counts(bring(world, "accounts", text, piece=piece)) == (0, 0, 4, 0)
    assert all(each == found[0] for each in found[1:])
    assert found[0][0] == (4, 0, 0, 0)
    assert {row[3] for row in found[0][1]["accounts"]} == {None, "A-1", "A-2"}


def test_given_and_empty_clears_absent_stays(world):
    bring(world, "accounts", "account,name,industry,signed_on,fax\nA-1,Halcyon,Logistics,2025-01-01,123\n")
    assert counts(bring(world, "accounts", "account,region\nA-1,EMEA\n")) == (0, 1, 0, 0)
    with world.open():
        account = Account.objects.get()
        assert (account.industry, account.region, account.attributes) == ("Logistics", "EMEA", {"fax": "123"})
    assert counts(bring(world, "accounts", "account,industry,fax\nA-1,,\n")) == (0, 1, 0, 0)
    with world.open():
        account = Account.objects.get()
        assert (account.name, account.industry, account.region, account.attributes) == ("Halcyon", "", "EMEA", {})
        dated = AccountChange.objects.filter(attribute="industry").order_by("recorded_at")
        assert [c.value for c in dated] == ["Logistics", ""]
        assert str(dated[0].effective_on) == "2025-01-01"
        assert dated[1].effective_on == world.tenant.today()


def test_contacts_are_made_changed_and_refused(world):
    bring(world, "accounts", "account\nA-1\n")
    text = "contact,account,name,email,note\nC-1,A-1,Ruth,ruth@x.example,vip\nC-2,A-9,Ida,,\nC-3,A-1,,,\n"
    run = bring(world, "contacts", text)
    assert counts(run) == (1, 0, 0, 2)
    assert reasons(world, run) == [(2, "account", "unknown_account"), (3, "name", "required")]
    assert counts(bring(world, "contacts", text)) == (0, 0, 1, 2)
    assert counts(bring(world, "contacts", "contact,account,name,title\nC-1,A-1,Ruth,CEO\n")) == (0, 1, 0, 0)
    with world.open():
        contact = Contact.objects.get()
        assert (contact.email, contact.title, contact.attributes) == ("ruth@x.example", "CEO", {"note": "vip"})


def test_rates_are_appended_only_where_they_differ(world):
    bring(world, "subscriptions", FIRST.replace("USD,5", "EUR,5"))
    with world.open():
        Dirty.objects.all().delete()
    text = "month,rate_date,base,quote,rate\n2025-01,2025-01-31,EUR,USD,1.0393\n2025-02,2025-02-28,EUR,USD,1.0411\n"
    assert counts(bring(world, "fx_rates", text)) == (2, 0, 0, 0)
    with world.open():
        assert Dirty.objects.values("key").distinct().count() == 1  # the account that pays in euros
    assert counts(bring(world, "fx_rates", text)) == (0, 0, 2, 0)
    assert counts(bring(world, "fx_rates", text.replace("1.0411", "1.05"))) == (0, 1, 1, 0)
    with world.open():
        assert FxRate.objects.count() == 3


@pytest.mark.parametrize("piece", [1, 100])
def test_a_month_written_in_two_ways_is_one_month(world, piece):
    text = "month,base,quote,rate\n2025-01,EUR,USD,1.0393\n2025-01-31,eur,USD,1.04\n"
    run = bring(world, "fx_rates", text, piece=piece)
    assert (counts(run), reasons(world, run)) == ((1, 0, 0, 1), [(2, "month", "repeated")])


def test_a_crash_between_pieces_goes_on_where_it_stood(db, monkeypatch):
    text = subs(*random_book(3))
    straight, broken = make_world("straight", "S"), make_world("broken", "B")
    whole = bring(straight, "subscriptions", text, piece=20)
    with broken.open():
        run = create_import(kind="subscriptions", filename="f", source=io.BytesIO(text.encode()), by=None, piece=20)
        work = start_import(run=run)
    for _piece in range(2):  # the look through the file and the first piece
        assert queue.attempt(broken.tenant.id, work.id)

    def die(*args: Any, **kwargs: Any) -> None:
        MERGE(*args, **kwargs)
        raise RuntimeError("the machine went away")

    KIND = KINDS["subscriptions"]
    MERGE = KIND.merge
    monkeypatch.setitem(KINDS, "subscriptions", replace(KIND, merge=die))
    assert not queue.attempt(broken.tenant.id, work.id)
    with broken.open():
        run.refresh_from_db()
        assert (run.state, run.read, run.next_piece) == (ImportState.RUNNING, 20, 1)
        assert "the machine went away" in run.error
        assert Subscription.objects.count() == 20
    monkeypatch.setitem(KINDS, "subscriptions", KIND)
    queue.run_to_end(broken.tenant.id, work.id)
    with broken.open():
        run.refresh_from_db()
        assert (run.state, run.read) == (ImportState.DONE, 60)
    assert counts(run) == counts(whole)
    assert tables(broken) == tables(straight)


def test_after_the_last_attempt_it_can_be_started_again(world, monkeypatch):
    monkeypatch.setitem(KINDS, "subscriptions", replace(KINDS["subscriptions"], merge=lambda *a, **k: 1 / 0))
    with world.open():
        run = create_import(kind="subscriptions", filename="f", source=io.BytesIO(FIRST.encode()), by=None)
        work = start_import(run=run)
    for _attempt in range(queue.MAX_ATTEMPTS + 1):
        queue.attempt(world.tenant.id, work.id)
    with world.open():
        run.refresh_from_db()
        assert run.state == ImportState.FAILED
        assert "ZeroDivisionError" in run.error
    monkeypatch.undo()
    with world.open():
        work = start_import(run=run)
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        run.refresh_from_db()
    assert (run.state, run.error, counts(run)) == (ImportState.DONE, "", (3, 0, 0, 0))


def test_a_stopped_import_keeps_what_is_in_and_goes_on(world):
    with world.open():
        run = create_import(kind="subscriptions", filename="f", source=io.BytesIO(FIRST.encode()), by=None, piece=1)
        work = start_import(run=run)
    for _piece in range(2):
        queue.attempt(world.tenant.id, work.id)
    with world.open():
        stop_import(run=run, by=world.members["ops"])
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        run.refresh_from_db()
        assert (run.state, run.read, Subscription.objects.count()) == (ImportState.STOPPED, 1, 1)
        work = start_import(run=run)
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        run.refresh_from_db()
        assert (run.state, counts(run)) == (ImportState.DONE, (3, 0, 0, 0))
        with pytest.raises(DomainError, match="has run already"):
            start_import(run=run)


@pytest.mark.parametrize("piece", [1, 100])
def test_a_dry_run_counts_and_writes_nothing(world, piece):
    bring(world, "subscriptions", FIRST)
    before = tables(world)
    with world.open():
        Dirty.objects.all().delete()
        trace, works = AuditEntry.objects.count(), Work.objects.count()
    text = subs(
        "A-1,S-1,Platform,Enterprise,2025-01-01,2026-01-01,12,24000.00,USD,10",
        "A-9,S-9,New,Brand new,2025-01-01,2026-01-01,12,1.00,USD,10",
        "A-9,S-9,New,Brand new,soon,2026-01-01,12,1.00,USD,10",
        "A-9,S-9,New,Brand new,2025-01-01,2026-01-01,12,1.00,USD,10",
    )
    run = bring(world, "subscriptions", text, dry_run=True, piece=piece)
    assert (run.state, counts(run)) == (ImportState.DONE, (1, 1, 1, 1))
    assert reasons(world, run) == [(3, "start_date", "not_a_date")]
    assert tables(world) == before
    with world.open():
        assert not Dirty.objects.exists()
        assert AuditEntry.objects.count() == trace
        assert Work.objects.count() == works
        work = start_import(run=run)
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        run.refresh_from_db()
    assert (run.dry_run, counts(run)) == (False, (1, 1, 1, 1))
    assert reasons(world, run) == [(3, "start_date", "not_a_date")]


def test_rejected_rows_come_back_with_their_reason_and_go_in_once_corrected(world):
    rows = list(csv.reader(io.StringIO(FIRST)))
    text = FIRST + "A-7,S-7,=HYPERLINK(1),SMB,2025-01-01,2024-01-01,1,-5,USD,1\nA-8,S-8,short\n"
    run = bring(world, "subscriptions", text)
    assert counts(run) == (3, 0, 0, 2)
    with world.open():
        back = sheets.csv_text([*run.columns, "reject_reason"], rejected_records(run))
    head, wrong, short = csv.reader(io.StringIO(back))
    assert head == [*rows[0], "reject_reason"]
    assert wrong[2] == "'=HYPERLINK(1)"
    assert wrong[-1] == "end_date: The end is the first day without service, after the start."
    assert short[-1] == "3 cells where the first line has 10."
    corrected = back.replace("2024-01-01", "2026-01-01").replace("'-5", "5")
    again = bring(world, "subscriptions", corrected)
    assert counts(again)[0] == 1
    with world.open():
        assert Subscription.objects.get(external_id="S-7").product.name == "=HYPERLINK(1)"
        assert again.mapping["reject_reason"] == ""


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("A-1,S-1,Plat\x00form,,2025-01-01,,1,1.00,USD,", "characters"),
        ("A-1,S-1," + "x" * 100_000 + ",,2025-01-01,,1,1.00,USD,", "too_long"),
        ("A-1,S-1,P,,2025-01-01,,1,1e999,USD,", "not_an_amount"),
        ("A-1,S-1,P,,2025-01-01,,1,NaN,USD,", "not_an_amount"),
        ("A-1,S-1,P,,2025-01-01,,1,1.00,USD,,,x", "cells"),
        ("A-1,S-1", "cells"),
        ("\x00,\x00,\x00,\x00,\x00,\x00,\x00,\x00,\x00,\x00", "characters"),
    ],
    ids=lambda value: value[-20:].replace("\x00", "0"),
)
def test_a_hostile_row_is_refused_and_the_others_go_in(world, row, code):
    run = bring(world, "subscriptions", subs("A-5,S-5,P,,2025-01-01,,1,1.00,USD,", row))
    assert counts(run) == (1, 0, 0, 1)
    assert [found[2] for found in reasons(world, run)] == [code]


def test_formulas_are_kept_as_text_and_leave_as_text(world):
    bring(world, "accounts", "account,name\nA-1,\"=1+1\"\nA-2,'=2+2\nA-3,-5\nA-4,'tis\n")
    with world.open():
        names = dict(Account.objects.values_list("external_id", "name"))
    assert names == {"A-1": "=1+1", "A-2": "=2+2", "A-3": "-5", "A-4": "'tis"}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_as_people_save_them(world, separator, packed, mark, end):
    lines = ["account,name", 'A-1,"Halcyon, Freight; and\tSons"', ",", "A-2,Ünïcödé 東京", ""]
    if separator != ",":
        lines = [
            separator.join(next(csv.reader([line]), [])) if "," in line and '"' not in line else line for line in lines
        ]
        lines[1] = separator.join(["A-1", '"Halcyon, Freight; and\tSons"'])
    content = (mark + end.join(lines)).encode()
    run = bring(world, "accounts", gzip.compress(content) if packed else content)
    assert counts(run) == (2, 0, 0, 0)
    with world.open():
        assert set(Account.objects.values_list("name", flat=True)) == {"Halcyon, Freight; and\tSons", "Ünïcödé 東京"}


def test_an_owner_who_is_no_member_is_named(world):
    text = "account,owner_email\nA-1,csm@acme.example\nA-2,csm@rival.example\n"
    run = bring(world, "accounts", text)
    assert counts(run) == (1, 0, 0, 1)
    with world.open():
        reject = run.rejects.get()
        assert (reject.column, reject.value, reject.code) == ("owner_email", "csm@rival.example", "unknown_member")
        assert Account.objects.get().owner_id == world.members["csm"].id


def test_the_rival_keeps_its_rows(worlds):
    ours, theirs = worlds
    bring(theirs, "subscriptions", FIRST)
    before = tables(theirs)
    assert counts(bring(ours, "subscriptions", FIRST.replace("100.00", "1.00"))) == (3, 0, 0, 0)
    assert tables(theirs) == before
    with theirs.open():
        assert Import.objects.count() == 1


def test_an_import_leaves_one_trace_and_marks_what_is_out_of_date(world):
    rows = [f"A-{n},S-{n},P,,2025-01-01,,1,1.00,USD," for n in range(300)]
    bring(world, "subscriptions", subs(*rows))
    with world.open():
        assert Dirty.objects.filter(topic="revenue").count() == 300
        assert AuditEntry.objects.filter(table="accounts_account").count() == 0
        assert Work.objects.filter(name="refresh_revenue").exists()
        assert set(SubscriptionChange.objects.values_list("source", flat=True)) == {"import"}
        assert sorted(SubscriptionChange.objects.values_list("source_row", flat=True)) == list(range(1, 301))


def test_a_withdrawn_period_comes_back_with_its_row(world):
    from accounts.merging import Origin, void_subscription

    bring(world, "subscriptions", FIRST)
    with world.open():
        void_subscription(subscription=Subscription.objects.get(external_id="S-2"), origin=Origin("member", None, "x"))
    assert counts(bring(world, "subscriptions", FIRST)) == (0, 1, 2, 0)
    with world.open():
        kinds = SubscriptionChange.objects.filter(subscription__external_id="S-2").order_by("recorded_at")
        assert [change.kind for change in kinds] == ["created", "voided", "restored"]


def test_a_subscription_of_another_account_is_refused(world):
    bring(world, "subscriptions", FIRST)
    run = bring(world, "subscriptions", subs("A-2,S-1,Platform,,2025-01-01,2026-01-01,12,12000.00,USD,10"))
    assert reasons(world, run) == [(1, "account", "other_account")]


def test_what_concerns_no_terms_appends_no_version(world):
    head = "account,subscription_id,start_date,interval_months,amount,currency,card_on_file\n"
    bring(world, "subscriptions", head + "A-1,S-1,2025-01-01,1,1.00,USD,no\n")
    with world.open():
        Dirty.objects.all().delete()
    assert counts(bring(world, "subscriptions", head + "A-1,S-1,2025-01-01,1,1.00,USD,yes\n")) == (0, 1, 0, 0)
    with world.open():
        assert Subscription.objects.get().card_on_file is True
        assert SubscriptionChange.objects.count() == 1
        assert not Dirty.objects.exists()


def test_memory_is_that_of_a_piece(world):
    """Records are taken from the stream one by one, however many there are."""

    class Endless(io.RawIOBase):
        taken = 0

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            self.taken += size
            return b"A-1\n" * (size // 4)

    from accounts.csvfiles import CsvFile

    source = Endless()
    records: Iterable[list[str]] = CsvFile(source).records()
    for _record, _number in zip(records, range(10_000), strict=False):
        pass
    assert source.taken < 200_000


def test_looking_through_the_file_notes_only_what_is_special(world):
    rows = [f"A-{n},S-{n},P,,2025-01-01,,1,1.00,USD," for n in range(50)]
    with world.open():
        content = subs(*rows, rows[0]).encode()
        run = create_import(kind="subscriptions", filename="f", source=io.BytesIO(content), by=None, piece=10)
        import_pieces.note_neighbours(run)
        notes = list(run.chunks.order_by("position").values_list("notes", flat=True))
    empty = {"same": [], "repeats": {}, "several": [], "segments": {}}
    assert notes == [empty] * 5 + [empty | {"same": [51]}]
