"""Why customers left: what words mean, one answer for each end, whose word stays (MET-10, ACC-09)."""

import datetime as dt

import pytest

from accounts import churn
from accounts.churn import DEFAULT_REASONS, DEFAULT_RULES, Reason, classify, record_answer
from accounts.enums import ChangeSource, ChurnCategory, ImportState
from accounts.imports import create_import, start_import
from accounts.kinds import Row
from accounts.merging import Origin, merge_accounts, merge_answers, merge_subscriptions, read_answer
from accounts.models import Account, ChurnAnswer, ChurnReason, ChurnRule, Import
from accounts.rows import parse
from cs_platform.demo.files import as_csv
from cs_platform.kernel import queue
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.models import AuditEntry, Work
from metrics.figures.losses import REFERENCE

FILE = Origin(ChangeSource.IMPORT, actor="file")
API = Origin(ChangeSource.API, actor="program")


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Competitor made better offer", "competition"),
        ("Switched to a cheaper rival", "competition"),
        ("Price too high", "price"),
        ("Extra data charges", "price"),
        ("too EXPENSIVE for us", "price"),
        ("Budget cuts", "price"),
        ("Never used", "adoption"),
        ("never implemented it", "adoption"),
        ("No onboarding, no training", "adoption"),
        ("Went out of business", "closure"),
        ("Moved", "closure"),
        ("were acquired by a bank", "closure"),
        ("Attitude of service provider", "other"),
        ("Don\u2019t know", "other"),
        ("Service dissatisfaction", "product_fit"),
        ("Missing features", "product_fit"),
        ("Didn't meet needs", "product_fit"),
        ("", "other"),
        ("Removed the backlight", "other"),  # "moved" is a word of its own
        ("%_\\'; DROP TABLE", "other"),
    ],
)
def test_what_words_mean(text, category):
    assert classify(text) == category


def test_a_companys_own_reason_comes_before_the_words():
    """ "Price of success" is what this company calls a closure."""
    own = [Reason(ChurnCategory.CLOSURE, "Price of success")]
    assert classify("price of  SUCCESS", own) == "closure"
    assert classify("Price of failure", own) == "price"


def test_the_reference_is_data_and_sums_to_a_hundred():
    assert sum(REFERENCE.values()) == 100
    assert list(REFERENCE) == ChurnCategory.values
    assert {reason.category for reason in DEFAULT_REASONS} == set(ChurnCategory)
    assert all(classify(reason.name) == reason.category for reason in DEFAULT_REASONS)
    assert [rule.least for rule in DEFAULT_RULES] == [40, 30, 50]


def test_the_first_own_reason_joins_the_usual_ones(worlds):
    world, rival = worlds
    with world.open():
        assert churn.reasons() == list(DEFAULT_REASONS)
        churn.save_reason(reason=ChurnReason(category="price", name="No discount"), by=world.members["ops"])
        assert len(churn.reasons()) == len(DEFAULT_REASONS) + 1
        ChurnReason.objects.filter(name="Wrong solution").delete()
        churn.save_reason(reason=ChurnReason(category="price", name="Yearly only"), by=world.members["ops"])
        assert len(churn.reasons()) == len(DEFAULT_REASONS) + 1
        assert churn.rules() == list(DEFAULT_RULES)
        churn.save_rule(rule=ChurnRule(category="price", least=25, advice="Look at prices"), by=world.members["ops"])
        assert len(churn.rules()) == len(DEFAULT_RULES) + 1
    with rival.open():
        assert churn.reasons() == list(DEFAULT_REASONS)
        assert churn.rules() == list(DEFAULT_RULES)


@pytest.fixture
def account(world) -> Account:
    with world.open():
        merge_accounts([parse("accounts", 1, {"account": "A-1"})], API)
        return Account.objects.get()


def answers(world) -> list[tuple[str, ...]]:
    with world.open():
        found = ChurnAnswer.objects.order_by("ended_on").values_list(
            "ended_on", "category", "reason", "source", "version"
        )
        return [tuple(str(value) for value in row) for row in found]


