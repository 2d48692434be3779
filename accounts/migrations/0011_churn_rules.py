"""What a share of the losses means, as data of the company (MET-09, MET-10)."""

import django.core.validators
import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from cs_platform.kernel.audit import AuditTables
from cs_platform.kernel.tenancy import SecureTenantTables


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_name_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChurnRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("product_fit", "Product fit"),
                            ("price", "Price"),
                            ("adoption", "Adoption failure"),
                            ("competition", "Competition"),
                            ("closure", "Business closure"),
                            ("other", "Other"),
                        ],
                        max_length=12,
                        verbose_name="Category",
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=200, verbose_name="Words")),
                (
                    "least",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="From percent",
                    ),
                ),
                ("advice", models.CharField(max_length=200, verbose_name="What it means")),
                ("position", models.PositiveSmallIntegerField(default=0)),
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
                "ordering": ["position", "advice"],
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [models.UniqueConstraint(fields=("tenant", "advice"), name="churnrule_advice")],
            },
        ),
        SecureTenantTables(),
        AuditTables(["accounts_churnrule"]),
    ]
