"""When a trigger opens signals is the company's own to say."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from cs_platform.kernel.audit import AuditTables
from cs_platform.kernel.tenancy import SecureTenantTables


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_deals"),
        ("expansion", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignalRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("limit", "Near a limit"),
                            ("seats_full", "Seats full"),
                            ("team_growth", "Team grows"),
                            ("use_case", "New use case"),
                            ("department", "New department"),
                            ("champion", "Champion asks"),
                            ("advocate", "Healthy and an advocate"),
                            ("renewal", "Bundle with the renewal"),
                            ("growth", "Business growth"),
                            ("competitor", "Competitor to replace"),
                            ("person", "Somebody saw it"),
                        ],
                        max_length=11,
                        verbose_name="Why now",
                    ),
                ),
                ("enabled", models.BooleanField(default=True, verbose_name="On")),
                ("thresholds", models.JSONField(default=dict, verbose_name="Thresholds")),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "trigger"), name="signalrule_of_trigger")
                ],
            },
        ),
        SecureTenantTables(append_only=["expansion_opportunitymove"]),
        AuditTables(["expansion_signalrule"]),
    ]
