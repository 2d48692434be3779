"""Audit triggers of the tables that people edit; they write into the kernel's table, which comes after 0001."""

from django.db import migrations

from cs_platform.kernel.audit import AuditTables


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("kernel", "0001_initial")]

    operations = [
        AuditTables(
            [
                "accounts_account",
                "accounts_accountevent",
                "accounts_apikey",
                "accounts_contact",
                "accounts_feature",
                "accounts_invitation",
                "accounts_member",
                "accounts_plan",
                "accounts_product",
                "accounts_role",
                "accounts_segment",
                "accounts_team",
            ]
        ),
    ]
