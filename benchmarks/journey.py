"""J1 to J5: figures of the Journey page, flags of all open stages, and proposals to go back, at 2,000 and 20,000 tracks; the page of
a large book as it is kept. See the README."""

import argparse
import datetime as dt
from collections.abc import Callable

from benchmarks import harness

# One core track for each account: onboarding of 30 to 90 days, adoption of 100 to 300, then retention; each seventh went back
# once, each ninth is held up; renewals of past years; a word on a criterion and a plan for each fourth; 15 days of scores, a
# champion who left for each twentieth in the past 90 days.
FACTS = """
CREATE TEMPORARY TABLE told ON COMMIT DROP AS
SELECT a.id AS account_id, uuidv7() AS track_id, row_number() OVER (ORDER BY a.id)::int AS n,
       %(day)s::date - 900 + (hashtext(a.external_id) & 255) AS opened_on,
       30 + (hashtext(a.external_id || 'o') & 63) AS o, 100 + (hashtext(a.external_id || 'a') & 255) AS a
  FROM accounts_account a;

UPDATE accounts_account a
   SET status = 'live', signed_on = t.opened_on, customer_since = t.opened_on, renews_on = %(day)s::date + t.n %% 365,
       mrr_minor = 10000 + t.n
  FROM told t WHERE t.account_id = a.id;

INSERT INTO journey_track (id, tenant_id, external_id, account_id, kind, name, opened_on, closed_because, source, version)
SELECT track_id, %(tenant)s, 'T' || n, account_id, 'core', 'Core', opened_on, '', 'import', 1 FROM told;

INSERT INTO journey_stageperiod (id, tenant_id, external_id, track_id, stage, entered_on, entry, exited_on, outcome, cause, note,
       evidence, overridden, blocker, blocked_on, blocker_note, source, version)
SELECT uuidv7(), %(tenant)s, 'P' || t.n || '-' || p.place, t.track_id, p.stage, p.entered_on, p.entry, p.exited_on, p.outcome, p.cause,
       '', '[]', false, CASE WHEN p.exited_on IS NULL AND t.n %% 9 = 0 THEN 'value' ELSE '' END,
       CASE WHEN p.exited_on IS NULL AND t.n %% 9 = 0 THEN %(day)s::date - 20 END, '', 'import', 1
  FROM told t
 CROSS JOIN LATERAL (VALUES
       (1, 'onboarding', t.opened_on, 'began', t.opened_on + t.o, 'completed', ''),
       (2, 'adoption', t.opened_on + t.o, 'moved_on', t.opened_on + t.o + t.a, 'completed', ''),
       (3, 'retention', t.opened_on + t.o + t.a, 'moved_on',
        CASE WHEN t.n %% 7 = 0 THEN %(day)s::date - t.n %% 60 END, CASE WHEN t.n %% 7 = 0 THEN 'regressed' ELSE '' END,
        CASE WHEN t.n %% 7 = 0 THEN 'champion' ELSE '' END),
       (4, 'adoption', CASE WHEN t.n %% 7 = 0 THEN %(day)s::date - t.n %% 60 END, 'went_back', NULL::date, '', ''),
       (5, 'renewal', t.opened_on + 300, 'beside', t.opened_on + 365, 'completed', '')
       ) p(place, stage, entered_on, entry, exited_on, outcome, cause)
 WHERE p.entered_on IS NOT NULL;

UPDATE journey_stageperiod b
   SET came_from_id = f.id
  FROM journey_stageperiod f
 WHERE b.entry = 'went_back' AND f.track_id = b.track_id AND f.outcome = 'regressed';

INSERT INTO journey_criterioncheck (id, tenant_id, period_id, criterion, how, met, note, signed_as, at)
SELECT uuidv7(), %(tenant)s, p.id, 'risk', 'attested', true, 'Said so', '', %(day)s::date - 30
  FROM journey_stageperiod p JOIN told t ON t.track_id = p.track_id
 WHERE p.exited_on IS NULL AND t.n %% 4 = 0;

INSERT INTO accounts_accountevent (id, tenant_id, account_id, kind, happened_on, note)
SELECT uuidv7(), %(tenant)s, account_id, 'champion_left', %(day)s::date - n %% 80, '' FROM told WHERE n %% 20 = 0;

INSERT INTO health_healthscore (tenant_id, account_id, as_of, version_id, score, band, coverage, raw, points, shares)
SELECT %(tenant)s, t.account_id, %(day)s::date - d, t.track_id, CASE WHEN t.n %% 50 = 0 AND d < 5 THEN 30 ELSE 80 END,
       CASE WHEN t.n %% 50 = 0 AND d < 5 THEN 'red' ELSE 'green' END, 1, '{}', '{}', '{}'
  FROM told t CROSS JOIN generate_series(0, 14) d;
"""
SIZES = (2_000, 20_000)
PEOPLE = 20  # who look after the accounts of the larger book


