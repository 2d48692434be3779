"""Segment's browser library on somebody's site, unmodified, with only its address set (INTEGRATIONS, CONTRACTS 2)."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from accounts.enums import KeyScope
from accounts.models import Account, Contact
from accounts.services import create_api_key
from cs_platform.api import throttling
from cs_platform.kernel import queue
from health.models import HeldEvent, UsageEvent
from tests.conftest import World, make_world
from tests.sdk.install import SDKS, install

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = """<!doctype html><html lang="en"><head><title>Pricing</title><link rel="icon" href="data:,"><script src="/index.js"></script><script>
const {writeKey, cdnURL} = %s
window.site = AnalyticsNext.AnalyticsBrowser.load({writeKey, cdnURL})
window.sent = site.identify('u-1', {name: 'Ada Byron', email: 'ada@northwind.example'})
  .then(() => site.group('A-1', {name: 'Northwind', employees: 250}))
  .then(() => site.page('Docs', 'Pricing'))
  .then(() => site.track('Report exported', {quantity: 3}, {context: {groupId: 'A-1'}}))
</script></head><body><h1>A site</h1></body></html>"""


class _Site(SimpleHTTPRequestHandler):
    page = b""

    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(_Site.page)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[str]:
    """A site of another origin that serves the library itself."""
    if reason := install("node"):
        pytest.skip(f"Segment's browser library is not installed: {reason}")
    folder = Path(SDKS / "node" / "node_modules" / "@segment" / "analytics-next" / "dist" / "umd")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def world(transactional_db, monkeypatch) -> World:
    monkeypatch.setattr(queue, "wake_workers", [])
    throttling.event_throttle.cache_clear()
    return make_world("acme", "Acme Cloud")


def test_a_site_sends_from_the_browser(page, live_server, site, world, settings, problems):
    """Settings, preflight and events: across origins, without a cookie, each event once."""
    settings.BASE_URL = live_server.url
    with world.open():
        secret = create_api_key(name="site", scopes=[KeyScope.EVENTS], by=world.members["admin"])[1]
    _Site.page = (PAGE % json.dumps({"writeKey": secret, "cdnURL": live_server.url})).encode()
    answers: list[tuple[str, str, int]] = []
    page.on("response", lambda r: answers.append((r.request.method, r.url.rsplit("/", 1)[-1], r.status)))
    with page.expect_response(lambda r: r.url.endswith("/v1/t") and r.request.method == "POST") as last:
        page.goto(site)
    assert last.value.status == 200
    with world.open():
        account = Account.objects.get()
        assert (account.external_id, account.name, account.employees) == ("A-1", "Northwind", 250)
        assert Contact.objects.get().email == "ada@northwind.example"
        rows = UsageEvent.objects.order_by("event").values_list("event", "quantity", "user_ref", "account_id")
        assert [(e, float(q), u, a) for e, q, u, a in rows] == [
            ("Report exported", 3.0, "u-1", account.id),
            ("Viewed Docs Pricing Page", 1.0, "u-1", account.id),
        ]
        assert not HeldEvent.objects.exists()
    assert [status for method, _name, status in answers if method == "POST"] == [200, 200, 200, 200]
