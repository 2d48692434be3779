"""Figures of a large book's journeys, as the night reckons them."""

import cs_platform.kernel.tenancy
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from cs_platform.kernel.tenancy import SecureTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0017_deals'),
        ('journey', '0003_why_of_deals'),
    ]

    operations = [
        migrations.CreateModel(
            name='JourneySpan',
            fields=[
                ('pk', models.CompositePrimaryKey('tenant_id', 'span', blank=True, editable=False, primary_key=True, serialize=False)),
                ('span', models.CharField(max_length=8)),
                ('first', models.DateField()),
                ('last', models.DateField()),
                ('before_first', models.DateField()),
                ('reckoned_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='JourneySum',
            fields=[
                ('pk', models.CompositePrimaryKey('tenant_id', 'span', 'place', blank=True, editable=False, primary_key=True, serialize=False)),
                ('span', models.CharField(max_length=8)),
                ('place', models.IntegerField()),
                ('figure', models.CharField(max_length=12)),
                ('cell', models.CharField(max_length=20)),
                ('part', models.CharField(max_length=6)),
                ('stage', models.CharField(max_length=10)),
                ('word', models.CharField(max_length=20)),
                ('cut', models.CharField(max_length=8)),
                ('value', models.CharField(max_length=80)),
                ('days', models.IntegerField(null=True)),
                ('n', models.IntegerField()),
                ('accounts', models.IntegerField()),
                ('mrr', models.BigIntegerField()),
                ('owner', cs_platform.kernel.tenancy.TenantForeignKey(checked=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.member')),
                ('segment', cs_platform.kernel.tenancy.TenantForeignKey(checked=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.segment')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='JourneyMark',
            fields=[
                ('pk', models.CompositePrimaryKey('tenant_id', 'as_of', 'flag', 'period_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('as_of', models.DateField()),
                ('flag', models.CharField(max_length=32)),
                ('days', models.IntegerField(null=True)),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(checked=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.account')),
                ('owner', cs_platform.kernel.tenancy.TenantForeignKey(checked=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.member')),
                ('period', cs_platform.kernel.tenancy.TenantForeignKey(checked=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='journey.stageperiod')),
                ('segment', cs_platform.kernel.tenancy.TenantForeignKey(checked=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.segment')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
                ('track', cs_platform.kernel.tenancy.TenantForeignKey(checked=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='journey.track')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['tenant', 'account'], name='journeymark_of_account')],
            },
        ),
        SecureTenantTables(),
    ]
