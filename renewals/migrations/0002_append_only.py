"""What was called, and what was frozen of it, stays as it was written."""

from django.db import migrations

from cs_platform.kernel.tenancy import SecureTenantTables


class Migration(migrations.Migration):
    dependencies = [
        ("renewals", "0001_the_motion"),
    ]

    operations = [
        SecureTenantTables(append_only=["renewals_frozencall", "renewals_renewalcall"]),
    ]
