"""People who took part in a renewal are asked how easy it was, and what was frozen says in which currency."""

import uuid_utils.compat
from django.db import migrations, models

from cs_platform.kernel.audit import AuditTables
from cs_platform.kernel.tenancy import SecureTenantTables, TenantForeignKey

OPTIONS = {"abstract": False, "base_manager_name": "objects", "default_manager_name": "objects"}


def _tenant() -> models.ForeignKey:
    return models.ForeignKey(
        "accounts.tenant", on_delete=models.CASCADE, db_index=False, editable=False, related_name="+"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_deals"),
        ("health", "0011_source_of_deals"),
        ("renewals", "0002_append_only"),
    ]

    operations = [
        migrations.AddField(
            "frozencall", "currency", models.CharField(default="", max_length=3), preserve_default=False
        ),
        # Until now all of a company's were in the currency that its reports are in.
        migrations.RunSQL(
            """
            ALTER TABLE renewals_frozencall DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY;
            UPDATE renewals_frozencall f SET currency = t.currency FROM accounts_tenant t WHERE t.id = f.tenant_id;
            SET CONSTRAINTS ALL IMMEDIATE;
            ALTER TABLE renewals_frozencall ENABLE TRIGGER USER, FORCE ROW LEVEL SECURITY;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            "EffortRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "who",
                    models.CharField(
                        choices=[
                            ("nobody", "Nobody"),
                            ("kept", "Customers who stay"),
                            ("all", "All, also those who leave"),
                        ],
                        default="kept",
                        max_length=6,
                        verbose_name="Who is asked",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("tenant", _tenant()),
            ],
            options=OPTIONS | {"constraints": [models.UniqueConstraint(fields=("tenant",), name="effortrule_one")]},
        ),
        migrations.CreateModel(
            "EffortAsk",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("address", models.EmailField(max_length=254)),
                ("language", models.CharField(max_length=5)),
                ("goes_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "answer",
                    TenantForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to="health.survey"),
                ),
                ("contact", TenantForeignKey(on_delete=models.CASCADE, related_name="+", to="accounts.contact")),
                (
                    "renewal",
                    TenantForeignKey(on_delete=models.CASCADE, related_name="effort_asks", to="renewals.renewal"),
                ),
                ("tenant", _tenant()),
            ],
            options=OPTIONS
            | {
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "renewal", "contact"), name="effortask_once")
                ],
                "indexes": [models.Index(fields=["tenant", "contact", "-goes_at"], name="effortask_of_contact")],
            },
        ),
        SecureTenantTables(append_only=["renewals_frozencall", "renewals_renewalcall"]),
        AuditTables(["renewals_effortrule"]),
    ]
