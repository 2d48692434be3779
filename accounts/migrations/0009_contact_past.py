"""How people stood before, so that a past score knows no role that somebody got later."""

import cs_platform.kernel.tenancy
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from cs_platform.kernel.tenancy import SecureTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_revenue_truth'),
    ]

    operations = [
        migrations.CreateModel(
            name='ContactPast',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(blank=True, max_length=20)),
                ('last_contact_on', models.DateField(null=True)),
                ('left_on', models.DateField(null=True)),
                ('until', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.account')),
                ('contact', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='past', to='accounts.contact')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['tenant', 'contact', 'until'], name='contactpast_of_contact')],
            },
        ),
        SecureTenantTables(append_only=["accounts_contactpast"]),
    ]
