"""The commands of the way in, as CONTRACTS 1 names them."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.enums import ImportKind
from accounts.kinds import KINDS
from accounts.models import Account, Import, Member, Subscription, Tenant
from accounts.selectors import live_key
from cs_platform.kernel import queue
from cs_platform.kernel.tenancy import tenant_context
from cs_platform.management.commands import import_csv
from health.models import HeldTicket, Ticket
from tests.books import DATA

ROWS = (
    "tenant,account,subscription_id,product,segment,start_date,end_date,interval_months,amount,currency,mrr,colour\n"
    "x,A-1,S-1,P,SMB,2025-01-01,,1,10.00,USD,,red\n"
    "x,A-1,S-2,P,SMB,2025-13-01,,1,10.00,USD,,red\n"
)


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SETIA_VAR", str(tmp_path))
    return tmp_path


def run(*arguments: Any) -> tuple[dict[str, Any], str]:
    """The JSON of the last line, and what stood on stderr."""
    out, err = io.StringIO(), io.StringIO()
    call_command(*map(str, arguments), "--json", stdout=out, stderr=err)
    return json.loads(out.getvalue().splitlines()[-1]), err.getvalue()


def test_a_file_goes_in_and_its_refused_row_comes_back(world, var):
    file = var / "subs.csv"
    file.write_text(ROWS)
    answer, said = run("import_csv", "--tenant", "acme", "subscriptions", file)
    rejects = answer.pop("rejects_file")
    assert answer == {"read": 2, "created": 1, "updated": 0, "unchanged": 0, "rejected": 1, "quarantined": 0}
    assert Path(rejects).parent == var / "rejects"
    assert "colour" in said
    assert "tenant" not in said
    text = Path(rejects).read_text(encoding="utf-8")
    assert "This day does not exist." in text
    file.write_text(text.replace("2025-13-01", "2025-12-01"))
    again, _said = run("import_csv", "--tenant", "acme", "subscriptions", file)
    assert again == {
        "read": 1, "created": 1, "updated": 0, "unchanged": 0, "rejected": 0, "quarantined": 0, "rejects_file": None,
    }  # fmt: skip


def test_a_dry_run_writes_nothing(world, var):
    file = var / "subs.csv"
    file.write_text(ROWS)
    answer, _said = run("import_csv", "--tenant", "acme", "subscriptions", file, "--dry-run")
    assert (answer["created"], answer["rejected"]) == (1, 1)
    with world.open():
        assert not Subscription.objects.exists()


def test_the_real_book_twice(world, var):
    file = DATA / "opencollective" / "subscriptions.csv.gz"
    first, _said = run("import_csv", "--tenant", "acme", "subscriptions", file)
    assert (first["read"], first["created"], first["rejected"]) == (896, 896, 0)
    second, _said = run("import_csv", "--tenant", "acme", "subscriptions", file)
    assert (second["unchanged"], second["created"], second["updated"]) == (896, 0, 0)
    rates, _said = run("import_csv", "--tenant", "acme", "fx_rates", DATA / "fx" / "ecb_month_end.csv.gz")
    assert (rates["read"], rates["created"], rates["rejected"]) == (1416, 1416, 0)
    rates, _said = run("import_csv", "--tenant", "acme", "fx_rates", DATA / "fx" / "ecb_month_end.csv.gz")
    assert (rates["unchanged"], rates["created"]) == (1416, 0)


def test_every_kind_of_the_contract_is_imported():
    """CONTRACTS 1, and those of the journey; billing's totals are of one month, which their page asks for."""
    assert set(import_csv.KINDS) | {ImportKind.BILLING} == set(KINDS) == set(ImportKind.values)


def test_tickets_of_unknown_accounts_are_counted_as_quarantined(world, var):
    """CONTRACTS 1: not rejected, in no rejects file, and released when the account appears."""
    (var / "t.csv").write_text("ticket,event_at,state,account\nT-1,2026-03-02T08:00,New,A-1\nT-2,soon,New,A-1\n")
    found, _said = run("import_csv", "--tenant", "acme", "tickets", var / "t.csv")
    assert (found["read"], found["created"], found["rejected"], found["quarantined"]) == (2, 0, 1, 1)
    assert Path(found["rejects_file"]).read_text().count("T-") == 1
    (var / "a.csv").write_text("account\nA-1\n")
    run("import_csv", "--tenant", "acme", "accounts", var / "a.csv")
    queue.drain()
    with world.open():
        assert list(Ticket.objects.values_list("external_id", "account__external_id")) == [("T-1", "A-1")]
        assert not HeldTicket.objects.exists()


@pytest.mark.parametrize(
    ("tenant", "name", "content", "message"),
    [
        ("nobody", "f.csv", "account\nA-1\n", "nobody"),
        ("acme", "missing.csv", None, "There is no file"),
        ("acme", "f.csv", "name\nHalcyon\n", "No column becomes Account id."),
        ("acme", "f.csv.gz", "account\nA-1\n\x00", None),
        ("acme", "f.xlsx", "PK\x03\x04", "workbook"),
    ],
)
def test_refusals_are_one_sentence_and_status_1(worlds, var, tenant, name, content, message):
    if content is not None:
        (var / name).write_text(content)
    if message is None:  # the ending says nothing: the content does
        assert run("import_csv", "--tenant", tenant, "accounts", var / name)[0]["rejected"] == 1
        return
    with pytest.raises(CommandError, match=message) as refused:
        run("import_csv", "--tenant", tenant, "accounts", var / name)
    assert refused.value.returncode == 1
    with worlds[0].open():
        assert not Account.objects.exists()
        assert not Import.objects.exists()


@pytest.mark.parametrize("arguments", [("--tenant", "acme", "holidays", "f.csv"), ("accounts", "f.csv"), ()])
def test_wrong_usage_is_status_2(arguments):
    """From the shell, where the status is what a script sees."""
    command = [sys.executable, "manage.py", "import_csv", *arguments]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2, done.stderr
    assert "usage:" in done.stderr


def test_create_tenant_answers_with_what_opens_it(db):
    answer, _said = run(
        "create_tenant", "newco", "--name", "New Company", "--currency", "IDR", "--timezone", "Asia/Jakarta"
    )
    assert set(answer) == {"slug", "admin", "api_key"}
    tenant = Tenant.objects.get(slug="newco")
    assert (tenant.name, tenant.currency, tenant.timezone) == ("New Company", "IDR", "Asia/Jakarta")
    with tenant_context(tenant.id):
        admin = Member.objects.get()
        assert admin.user.check_password(answer["admin"]["password"])
        assert (admin.user.email, admin.role.key) == (answer["admin"]["email"], "admin")
    key = live_key(answer["api_key"])
    assert key is not None
    assert key.tenant_id == tenant.id


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("acme", "--currency", "USD", "--timezone", "UTC"), "lug"),
        (("New Co", "--currency", "USD", "--timezone", "UTC"), "slug"),
        (("newco", "--currency", "DOLLAR", "--timezone", "UTC"), "currency"),
        (("newco", "--currency", "USD", "--timezone", "Mars/Olympus"), "timezone"),
    ],
)
def test_a_tenant_that_cannot_be_is_refused(world, arguments, message):
    with pytest.raises(CommandError, match=message) as refused:
        run("create_tenant", *arguments, "--name", "X")
    assert refused.value.returncode == 1
    assert Tenant.objects.count() == 1
