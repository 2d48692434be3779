"""Insights → Movements: sums that are the board's, reasons, whose they are, and what people say (MET-07, DSH-04)."""

import csv
import datetime as dt
import io
import re

import pytest

from accounts.models import Account
from metrics.enums import MovementKind, Window
from metrics.figures import questions, selectors
from metrics.insights import movement_rows, movements
from metrics.insights.movement_rows import Filters, Moved, Owned, disagreements, owned, page_of, sums
from metrics.models import MovementNote, MrrMovement
from tests.books import Book

JAN, JUNE = dt.date(2026, 1, 1), dt.date(2026, 6, 1)
ALL = Filters(JAN, JUNE)


def told(world) -> Book:
    """Acme grows in May, shrinks in June; Euro pays in euros; Gone leaves and comes back; Beta changes its segment."""
    book = Book(world)
    owner = world.members["csm"].user.email
    book.merge(
        "accounts",
        [
            {"account": "Acme", "segment": "Enterprise", "owner_email": owner},
            {"account": "Euro", "segment": "Mid-market"},
            {"account": "Gone", "segment": "Mid-market"},
            {"account": "Beta", "segment": "Enterprise", "signed_on": "2026-01-20"},
        ],
    )
    book.rate("2026-01", "EUR", "USD", "1.10")
    book.rate("2026-04", "EUR", "USD", "1.20")
    book.period("Acme", "2026-01-01", "2026-05-01", "100.00", key="A1", seats="10")
    book.period("Acme", "2026-05-01", "2026-06-10", "150.00", key="A1", seats="15")
    book.period("Acme", "2026-06-10", "", "130.00", key="A1", seats="13")
    book.period("Euro", "2026-01-15", "", "100.00", key="E1", currency="EUR")
    book.period("Gone", "2026-01-01", "2026-03-01", "80.00", key="G1")
    book.period("Gone", "2026-06-01", "", "90.00", key="G2")
    book.period("Beta", "2026-02-01", "", "40.00", key="B1")
    book.period("Beta", "2026-04-01", "", "10.00", key="B2")
    book.night("2026-06-30")
    return book


@pytest.fixture
def book(worlds) -> Book:
    books = [told(world) for world in worlds]
    return books[0]


def kinds(asked: Filters = ALL) -> dict[str, int]:
    return {kind: amount for kind, amount in movement_rows.by_kind(sums(asked)).items() if amount}


def line(name: str, kind: str) -> movement_rows.Line:
    everybody = page_of(Filters(JAN, JUNE, kind=kind, q=name), LEADER[0], limit=None)
    return everybody.lines[0]


LEADER: list = []


@pytest.fixture(autouse=True)
def leader(world):
    LEADER[:] = [world.members["admin"]]


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_sums_are_the_roll_forward_to_the_cent(book):
    """MET-07: every kind of every month, over everybody and for each segment as it was."""
    with book.world.open():
        assert kinds() == {
            "new": 100_00 + 110_00 + 80_00 + 40_00, "expansion": 50_00 + 10_00, "contraction": -20_00, "churn": -80_00,
            "reactivation": 90_00, "fx": 10_00,
        }  # fmt: skip
        for segment in ("", "Enterprise", "Mid-market"):
            question = questions.ask(frm=JAN, to=JUNE, segment=segment)
            board = selectors.sums_by_month(question, Window.MONTH)
            assert len(board) == 6
            assert disagreements(sums(Filters(JAN, JUNE, segment=segment)), board) == {}


def test_a_difference_is_named(book):
    with book.world.open():
        moved = sums(ALL)
        board = selectors.sums_by_month(questions.ask(frm=JAN, to=JUNE), Window.MONTH)
        wrong = [one for one in moved if one.kind != MovementKind.EXPANSION]
        assert set(disagreements(wrong, board)) == {dt.date(2026, 4, 1), dt.date(2026, 5, 1)}


def test_lines_carry_what_the_service_says(book):
    """One rule: what the page reads in SQL is what `movements.with_notes` says of the same lines."""
    with book.world.open():
        may = line("acme", "expansion")
        account = Account.objects.get(external_id="Acme")
        period = MrrMovement.objects.get(id=may.id).subscription
        said = {"account": account, "month": may.month, "subscription": period, "by": book.world.members["admin"]}
        movements.note_movement(**said, reason="upsell", cs_owned=False, note="Bought the bigger plan")
        moved = page_of(Filters(may.month, may.month, q="acme"), LEADER[0], limit=None).lines
        assert {(one.amount, one.reason, one.owned) for one in moved} == {
            (150_00, "upsell", False),
            (-100_00, "seats", True),
        }
        found = {one.id: one for one in page_of(ALL, LEADER[0], limit=None).lines}
        ledger = movements.with_notes(MrrMovement.objects.filter(id__in=found))
        assert len(found) == len(ledger) > 8
        for row in ledger:
            one = found[row.id]
            assert (one.reason, one.owned, one.said, one.said_reason) == (
                row.effective_reason, row.cs_owned, row.said, row.said_reason,
            )  # fmt: skip
        assert line("acme", "expansion").noted_by == "Administrator"


