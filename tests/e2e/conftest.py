"""A real browser against a real server. Without Chromium these tests skip, except where REQUIRE_BROWSER says they may not."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

CHROMIUM = next((p for p in ("chromium", "chromium-browser", "google-chrome") if shutil.which(p)), None)
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


@pytest.fixture
def problems(page) -> Iterator[list[str]]:
    """What the browser complained about: console errors, refused content, failed requests. Empty at the end, or red."""
    found: list[str] = []
    page.on("console", lambda m: found.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda e: found.append(str(e)))
    page.on("response", lambda r: found.append(f"{r.status} {r.url}") if r.status >= 500 else None)
    yield found
    assert found == []
