"""Touchpoints and answers to surveys on their way in (ACC-06, ACC-09, ACC-10, E12)."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import ChangeSource
from accounts.kinds import KINDS, Row
from accounts.merging import Origin, merge_accounts, merge_contacts
from accounts.models import Account, Contact, Member
from accounts.rows import parse
from cs_platform.kernel.models import AuditEntry, Dirty
from health.models import Survey, Touchpoint
from tests.accounts.test_import import bring, reasons

ORIGIN = Origin(ChangeSource.API)
MEETING = {"touchpoint": "M-1", "account": "A-1", "kind": "qbr", "happened_at": "2026-03-04T14:00:00+01:00"}
ANSWER = {"survey": "R-1", "account": "A-1", "kind": "nps", "score": "9", "answered_at": "2026-03-05"}


@pytest.fixture
def acme(worlds):
    for world in worlds:
        with world.open():
            merge_accounts([parse("accounts", n, {"account": name}) for n, name in enumerate(("A-1", "A-2"))], ORIGIN)
            people = [{"contact": f"C-{n}", "account": f"A-{n}", "name": "Ana"} for n in (1, 2)]
            merge_contacts([parse("contacts", n, cells) for n, cells in enumerate(people)], ORIGIN)
    return worlds[0]


def put(world, kind, *rows, origin=ORIGIN):
    with world.open():
        parsed = [parse(kind, n, cells) for n, cells in enumerate(rows, start=1)]
        assert all(isinstance(row, Row) for row in parsed), parsed
        return KINDS[kind].merge(parsed, origin)


def problems(kind, cells):
    return [(p.column, p.code) for p in parse(kind, 1, cells)]


def test_a_touchpoint_is_made_changed_and_left_alone(acme, rival):
    first = put(acme, "touchpoints", MEETING | {"contact": "C-1", "member_email": "csm@acme.example", "note": "ok"})
    assert first.outcomes == {1: "created"}
    with acme.open():
        found = Touchpoint.objects.get()
        assert (found.contact.external_id, found.member.name) == ("C-1", "Csm Person")
        assert (found.status, found.inbound, found.minutes) == ("attended", False, None)
        assert found.happened_at == dt.datetime(2026, 3, 4, 13, tzinfo=dt.UTC)
        assert set(Dirty.objects.filter(topic="health").values_list("key", flat=True)) == {found.account_id}
    again = put(acme, "touchpoints", MEETING)
    assert (again.outcomes, again.ids) == ({1: "unchanged"}, first.ids)
    changed = put(acme, "touchpoints", MEETING | {"contact": "", "minutes": "45", "account": "A-2"})
    assert (changed.outcomes, changed.ids) == ({1: "updated"}, first.ids)
    with acme.open():
        found = Touchpoint.objects.get()
        assert (found.contact, found.minutes, found.note, found.version) == (None, 45, "ok", 2)
        assert Dirty.objects.filter(topic="health").count() == 2
        assert [e.action for e in AuditEntry.objects.filter(table="health_touchpoint").order_by("id")] == [
            "insert", "update",
        ]  # fmt: skip
    with rival.open():
        assert not Touchpoint.objects.exists()


def test_a_meeting_ahead_is_planned_and_never_held_before_its_time(acme):
    """ACC-06, HLT-09: without a status what lies ahead is planned; it cannot be said to be held, missed or sent; a held one that
    moves ahead is planned again, a cancelled one stays cancelled, and its hour alone does not hold it."""
    now = dt.datetime.now(dt.UTC)
    ahead, past = (now + dt.timedelta(days=3)).isoformat(), (now - dt.timedelta(days=3)).isoformat()

    def status(name):
        with acme.open():
            return Touchpoint.objects.get(external_id=name).status

    put(acme, "touchpoints", MEETING | {"happened_at": ahead})
    assert status("M-1") == "planned"
    put(acme, "touchpoints", MEETING | {"happened_at": past})
    assert status("M-1") == "planned"  # its hour has passed, and nobody said how it ended
    put(acme, "touchpoints", MEETING | {"happened_at": past, "status": "attended"})
    put(acme, "touchpoints", MEETING | {"happened_at": ahead})
    assert status("M-1") == "planned"
    put(acme, "touchpoints", MEETING | {"happened_at": ahead, "status": "cancelled"})
    put(acme, "touchpoints", MEETING | {"happened_at": ahead, "note": "Their fair"})
    assert status("M-1") == "cancelled"
    for said, kind in (("attended", "qbr"), ("no_show", "qbr"), ("sent", "email"), ("replied", "email")):
        refused = put(
            acme, "touchpoints", MEETING | {"touchpoint": "X", "kind": kind, "happened_at": ahead, "status": said}
        )
        assert [(r.problem.column, r.problem.code) for r in refused.rejected] == [("status", "ahead")], said
    soon = (now + dt.timedelta(minutes=5)).isoformat()  # a clock that is fast
    assert put(acme, "touchpoints", MEETING | {"touchpoint": "N", "happened_at": soon, "status": "attended"}).outcomes


def test_who_is_there_is_kept_and_strangers_are_refused(acme, rival):
    """ACC-06: contacts of the account and members, in one cell or as a list; what is not given stays, what is empty goes."""
    put(acme, "contacts", {"contact": "C-1b", "account": "A-1", "name": "Omar"})
    put(rival, "contacts", {"contact": "C-9", "account": "A-1", "name": "Theirs"})

    def there():
        with acme.open():
            row = Touchpoint.objects.get()
            contacts = Contact.objects.filter(id__in=row.attendees).order_by("external_id")
            members = Member.objects.filter(id__in=row.colleagues).order_by("name")
            return [c.external_id for c in contacts], [m.user.email for m in members]

    both = {"attendees": "C-1; C-1b;C-1 ;", "colleagues": "CSM@acme.example"}
    assert put(acme, "touchpoints", MEETING | both).outcomes == {1: "created"}
    assert there() == (["C-1", "C-1b"], ["csm@acme.example"])
    assert put(acme, "touchpoints", MEETING).outcomes == {1: "unchanged"}
    assert put(acme, "touchpoints", MEETING | both).outcomes == {1: "unchanged"}
    assert put(acme, "touchpoints", MEETING | {"attendees": ["C-1b"]}).outcomes == {1: "updated"}
    assert there() == (["C-1b"], ["csm@acme.example"])
    assert put(acme, "touchpoints", MEETING | {"attendees": "", "colleagues": ""}).outcomes == {1: "updated"}
    assert there() == ([], [])
    for cells, code in (
        ({"attendees": "C-1;C-2"}, "unknown_contact"),
        ({"attendees": "C-9"}, "unknown_contact"),
        ({"colleagues": "csm@rival.example"}, "unknown_member"),
    ):
        assert [r.problem.code for r in put(acme, "touchpoints", MEETING | cells).rejected] == [code]
    assert there() == ([], [])
    assert problems("touchpoints", MEETING | {"colleagues": "nobody"}) == [("colleagues", "not_an_email")]
    assert problems("touchpoints", MEETING | {"attendees": ";".join(map(str, range(51)))}) == [
        ("attendees", "too_many")
    ]
    put(acme, "touchpoints", MEETING | {"attendees": "C-1"})
    put(acme, "touchpoints", MEETING | {"account": "A-2"})
    assert there()[0] == [], "who was of the other account is not of this one"


def test_an_email_moves_on(acme):
    """ACC-06: sent, opened, clicked, answered; the furthest step stands."""
    mail = {"touchpoint": "E-1", "account": "A-1", "kind": "email", "happened_at": "2026-03-04T14:00Z"}
    for further, status in (
        ({}, "sent"),
        ({"opened_at": "2026-03-04T15:00Z"}, "opened"),
        ({"replied_at": "2026-03-04T16:00Z"}, "replied"),
        ({"clicked_at": "2026-03-04T15:30Z"}, "replied"),
    ):
        put(acme, "touchpoints", mail | further)
        with acme.open():
            assert Touchpoint.objects.get().status == status


def test_what_is_in_the_rivals_book_does_not_exist_here(acme, rival):
    put(rival, "contacts", {"contact": "C-9", "account": "A-1", "name": "Theirs"})
    put(rival, "touchpoints", MEETING)
    result = put(
        acme, "touchpoints",
        MEETING | {"contact": "C-9"},
        MEETING | {"touchpoint": "M-2", "contact": "C-2"},
        MEETING | {"touchpoint": "M-3", "account": "A-9"},
        MEETING | {"touchpoint": "M-4", "member_email": "csm@rival.example"},
    )  # fmt: skip
    assert [(r.row, r.problem.column, r.problem.code) for r in result.rejected] == [
        (1, "contact", "unknown_contact"),
        (2, "contact", "other_accounts_contact"),
        (3, "account", "unknown_account"),
        (4, "member_email", "unknown_member"),
    ]
    assert not result.ids
    assert put(acme, "touchpoints", MEETING).outcomes == {1: "created"}  # the rival's M-1 is another one


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kind": ""}, ("kind", "required")),
        ({"kind": "lunch"}, ("kind", "unknown_choice")),
        ({"happened_at": ""}, ("happened_at", "required")),
        ({"happened_at": "then"}, ("happened_at", "not_a_date")),
        ({"status": "late"}, ("status", "unknown_choice")),
        ({"minutes": "-5"}, ("minutes", "out_of_range")),
        ({"replied_at": "2026-03-01"}, ("replied_at", "before")),
        ({"inbound": "perhaps"}, ("inbound", "not_a_flag")),
        ({"member_email": "ana"}, ("member_email", "not_an_email")),
        ({"note": "x" * 4001}, ("note", "too_long")),
    ],
)
def test_bad_touchpoints_are_named(change, expected):
    assert problems("touchpoints", MEETING | change) == [expected]


@pytest.mark.parametrize(
    ("cells", "stored"),
    [
        ({"kind": "nps", "score": "0"}, (Decimal(0), 10)),
        ({"kind": "journey_nps", "score": "10"}, (Decimal(10), 10)),
        ({"kind": "csat", "score": "4.5"}, (Decimal("4.5"), 5)),
        ({"kind": "csat", "score": "9", "scale": "10"}, (Decimal(9), 10)),
        ({"kind": "ces", "score": "2", "direction": "low_is_easy"}, (Decimal(2), 7)),
        ({"kind": "ces", "score": "6", "direction": "high_is_easy"}, (Decimal(2), 7)),
        ({"kind": "ces", "score": "7", "direction": "High is easy"}, (Decimal(1), 7)),
    ],
)
def test_scores_are_stored_on_their_scale_with_low_as_easy(acme, cells, stored):
    put(acme, "surveys", ANSWER | cells)
    with acme.open():
        found = Survey.objects.get()
        assert (found.score, found.scale) == stored
        assert found.context == "relationship"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"score": "11"}, ("score", "out_of_range")),
        ({"score": "-1"}, ("score", "out_of_range")),
        ({"score": "8.5"}, ("score", "not_a_whole_number")),
        ({"score": ""}, ("score", "required")),
        ({"kind": "csat", "score": "0"}, ("score", "out_of_range")),
        ({"kind": "csat", "score": "7"}, ("score", "out_of_range")),
        ({"kind": "csat", "score": "7", "scale": "8"}, ("scale", "out_of_range")),
        ({"kind": "csat", "score": "3.333"}, ("score", "decimals")),
        ({"kind": "ces", "score": "3"}, ("direction", "required")),
        ({"kind": "ces", "score": "8", "direction": "low_is_easy"}, ("score", "out_of_range")),
        ({"kind": "ces", "score": "3", "direction": "up"}, ("direction", "unknown_choice")),
        ({"answered_at": ""}, ("answered_at", "required")),
        ({"kind": "mood"}, ("kind", "unknown_choice")),
    ],
)
def test_bad_answers_are_named(change, expected):
    """ACC-10: bounds of each kind; E12: a CES says its direction."""
    assert problems("surveys", ANSWER | change) == [expected]


def test_files_say_the_same_twice_and_in_any_order(acme, rival):
    """Idempotent, whatever the order and the pieces; rows of one key with other values are refused, not guessed."""
    head = "survey,account,contact,kind,score,answered_at"
    rows = [f"R-{n},A-{1 + n % 2},C-{1 + n % 2},nps,{n % 11},2026-03-{1 + n % 28:02}" for n in range(60)]
    text = "\n".join([head, *rows, ""])
    one = bring(acme, "surveys", text)
    assert (one.created, one.rejected) == (60, 0)
    two = bring(acme, "surveys", text)
    assert (two.created, two.updated, two.unchanged) == (0, 0, 60)
    bring(rival, "surveys", "\n".join([head, *rows[::-1], ""]), piece=7)

    def table(world):
        with world.open():
            return list(
                Survey.objects.order_by("external_id").values_list(
                    "external_id", "account__external_id", "score", "answered_at", "known_on", "version"
                )
            )

    assert table(acme) == table(rival)
    with acme.open():
        assert Survey.objects.order_by("answered_at").first().known_on == dt.date(2026, 3, 1)
    mixed = bring(
        acme, "surveys", "\n".join([head, rows[0], "R-0,A-1,C-1,nps,7,2026-03-09", "R-X,A-7,,nps,7,2026-03-09"])
    )
    assert (mixed.unchanged, mixed.rejected) == (1, 2)
    assert [code for _row, _column, code in reasons(acme, mixed)] == ["repeated", "unknown_account"]


def test_late_answers_are_known_late(acme):
    put(acme, "surveys", ANSWER)
    with acme.open():
        assert Survey.objects.get().known_on == acme.tenant.today()
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    put(acme, "surveys", ANSWER | {"survey": "R-2", "answered_at": yesterday})
    with acme.open():
        assert Survey.objects.get(external_id="R-2").known_on == yesterday.date()
        assert Account.objects.count() == 2
