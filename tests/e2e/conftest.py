"""A real browser against a real server. Without Chromium these tests skip, except where REQUIRE_BROWSER says they may not."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from django.core.signals import request_finished, request_started
from django.db import connection

CHROMIUM = next((p for p in ("chromium", "chromium-browser", "google-chrome") if shutil.which(p)), None)
# Connections to this database that are in the middle of something.
OTHERS = """SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' AND backend_type = 'client backend'"""
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's own loop, not ours


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here as browser tests."""
    here = Path(__file__).parent
    for item in items:
        if here in Path(item.fspath).parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM and not os.environ.get("REQUIRE_BROWSER"):
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    if not CHROMIUM:
        pytest.fail("Browser tests are required and Chromium is not installed.")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    return {"executable_path": shutil.which(CHROMIUM), "args": [*quiet, "--disable-component-update", "--disable-sync"]}


@pytest.fixture(scope="session")
def answering() -> Iterator[set[int]]:
    """The threads of the server that are answering a request."""
    busy: set[int] = set()

    def begin(**kwargs: object) -> None:
        busy.add(threading.get_ident())

    def end(**kwargs: object) -> None:
        busy.discard(threading.get_ident())

    request_started.connect(begin)
    request_finished.connect(end)
    yield busy
    request_started.disconnect(begin)
    request_finished.disconnect(end)


@pytest.fixture(autouse=True)
def answered(transactional_db: None, answering: set[int]) -> Iterator[None]:
    """A page that a test leaves may still be asking: the tables are emptied when the server has answered, not before."""
    yield
    ends = monotonic() + 30
    with connection.cursor() as cursor:
        while monotonic() < ends:
            others = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}
            cursor.execute(OTHERS)
            if cursor.fetchone()[0] == 0 and not answering & others:
                return
            sleep(0.05)


@pytest.fixture
def problems(page) -> Iterator[list[str]]:
    """What the browser complained about: console errors, refused content, failed requests. Empty at the end, or red."""
    found: list[str] = []
    page.on("console", lambda m: found.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda e: found.append(str(e)))
    page.on("response", lambda r: found.append(f"{r.status} {r.url}") if r.status >= 500 else None)
    yield found
    assert found == []