def test_what_the_cs_team_owns():
    """Expansion of 100 of which 80 owned, owned contraction of 20: 60 of 80 net; a net loss has no share."""

    def moved(kind: str, amount: int, whose: bool) -> Moved:
        return Moved(JAN, kind, "other", whose, amount, 1, 1)

    some = [moved("expansion", 80, True), moved("expansion", 20, False), moved("contraction", -20, True)]
    assert owned([*some, moved("new", 500, False), moved("churn", -900, True)]) == Owned(100, 80, 80, 60)
    assert owned(some).share == 3 / 4
    assert owned([moved("contraction", -5, True)]).share is None
    assert owned([]).share is None


@pytest.mark.parametrize(
    ("filters", "amounts"),
    [
        ({"kind": "churn"}, {"churn": -80_00}),
        ({"owned": False}, {"new": 330_00, "fx": 10_00}),
        ({"q": "ACM"}, {"new": 100_00, "expansion": 50_00, "contraction": -20_00}),
        ({"q": "no such"}, {}),
        ({"segment": "Enterprise"}, {"new": 140_00, "expansion": 60_00, "contraction": -20_00}),
        ({"reason": "returned"}, {"reactivation": 90_00}),
    ],
)
def test_filters(book, filters, amounts):
    with book.world.open():
        assert kinds(Filters(JAN, JUNE, **filters)) == amounts


def test_a_csm_filter_and_the_segment_of_then(book):
    with book.world.open():
        owner = book.world.members["csm"]
        assert kinds(Filters(JAN, JUNE, owner=owner.id)) == {"new": 100_00, "expansion": 50_00, "contraction": -20_00}
        before = kinds(Filters(JAN, JUNE, segment="Enterprise"))
    book.merge("accounts", [{"account": "Beta", "segment": "Mid-market"}])
    book.night("2026-06-30")
    with book.world.open():  # moved today: the months of before stay where they were
        assert kinds(Filters(JAN, JUNE, segment="Enterprise")) == before


def test_the_list_goes_on_and_hides(book):
    with book.world.open():
        everything = page_of(ALL, LEADER[0], limit=None)
        assert everything.total == len(everything.lines)
        assert [one.month for one in everything.lines] == sorted((o.month for o in everything.lines), reverse=True)
        seen, after = [], None
        while rows := page_of(ALL, LEADER[0], after=after, limit=3).lines:
            seen += [one.id for one in rows]
            after = rows[-1].id
        assert seen == [one.id for one in everything.lines]
        own = page_of(ALL, book.world.members["csm"], limit=None)
        assert {one.name for one in own.lines} == {"Acme"}
        assert own.hidden == everything.total - len(own.lines)
        assert own.hidden_amount == sum(one.amount for one in everything.lines if one.name != "Acme")


def test_the_page_says_that_it_agrees_and_shows_reasons(book):
    client = book.world.client("admin")
    response = client.get(book.world.url("insights/movements/"))
    text = text_of(response)
    assert response.status_code == 200
    assert "Sum agrees with the roll-forward of the board in each of 6 months, term by term, to the cent." in text
    assert "Came back" in text
    assert "+50.00" in text
    filtered = text_of(client.get(book.world.url("insights/movements/?kind=expansion")))
    assert "Sum agrees" not in filtered
    assert (
        "All lines, not only those filtered, agree with the roll-forward of the board in each of 6 months." in filtered
    )
    link = re.search(r'href="([^"]*/metrics/mrr/[^"]*part=expansion[^"]*line=[^"]*)"', response.content.decode())[1]
    assert client.get(link.replace("&amp;", "&")).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "?from=2026-13&to=x",
        "?kind=nothing&reason=1&owned=maybe",
        "?owner=me&after=there",
        "?from=2030-01&to=1999-01",
        "?q=%00",
    ],
)
def test_what_cannot_be_read_falls_back(book, query):
    assert book.world.client("admin").get(book.world.url(f"insights/movements/{query}")).status_code == 200


def test_an_unknown_segment_is_404(book):
    assert book.world.client("admin").get(book.world.url("insights/movements/?segment=None")).status_code == 404


def test_nothing_yet(world):
    response = world.client("admin").get(world.url("insights/movements/"))
    assert "No revenue yet" in text_of(response)
    assert world.client("admin").get(world.url("insights/movements/movements.csv")).status_code == 200


