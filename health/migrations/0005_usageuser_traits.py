"""What was said of a user before it was known where they belong."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("health", "0004_lean_usage_keys")]

    operations = [migrations.AddField("usageuser", "traits", models.JSONField(null=True))]