def fill(slug: str, tracks: int, day: dt.date) -> int:
    """A tenant with `tracks` core tracks of two years and a half; its id."""
    from django.db import connection

    from cs_platform.kernel.tenancy import tenant_context

    tenant = harness.make_book(slug, tracks)
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.bulk', 'on', true), set_config('app.derived', 'on', true)")
        cursor.execute(FACTS, {"tenant": tenant, "day": day})
    return tenant


def analyze() -> None:
    """What autovacuum would have done by the night."""
    import psycopg2

    connection = psycopg2.connect(harness.address("DATABASE_ADMIN_URL"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connection.close()


def figures(tenant: int, day: dt.date) -> None:
    """Everything that the page and its file say."""
    from accounts.models import Account
    from cs_platform.kernel.tenancy import tenant_context
    from journey.analysis import files
    from journey.analysis.spans import span_of
    from journey.analysis.walked import Walked

    with tenant_context(tenant):
        list(files.rows(Walked(Account.objects.all(), span_of("90", day)), "segment"))


def flags(tenant: int, day: dt.date) -> None:
    """The flags of every open stage, as the usual mistakes count them."""
    from accounts.models import Account
    from cs_platform.kernel.tenancy import tenant_context
    from journey.analysis.habits import flagged
    from journey.analysis.spans import span_of

    with tenant_context(tenant):
        flagged(Account.objects.all(), span_of("90", day))


def reckon(tenant: int, day: dt.date) -> None:
    """What the night keeps of a large book, written anew."""
    from cs_platform.kernel.tenancy import tenant_context
    from journey.analysis import kept

    with tenant_context(tenant):
        assert kept.reckon_night(day)


def kept_page(tenant: int) -> Callable[[], object]:
    """The page of a leader who sees everything and the part that follows it, as a browser asks for them; each answered."""
    from django.conf import settings
    from django.test import Client

    from accounts.models import Account, Tenant
    from accounts.services import add_member
    from cs_platform.kernel.tenancy import tenant_context

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.ALLOWED_HOSTS = ["testserver"]
    with tenant_context(tenant):
        slug = Tenant.current().slug
        boss = add_member(email="boss@bench.example", name="Boss Person", role="executive", password="bench")
        everybody = list(Account.objects.order_by("external_id").values_list("id", flat=True))
        for place in range(PEOPLE):
            person = add_member(email=f"csm{place}@bench.example", name=f"Csm {place}", role="csm", password="bench")
            Account.objects.filter(id__in=everybody[place :: PEOPLE + 1]).update(owner=person)  # some are nobody's
    client = Client()
    client.force_login(boss.user)

    def ask() -> None:
        for path in ("", "habits/"):
            assert client.get(f"/t/{slug}/journey/{path}").status_code == 200

    return ask


def proposals(tenant: int, day: dt.date) -> None:
    """A night's step, taken back."""
    from django.db import transaction

    from cs_platform.kernel.tenancy import tenant_context
    from journey.stages.jobs import propose_regressions

    with tenant_context(tenant):
        assert propose_regressions(day)
        transaction.set_rollback(True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=SIZES[1])
    many = parser.parse_args().tracks
    harness.start()
    day = dt.datetime.now(dt.UTC).date()
    few_book, many_book = fill("few", SIZES[0], day), fill("many", many, day)
    fresh = harness.seconds(lambda: proposals(many_book, day))
    analyze()
    for name, text, work in (("J1", "figures of the journey page", figures), ("J2", "flags of all open stages", flags)):
        slow, quick, growth = harness.ratio(
            lambda w=work: w(many_book, day), lambda w=work: w(few_book, day), repeats=3
        )
        times = many / SIZES[0]
        told = f"{text}: {slow:.2f} s / {quick:.2f} s at a {times:.0f}th"
        harness.line(name, told, f"x{growth:.1f}", f"{1.5 * times:.0f}", f"{times:.0f}")
    walked = harness.seconds(lambda: figures(many_book, day)) + harness.seconds(lambda: flags(many_book, day))
    page = kept_page(many_book)
    page()
    before = min(harness.seconds(page) for _ in range(3))
    night = harness.seconds(lambda: reckon(many_book, day))
    after = min(harness.seconds(page) for _ in range(5))
    told = (
        f"page and its second part as kept {1000 * after:.0f} ms / walked {1000 * before:.0f} ms; kept in {night:.1f} s"
    )
    harness.line("J4", told, f"x{after / before:.3f}", "0.2", "0.05")
    harness.line("J5", f"all spans kept / figures and flags of one {walked:.1f} s", f"x{night / walked:.1f}", "6", "4")
    usual = min(harness.seconds(lambda: proposals(many_book, day)) for _ in range(3))
    told = f"proposals without statistics: {fresh:.2f} s / with them {usual:.2f} s"
    harness.line("J3", told, f"x{fresh / usual:.1f}", "5", "2")


if __name__ == "__main__":
    main()
