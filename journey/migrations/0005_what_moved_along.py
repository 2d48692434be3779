"""What passed along with a customer, kept with the handoff."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journey", "0004_kept_figures"),
    ]

    operations = [
        migrations.AddField(
            model_name="handoff",
            name="moved_tasks",
            field=models.PositiveIntegerField(default=0, verbose_name="Open tasks that moved along"),
        ),
        migrations.AddField(
            model_name="handoff",
            name="moved_plans",
            field=models.PositiveIntegerField(default=0, verbose_name="Plans that moved along"),
        ),
        migrations.AddField(
            model_name="handoff",
            name="moved_milestones",
            field=models.PositiveIntegerField(default=0, verbose_name="Milestones that moved along"),
        ),
    ]