def test_an_answer_is_versioned_audited_and_said_once(world, account):
    """MET-10: saying the same again changes nothing; who looked at an older version is told so."""
    by, day = world.members["csm"], dt.date(2026, 3, 31)
    with world.open():
        first = record_answer(
            account=account, category="price", reason=" Too  expensive ", ended_on=day, by=by, version=0
        )
        same = record_answer(account=account, category="price", reason="Too expensive", ended_on=day, by=by, version=1)
        assert (first.reason, same.version, same.recorded_by) == ("Too expensive", 1, by)
        changed = record_answer(account=account, category="closure", ended_on=day, by=by, version=1)
        assert (changed.version, changed.reason) == (2, "")
        for stale in (0, 1):
            with pytest.raises(Conflict):
                record_answer(account=account, category="price", ended_on=day, by=by, version=stale)
        record_answer(account=account, category="other", by=by)
        trail = AuditEntry.objects.filter(table="accounts_churnanswer", row_id=first.id).order_by("at")
        assert [entry.action for entry in trail] == ["insert", "update"]
        assert trail[1].changes["category"] == ["price", "closure"]
    assert answers(world) == [
        ("2026-03-31", "closure", "", "member", "2"), ("None", "other", "", "member", "1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"category": "weather"}, "category"),
        ({"category": "price", "said_by": "nobody"}, "said_by"),
        ({"category": "price", "reason": "x" * 201}, "reason"),
        ({"category": "price", "note": "x" * 2001}, "note"),
        ({"category": "price", "competitor": "a\0b"}, "competitor"),
    ],
)
def test_what_cannot_be_an_answer(world, account, wrong, field):
    with world.open(), pytest.raises(DomainError) as refused:
        record_answer(account=account, by=world.members["csm"], **wrong)
    assert list(refused.value.fields) == [field]
    assert answers(world) == []


def merged(world, rows, *, origin=FILE, merge=merge_accounts, kind="accounts"):
    read = [parse(kind, number, cells) for number, cells in enumerate(rows, start=1)]
    assert all(isinstance(row, Row) for row in read), read
    with world.open():
        return merge(read, origin)


def test_a_file_of_accounts_says_why_they_left(worlds):
    """The row's own words stay as the reason; a second time changes nothing; an empty cell says nothing."""
    world, rival = worlds
    rows = [
        {"account": "A-1", "churn_reason": "Price too high", "churn_category": "", "churned_on": "2026-03-31"},
        {"account": "A-2", "churn_reason": "See below", "churn_category": "Adoption failure", "churned_on": ""},
        {"account": "A-3", "churn_reason": "", "churn_category": "", "churned_on": "2026-03-31"},
    ]
    first = merged(world, rows)
    assert (first.created, first.updated, first.notes) == (3, 0, [])
    expected = [
        ("2026-03-31", "price", "Price too high", "import", "1"), ("None", "adoption", "See below", "import", "1"),
    ]  # fmt: skip
    assert answers(world) == expected
    again = merged(world, rows)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 3)
    assert answers(world) == expected
    other = merged(world, [rows[0] | {"churn_reason": "Moved"}])
    assert (other.updated, other.unchanged) == (1, 0)
    assert answers(world)[0] == ("2026-03-31", "closure", "Moved", "import", "2")
    assert answers(rival) == []


def test_a_person_has_the_last_word_over_files(world, account):
    """MET-10: what a person recorded is not overwritten by a file, and the merge says so."""
    with world.open():
        record_answer(account=account, category="adoption", reason="Never used", by=world.members["csm"])
    result = merged(world, [{"account": "A-1", "churn_reason": "Price too high"}])
    assert (result.unchanged, result.rejected) == (1, [])
    assert [(note.row, note.problem.column, note.problem.code) for note in result.notes] == [
        (1, "churn_reason", "answered")
    ]
    assert answers(world) == [("None", "adoption", "Never used", "member", "1")]
    assert merged(world, [{"account": "A-1", "churn_reason": "Never used"}]).notes == []


