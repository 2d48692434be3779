"""Scores are read in the order in which they were made; whether a tenant notes feedback at all is asked at each score."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("health", "0002_usage_upkeep")]

    operations = [
        migrations.AddIndex(
            "healthscore",
            models.Index(fields=["tenant", "computed_at", "account_id", "as_of"], name="healthscore_by_update"),
        ),
        migrations.AddIndex(
            "touchpoint",
            models.Index(
                condition=models.Q(("kind__in", ["feedback", "community"])),
                fields=["tenant", "known_on"],
                name="touchpoint_feedback",
            ),
        ),
    ]
