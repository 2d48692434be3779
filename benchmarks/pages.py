"""E1 to E3: what a page asks of the database, and how paging behaves at the end of a long list. See the README."""

import statistics

from benchmarks import harness
from benchmarks.revenue import NIGHT, build


def main() -> None:
    harness.start()
    from django.conf import settings
    from django.db import connection
    from django.http import QueryDict
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.listing import ListQuery, read_page
    from accounts.models import Account, Tenant
    from accounts.services import add_member
    from cs_platform.kernel.tenancy import tenant_context

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.ALLOWED_HOSTS = ["testserver"]
    tenant_id = harness.make_book("pages", 100_000)
    build([tenant_id])
    Tenant.objects.filter(id=tenant_id).update(data_until=NIGHT, night_done_on=NIGHT)
    with tenant_context(tenant_id):
        csm = add_member(email="csm@bench.example", name="Busy Person", role="csm", password="bench")
        leader = add_member(email="boss@bench.example", name="Boss Person", role="executive", password="bench")
        ids = Account.objects.order_by("external_id").values_list("id", flat=True)[:500]
        Account.objects.filter(id__in=list(ids)).update(owner=csm)
    pages = [(csm, "today/"), (csm, "accounts/"), (leader, "accounts/"), (leader, "board/"), (leader, "week/")]
    for member, path in pages:
        client = Client()
        client.force_login(member.user)
        url = f"/t/pages/{path}"
        client.get(url)
        times, spent, count = [], [], 0
        for _ in range(15):
            with CaptureQueriesContext(connection) as queries:
                times.append(harness.seconds(lambda url=url, client=client: client.get(url)))
            count = len(queries)
            spent.append(sum(float(query["time"]) for query in queries.captured_queries))
        page, sql = statistics.median(times), max(statistics.median(spent), 0.001)
        name = f"{member.role.key} {path}"
        harness.line("E1", f"queries of {name} at 100,000 accounts", str(count), "", "")
        harness.line(
            "E2", f"{name}: {page * 1000:.0f} ms / its SQL {sql * 1000:.0f} ms", f"x{page / sql:.1f}", "25", "12"
        )
    with tenant_context(tenant_id):
        first = ListQuery.parse(QueryDict("sort=name"))
        book = Account.objects.all()
        last = Account.objects.order_by("-name_key", "-id")[60]
        end = ListQuery.parse(QueryDict(first.at(last)))
        _, _, value = harness.ratio(lambda: read_page(book, end), lambda: read_page(book, first), repeats=25)
    harness.line("E3", "last keyset page / first, 100,000 accounts", f"{value:.2f}", "1.5", "1.1")


if __name__ == "__main__":
    main()
