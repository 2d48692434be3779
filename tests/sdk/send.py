"""What an integrator's program does with Segment's Python SDK; run by the tests in a process of its own.

Arguments: host, write key, scenario. The last line of the output is JSON: what the SDK reported as errors.
"""

import json
import sys
from datetime import UTC, datetime

from segment.analytics.client import Client

host, key, scenario = sys.argv[1:]
errors: list[str] = []
client = Client(
    key,
    host=host,
    gzip=scenario == "gzip",
    upload_size=1 if scenario == "limited" else 100,
    on_error=lambda error, batch: errors.append(f"{type(error).__name__}: {error}"),
)
if scenario in ("all", "gzip"):
    client.identify("u-1", {"name": "Ada Byron", "email": "ada@northwind.example", "title": "CTO"})
    client.group("u-1", "A-1", {"name": "Northwind", "industry": "Freight", "employees": 250, "plan": "gold"})
    client.track("u-1", "Report exported", {"quantity": 3, "format": "pdf"})
    client.track("u-1", "Report exported", {"value": 2.5}, context={"groupId": "A-1"})
    client.track("u-1", "Imported history", timestamp=datetime(2026, 3, 1, 12, 30, tzinfo=UTC))
    client.page("u-1", "Docs", "Index", {"url": "https://northwind.example/docs"})
    client.screen("u-1", None, "Home")
    client.alias("u-0", "u-1")
else:
    for n in range(3):
        client.track("u-1", f"Step {n}", context={"groupId": "A-1"})
client.flush()
client.join()
print(json.dumps(errors))