def test_a_file_of_periods_says_it_of_their_end(world):
    """Two lines that end on one day give one answer, whatever their order of writing; an open period has no reason."""
    row = {"account": "A-1", "start_date": "2025-01-01", "end_date": "2026-01-01", "currency": "USD", "mrr": "10"}
    rows = [
        row | {"subscription_id": "S-1", "churn_reason": "Moved"},
        row | {"subscription_id": "S-2", "churn_reason": "Price too high"},
        row | {"subscription_id": "S-3", "end_date": "2025-06-01", "churn_reason": "Missing feature"},
    ]
    result = merged(world, rows, merge=merge_subscriptions, kind="subscriptions")
    assert [(note.row, note.problem.code) for note in result.notes] == [(2, "repeated")]
    expected = [
        ("2025-06-01", "product_fit", "Missing feature", "import", "1"), ("2026-01-01", "closure", "Moved", "import", "1"),
    ]  # fmt: skip
    assert answers(world) == expected
    merged(world, rows, merge=merge_subscriptions, kind="subscriptions")
    assert answers(world) == expected
    open_one = parse("subscriptions", 1, row | {"subscription_id": "S-4", "end_date": "", "churn_reason": "Moved"})
    assert [problem.code for problem in open_one] == ["no_end"]


@pytest.mark.parametrize(
    ("cells", "column"),
    [({"churned_on": "31.03.2026"}, "churned_on"), ({"churn_category": "weather"}, "churn_category")],
)
def test_what_cannot_be_read_of_a_file(db, cells, column):
    problems = parse("accounts", 1, {"account": "A-1", **cells})
    assert [problem.column for problem in problems] == [column]


def test_an_import_tells_how_many_answers_stay(world, account):
    """The finished import names what it left as a person gave it, and a dry run does too."""
    with world.open():
        record_answer(account=account, category="adoption", by=world.members["csm"])
        rows = [{"account": "A-1", "lost_reason": "Moved"}, {"account": "A-2", "lost_reason": "Moved"}]
        run = create_import(kind="accounts", filename="a.csv", source=as_csv(rows), by=world.members["ops"], piece=1)
        assert run.mapping["lost_reason"] == "churn_reason"
    for dry_run in (True, False):
        with world.open():
            start_import(run=Import.objects.get(), by=world.members["ops"], dry_run=dry_run)
            work = Work.objects.get(name="import_file")
        queue.run_to_end(world.tenant.id, work.id)
        with world.open():
            run.refresh_from_db()
            assert (run.state, run.options["kept"], run.rejected) == (ImportState.DONE, 1, 0)
    page = world.client("ops").get(world.url(f"data/imports/{run.id}/"))
    assert "1 answer stays as a person or an earlier row gave it." in page.content.decode()
    assert [row[1] for row in answers(world)] == ["adoption", "closure"]


def test_programs_write_answers_in_bulk(worlds):
    """Given fields change, others stay; without a reason or a category nothing is known."""
    world, rival = worlds
    with rival.open():
        merge_accounts([parse("accounts", 1, {"account": "A-9"})], API)
    merged(world, [{"account": "A-1"}, {"account": "A-2"}])
    items = [
        {"account": "A-1", "ended_on": "2026-03-31", "reason": "Replaced by a competitor", "competitor": "Rival Inc"},
        {"account": "A-2"},
        {"account": "A-9", "reason": "Moved"},
    ]

    def send(*items):
        read = [read_answer(number, cells) for number, cells in enumerate(items)]
        assert all(isinstance(row, Row) for row in read), read
        with world.open():
            return merge_answers(read, API)

    result = send(*items)
    assert sorted((r.row, r.problem.code) for r in result.rejected) == [(1, "required"), (2, "unknown_account")]
    assert result.outcomes == {0: "created"}
    changed = send({"account": "A-1", "ended_on": "2026-03-31", "note": "They were frank."})
    assert changed.outcomes == {0: "updated"}
    with world.open():
        answer = ChurnAnswer.objects.get()
        assert (answer.category, answer.competitor, answer.note) == ("competition", "Rival Inc", "They were frank.")
        assert answer.version == 2
    assert isinstance(read_answer(0, {"account": "", "ended_on": "soon", "reason": "x" * 300}), list)
    assert len(read_answer(0, {"account": "", "ended_on": "soon", "reason": "x" * 300})) == 3
