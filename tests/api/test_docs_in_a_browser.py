"""The API's page in a real browser: it draws the operations and breaks no rule of the policy."""

import os
import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="no browser")]


def test_the_page_draws_the_operations_under_the_strict_policy(live_server, monkeypatch):
    from playwright.sync_api import sync_playwright

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        broken, foreign = [], []
        page.on("console", lambda message: message.type in ("error", "warning") and broken.append(message.text))
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on(
            "request", lambda r: r.url.startswith(live_server.url) or r.url.startswith("data:") or foreign.append(r.url)
        )
        page.goto(f"{live_server.url}/api/docs")
        page.wait_for_selector("#operations-accounts-accounts_list")
        page.click("#operations-accounts-accounts_list .opblock-summary-control")
        page.wait_for_selector("text=RateLimit-Remaining")
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/api-docs.png")
        assert not foreign
        assert not broken
        browser.close()
