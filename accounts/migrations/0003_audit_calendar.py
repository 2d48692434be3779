"""Audit triggers of the company's calendar, which moves every response time."""

from django.db import migrations

from cs_platform.kernel.audit import AuditTables


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_audit")]

    operations = [AuditTables(["accounts_businesshours", "accounts_holiday"])]
