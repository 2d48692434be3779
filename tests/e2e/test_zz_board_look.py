import time, random, datetime as dt
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.books import Book
from tests.conftest import make_world

def test_scale(db):
    world = make_world("look", "Northwind Cloud")
    book = Book(world)
    rng = random.Random(1)
    rows = []
    for n in range(20000):
        start = dt.date(2023, rng.randint(1, 12), 1)
        for k in range(3):
            end = start.replace(year=start.year + 1)
            rows.append({"account": f"A{n}", "subscription_id": f"S{n}", "start_date": start.isoformat(), "end_date": end.isoformat(), "interval_months": "12", "amount": str(rng.randint(1000, 90000)), "currency": "USD", "segment": rng.choice(["Enterprise", "Mid-market", "Small business"])})
            start = end
            if rng.random() < .15: break
    t = time.time(); book.merge("subscriptions", rows); print("merge", time.time() - t)
    t = time.time(); book.night("2025-12-31"); print("night", time.time() - t)
    connection.cursor().execute("ANALYZE")
    c = world.client("executive")
    for path in ("board/", "board/?opened=Enterprise", "board/?segment=Enterprise", "metrics/nrr/", "metrics/nrr/?segment=Enterprise", "metrics/mrr/?part=closing", "metrics/mrr/rows.csv?part=closing", "metrics/nrr/?known=2030-01-01T00:00"):
        for _ in range(2):
            t = time.time()
            with CaptureQueriesContext(connection) as q:
                r = c.get(world.url(path))
            ms = (time.time() - t) * 1000
        assert r.status_code == 200
        print(f"{path:45} {ms:7.0f} ms {len(q):3} queries {len(r.content):8} bytes; slowest", sorted(((float(x['time']), x['sql'][:60].replace(chr(10),' ')) for x in q), reverse=True)[:2])
