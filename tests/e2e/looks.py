"""What every test in a browser does: sign in, and look at a page in both themes, on a wide screen and on a phone."""

import os

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.conf import settings
from django.test import Client

from tests.conftest import World

# Theme and width of the window.
LOOKS = (("light", 1440), ("dark", 1440), ("light", 390))
# Of a page that is loaded narrow: one that fits then and is widened fits as if it had been loaded wide.
EVERY_LOOK = (("light", 390), ("dark", 390), ("light", 1440), ("dark", 1440))
NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1440, "height": 900}
AXE = """Promise.race([axe.run({"resultTypes": ["violations"]}), new Promise((_, refuse) =>
  setTimeout(() => refuse(new Error("axe gave no answer within a minute")), 60000))])"""
# Colours fade; what inherits one begins when its parent has ended, so a frame without any is waited for. A page that draws no
# frames, as one behind another may, is waited for no longer than three seconds: axe judges it as it is.
FADED = """Promise.race([new Promise((answer) => setTimeout(answer, 3000)), (async () => {
  const moving = () => document.getAnimations().filter((each) => each.effect.getComputedTiming().endTime !== Infinity);
  for (let quiet = 0; quiet < 2; quiet += 1) {
    for (let found = moving(); found.length; found = moving()) {
      quiet = 0;
      await Promise.allSettled(found.map((each) => each.finished));
    }
    await new Promise(requestAnimationFrame);
  }
})()])"""
# Charts follow their card a moment after the window has changed.
FITS = """new Promise((answer) => {
  const ask = (left) => {
    const fits = document.documentElement.scrollWidth <= window.innerWidth;
    if (fits || !left) answer(fits); else setTimeout(ask, 50, left - 1);
  };
  ask(60);
})"""


def enter(context, live_server, user) -> None:
    """A browser in which this person is signed in."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])


def sign_in(page, live_server, world: World, role: str) -> None:
    """The first page of a role. tests/e2e/test_journey.py comes there through the form."""
    enter(page.context, live_server, world.members[role].user)
    page.goto(f"{live_server.url}/")
    page.wait_for_url(f"**/t/{world.tenant.slug}/**")


def drawn(page) -> None:
    page.locator("[data-chart] .main-svg").first.wait_for()


def clean(page, where: str) -> None:
    """No finding of axe, nothing wider than the screen."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    results = AxeResults(page.evaluate(AXE))
    assert results.violations_count == 0, f"{where}\n{results.generate_report()}"
    fits(page, where)


def fits(page, where: str) -> None:
    assert page.evaluate(FITS), f"{where} scrolls sideways"


def look(page, name: str, looks: tuple[tuple[str, int], ...] = LOOKS) -> None:
    """The page as it stands, by axe and for its width, in each look, without loading it again."""
    for theme, width in looks:
        page.set_viewport_size(WIDE | {"width": width})
        page.emulate_media(color_scheme=theme)
        page.evaluate(FADED)
        shoot(page, f"{name}-{theme}-{width}")
        clean(page, f"{name} {theme} {width}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)


def shoot(page, name: str) -> None:
    """A picture, where PICTURES names a folder for them."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/{name.split('?')[0].strip('/').replace('/', '-')}.png", full_page=True)
