"""A file's way in, in a real browser: upload, match, check, import, result; also on a phone and in the dark."""

import pytest

from accounts.models import Account, Import
from cs_platform.kernel import queue
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

FILE = (
    "ext_id,company_name,seg,csm,signed,source,region,legacy_flag\n"
    "A-1,Halcyon Freight,Enterprise,csm@acme.example,29.12.2025,Partner,EMEA,x\n"
    "A-2,Maple Plumbing,Small business,j.drake@,31.02.2026,Inbound,EMEA,\n"
    "A-3,<img src=x onerror=alert(1)>,Small business,,01.03.2026,Outbound,,y\n"
    "A-1,Halcyon Again,Enterprise,,,,,\n"
)


@pytest.fixture
def empty(transactional_db, monkeypatch) -> World:
    monkeypatch.setattr(queue, "wake_workers", [])
    return make_world("acme", "Acme Cloud")


def test_a_file_goes_in(page, live_server, empty, problems, tmp_path):
    """Nothing is written before Import is pressed; progress asks by itself and ends at the result (ACC-01)."""
    sign_in(page, live_server, empty, "ops")
    page.wait_for_url("**/data/imports/")
    look(page, "first-run")
    path = tmp_path / "accounts.csv"
    path.write_text(FILE)
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Check all rows").wait_for()
    look(page, "columns")
    page.get_by_label("Field for legacy_flag").select_option("Leave out")
    page.get_by_label("How dates are written").select_option("dmy")
    page.get_by_role("button", name="Check all rows").click()
    page.get_by_text("0 of 4 rows").wait_for()
    look(page, "checking")
    queue.drain()
    page.get_by_text("2 rows are ready.").wait_for()
    look(page, "check")
    with empty.open():
        assert not Account.objects.exists()
    page.get_by_role("button", name="Import 2 rows").click()
    page.get_by_role("button", name="Stop").wait_for()
    queue.drain()
    page.get_by_text("2 rows are in").wait_for()
    look(page, "result")
    with page.expect_download() as download:
        page.get_by_role("link", name="Rejects file, 2 rows").click()
    text = download.value.path().read_text()
    assert "not an e-mail address" in text
    assert "This day does not exist." in text
    assert "Row 1 has this account already" in text
    page.get_by_role("link", name="See the accounts").click()
    page.get_by_role("link", name="Halcyon Freight").wait_for()
    page.goto(f"{live_server.url}/t/acme/data/imports/")
    page.get_by_role("link", name="accounts.csv").wait_for()
    look(page, "list")
    with empty.open():
        assert (Import.objects.get().state, Account.objects.count()) == ("done", 2)