def test_the_file_has_every_line_and_no_formula(book):
    with book.world.open():
        Account.objects.filter(external_id="Acme").update(name="=1+1")
    response = book.world.client("admin").get(book.world.url("insights/movements/movements.csv?kind=expansion"))
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert {(row["account"], row["amount"], row["cs_owned"]) for row in rows} == {
        ("Acme", "50.00", "yes"), ("Beta", "10.00", "yes"),
    }  # fmt: skip
    assert {row["name"] for row in rows} == {"'=1+1", "Beta"}


def test_a_person_says_why_and_takes_it_back(book):
    client = book.world.client("admin")
    with book.world.open():
        one = line("acme", "contraction")
    url = book.world.url(f"insights/movements/{one.id}/note/")
    assert "Why did it move?" in text_of(client.get(f"{url}?kind=contraction"))
    sent = {"reason": "downgrade", "cs_owned": "no", "note": "A smaller team"}
    answer = client.post(f"{url}?kind=contraction", sent)
    assert answer.status_code == 302
    assert "kind=contraction" in answer["Location"]
    text = text_of(client.get(answer["Location"]))
    assert "Downgrade" in text
    assert "A smaller team" in text
    assert client.post(url, {"reason": "currency"}).status_code == 422
    assert client.post(url, {"note": "x" * 501}).status_code == 422
    assert client.post(url, {}).status_code == 302
    with book.world.open():
        assert not MovementNote.objects.exists()


def test_several_lines_at_once_keep_what_was_said_of_them(book):
    client, url = book.world.client("admin"), book.world.url("insights/movements/notes/")
    with book.world.open():
        first, second = line("acme", "expansion"), line("beta", "expansion")
    client.post(book.world.url(f"insights/movements/{first.id}/note/"), {"reason": "upsell", "note": "Asked for it"})
    assert client.post(url, {"line": [first.id, second.id], "cs_owned": "no"}).status_code == 302
    with book.world.open():
        assert [(n.reason, n.cs_owned, n.note) for n in MovementNote.objects.order_by("account__name")] == [
            *[("upsell", False, "Asked for it")] * 2, ("", False, ""),
        ]  # fmt: skip
    refused = {"line": [first.id, second.id], "reason": "downgrade", "note": "None of them shrank"}
    for wrong in ({"line": []}, {"line": [first.id]}, {"line": [first.id], "reason": "nonsense"}, refused):
        client.post(url, wrong)
    with book.world.open():
        assert MovementNote.objects.count() == 3
        assert not MovementNote.objects.filter(note=refused["note"]).exists()


def test_nobody_marks_what_they_may_not_open(book, rival):
    with book.world.open():
        acme, beta = line("acme", "expansion"), line("beta", "expansion")
        fx = page_of(Filters(JAN, JUNE, kind="fx"), LEADER[0]).lines[0]
    with rival.open():
        theirs = MrrMovement.objects.filter(kind="expansion").first()
    csm, leader = book.world.client("csm"), book.world.client("admin")
    assert csm.post(book.world.url(f"insights/movements/{acme.id}/note/"), {"reason": "seats"}).status_code == 302
    for client, key in ((csm, beta.id), (leader, theirs.id), (leader, fx.id)):
        assert client.post(book.world.url(f"insights/movements/{key}/note/"), {"reason": "seats"}).status_code == 404
    mixed = {"line": [acme.id, beta.id], "reason": "price"}
    assert csm.post(book.world.url("insights/movements/notes/"), mixed).status_code == 404
    executive = book.world.client("executive")
    assert executive.get(book.world.url("insights/movements/")).status_code == 200
    assert executive.get(book.world.url(f"insights/movements/{acme.id}/note/")).status_code == 403
    with book.world.open():
        assert {note.reason for note in MovementNote.objects.all()} == {"seats"}
    with rival.open():
        assert not MovementNote.objects.exists()


def test_queries_do_not_grow_with_the_book(book, django_assert_max_num_queries):
    client = book.world.client("admin")
    client.get(book.world.url("insights/movements/"))
    with django_assert_max_num_queries(24):
        client.get(book.world.url("insights/movements/"))


def test_the_api_says_reason_and_ownership(book):
    client = book.world.client("admin")
    with book.world.open():
        one = line("acme", "expansion")
    client.post(book.world.url(f"insights/movements/{one.id}/note/"), {"reason": "upsell", "cs_owned": "no"})
    head = {"HTTP_AUTHORIZATION": f"Bearer {book.world.api_key}"}
    found = client.get("/api/v1/movements?effective_reason=upsell", **head).json()["results"]
    assert str(one.id) in {row["id"] for row in found}
    assert {(row["effective_reason"], row["cs_owned"]) for row in found} == {("upsell", False)}
    rows = client.get("/api/v1/movements?cs_owned=true", **head).json()["results"]
    assert {row["kind"] for row in rows} == {"expansion", "contraction", "churn", "reactivation"}
