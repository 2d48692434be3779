"""Rows that the night derives are not checked key by key: the checks of a large book took longer than its rows."""

import cs_platform.kernel.tenancy
import django.db.models.deletion
from django.db import migrations, models

from cs_platform.kernel.tenancy import SecureTenantTables


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_coverage_and_outgoing"),
        ("metrics", "0007_won_by_month"),
    ]

    operations = [
        migrations.AlterField(
            model_name="accountmonth",
            name="account",
            field=cs_platform.kernel.tenancy.TenantForeignKey(
                checked=False, on_delete=django.db.models.deletion.CASCADE, related_name="months", to="accounts.account"
            ),
        ),
        migrations.AlterField(
            model_name="accountmonth",
            name="tenant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.tenant",
            ),
        ),
        SecureTenantTables(),
    ]
