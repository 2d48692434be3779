"""Quotes of renewals, and what a company's renewals do by themselves."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

import cs_platform.kernel.money
import cs_platform.kernel.tenancy
from cs_platform.kernel.audit import AuditTables
from cs_platform.kernel.tenancy import SecureTenantTables


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_renewal_files"),
        ("renewals", "0003_effort"),
    ]

    operations = [
        migrations.CreateModel(
            name="Quote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="Number")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("sent", "Sent"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("expired", "Expired"),
                            ("superseded", "Replaced"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="State",
                    ),
                ),
                ("automatic", models.BooleanField(default=False)),
                ("address", models.EmailField(blank=True, max_length=254)),
                ("language", models.CharField(blank=True, max_length=5)),
                ("currency", models.CharField(max_length=3, validators=[cs_platform.kernel.money.validate_currency])),
                ("uplift", models.DecimalField(decimal_places=2, max_digits=6, verbose_name="Uplift in percent")),
                ("term_months", models.PositiveSmallIntegerField(verbose_name="Term in months")),
                ("prepaid", models.BooleanField(blank=True, null=True, verbose_name="Paid in advance")),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("year_minor", models.BigIntegerField()),
                ("total_minor", models.BigIntegerField()),
                ("valid_until", models.DateField(verbose_name="Valid until")),
                ("goes_at", models.DateTimeField(null=True)),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_address", "Nobody who decides has an e-mail address"),
                            ("opted_out", "Whoever it is for wants no mail"),
                            ("gone", "The person has left, or has no address any more"),
                            ("late", "Its day is long over"),
                            ("over", "The renewal is over, or comes due on another day now"),
                            ("invalid", "It is not valid any more"),
                            ("approval", "The discount is not approved"),
                            ("off", "It was switched off when it should have gone"),
                            ("failed", "The mail server did not take it"),
                        ],
                        max_length=10,
                    ),
                ),
                ("sent_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, max_length=120)),
                ("decided_from", models.GenericIPAddressField(null=True)),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="Why not")),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "contact",
                    cs_platform.kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.contact",
                        verbose_name="Who gets it",
                    ),
                ),
                (
                    "made_by",
                    cs_platform.kernel.tenancy.TenantForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="accounts.member"
                    ),
                ),
                (
                    "renewal",
                    cs_platform.kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="quotes", to="renewals.renewal"
                    ),
                ),
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
                "ordering": ["-number"],
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="QuoteLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("product", models.CharField(max_length=200)),
                ("seats", models.PositiveIntegerField(null=True)),
                ("before_minor", models.BigIntegerField()),
                ("year_minor", models.BigIntegerField()),
                ("total_minor", models.BigIntegerField()),
                (
                    "quote",
                    cs_platform.kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="renewals.quote"
                    ),
                ),
                (
                    "subscription",
                    cs_platform.kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.subscription"
                    ),
                ),
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
                "ordering": ["product", "id"],
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Flow",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("quotes", models.BooleanField(verbose_name="Quotes go out by themselves")),
                (
                    "uplift",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=6,
                        validators=[
                            django.core.validators.MinValueValidator(-100),
                            django.core.validators.MaxValueValidator(1000),
                        ],
                        verbose_name="Uplift in percent",
                    ),
                ),
                (
                    "term_months",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(120),
                        ],
                        verbose_name="Term in months",
                    ),
                ),
                ("prepaid", models.BooleanField(blank=True, null=True, verbose_name="Paid in advance")),
                (
                    "valid_days",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(365),
                        ],
                        verbose_name="Days that a quote is valid",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "segment",
                    cs_platform.kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.segment"
                    ),
                ),
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
                "constraints": [models.UniqueConstraint(fields=("tenant", "segment"), name="flow_of_segment")],
            },
        ),
        migrations.AddIndex(
            model_name="quote",
            index=models.Index(fields=["tenant", "renewal", "-number"], name="quote_of_renewal"),
        ),
        migrations.AddIndex(
            model_name="quote",
            index=models.Index(fields=["tenant", "updated_at", "id"], name="quote_by_update"),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.UniqueConstraint(fields=("tenant", "number"), name="quote_number"),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.UniqueConstraint(
                condition=models.Q(("automatic", True)),
                fields=("tenant", "renewal", "starts_on"),
                name="quote_once_by_itself",
            ),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "sent")), fields=("tenant", "renewal"), name="quote_one_with_them"
            ),
        ),
        migrations.AddConstraint(
            model_name="quoteline",
            constraint=models.UniqueConstraint(fields=("tenant", "quote", "subscription"), name="quoteline_once"),
        ),
        SecureTenantTables(append_only=["renewals_frozencall", "renewals_renewalcall"]),
        AuditTables(["renewals_flow", "renewals_quote"]),
    ]
