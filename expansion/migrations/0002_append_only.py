"""Where a deal stood stays as it was written."""

from django.db import migrations

from cs_platform.kernel.tenancy import SecureTenantTables


class Migration(migrations.Migration):
    dependencies = [
        ("expansion", "0001_the_motion"),
    ]

    operations = [
        SecureTenantTables(append_only=["expansion_opportunitymove"]),
    ]
