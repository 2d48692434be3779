"""Products by external id (ACC-03). Most come into being by the subscriptions that name them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from accounts.kinds import DateStyle, Problem, Row
from accounts.merging.result import MergeResult, Origin, first_of_each
from accounts.models import Product
from accounts.rows import Bad, text

_READERS = {"product": text(200, required=True), "name": text(200)}


def read_product(number: int, cells: Mapping[str, Any]) -> Row | list[Problem]:
    """The row, or every problem that it has. A product without a name is called like its external id."""
    values: dict[str, str] = {}
    problems = []
    for name, value in {"product": None, **cells}.items():
        try:
            values[name] = _READERS[name](value, DateStyle.ISO)
        except Bad as bad:
            problems.append(Problem(name, str(value)[:200], bad.code, bad.message))
    return problems or Row(number, values | {"name": values.get("name") or values["product"]}, frozenset(cells))


def merge_products(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create products, or change the names that are given."""
    result = MergeResult()
    rows = first_of_each(rows, result, "product")
    wanted = Product.objects.filter(external_id__in={row.values["product"] for row in rows})
    known = {product.external_id: product for product in wanted.select_for_update().order_by("id")}
    created = []
    for row in rows:
        product = known.get(row.values["product"])
        outcome = "unchanged"
        if product is None:
            product = Product(external_id=row.values["product"], name=row.values["name"])
            created.append(product)
            outcome = "created"
        elif "name" in row.given and product.name != row.values["name"]:
            changed = {"name": row.values["name"], "version": F("version") + 1, "updated_at": Now()}
            Product.objects.filter(id=product.id).update(**changed)
            outcome = "updated"
        result.add(row.number, product.id, outcome)
    Product.objects.bulk_create(created)
    return result
