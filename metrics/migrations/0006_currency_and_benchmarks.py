"""The reporting currency may change; a company may have benchmarks of its own."""

import uuid_utils.compat
from django.db import migrations, models
from django.db.models import deletion

import cs_platform.kernel.tenancy
from cs_platform.kernel.audit import AuditTables
from cs_platform.kernel.tenancy import SecureTenantTables

BASE = {"abstract": False, "base_manager_name": "objects", "default_manager_name": "objects"}


def own_id() -> tuple[str, models.Field]:
    field = models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)
    return "id", field


def of_tenant() -> tuple[str, models.Field]:
    key = models.ForeignKey(
        db_index=False, editable=False, on_delete=deletion.CASCADE, related_name="+", to="accounts.tenant"
    )
    return "tenant", key


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_billing_totals"),
        ("metrics", "0005_close_of_a_month"),
    ]

    operations = [
        migrations.CreateModel(
            name="CurrencyChange",
            fields=[
                own_id(),
                ("before", models.CharField(max_length=3)),
                ("after", models.CharField(max_length=3)),
                ("since", models.DateTimeField()),
                (
                    "changed_by",
                    cs_platform.kernel.tenancy.TenantForeignKey(
                        null=True, on_delete=deletion.SET_NULL, related_name="+", to="accounts.member"
                    ),
                ),
                of_tenant(),
            ],
            options=BASE
            | {
                "ordering": ["-since"],
                "indexes": [models.Index(fields=["tenant", "since"], name="currencychange_since")],
            },
        ),
        migrations.CreateModel(
            name="RevaluedAmount",
            fields=[
                own_id(),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("cac", "Acquisition costs"),
                            ("outcome", "Values of outcomes"),
                            ("target", "Targets in money"),
                        ],
                        max_length=8,
                    ),
                ),
                ("key", models.UUIDField()),
                ("said", models.DecimalField(decimal_places=4, max_digits=24)),
                ("said_in", models.CharField(max_length=3)),
                ("stands", models.DecimalField(decimal_places=4, max_digits=24)),
                of_tenant(),
            ],
            options=BASE
            | {"constraints": [models.UniqueConstraint(fields=("tenant", "kind", "key"), name="revaluedamount_once")]},
        ),
        migrations.CreateModel(
            name="OwnBenchmark",
            fields=[
                own_id(),
                ("key", models.CharField(max_length=40)),
                ("text", models.CharField(max_length=500)),
                ("range", models.CharField(blank=True, max_length=120)),
                ("source", models.CharField(max_length=200)),
                of_tenant(),
            ],
            options=BASE
            | {"constraints": [models.UniqueConstraint(fields=("tenant", "key"), name="ownbenchmark_once")]},
        ),
        SecureTenantTables(append_only=["metrics_currencychange"]),
        AuditTables(["metrics_ownbenchmark"]),
    ]
