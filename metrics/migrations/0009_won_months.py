"""Customers won by month with their cost, added up in the night: the board need not read every account."""

import django.db.models.deletion
from django.db import migrations, models

from cs_platform.kernel.tenancy import SecureTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0016_plan_and_issue_files'),
        ('metrics', '0008_derived_rows_unchecked'),
    ]

    operations = [
        migrations.CreateModel(
            name='WonMonth',
            fields=[
                ('pk', models.CompositePrimaryKey('tenant_id', 'month', 'segment_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField()),
                ('segment_id', models.UUIDField()),
                ('won', models.IntegerField()),
                ('known', models.IntegerField()),
                ('cost', models.BigIntegerField()),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        SecureTenantTables(),
    ]
