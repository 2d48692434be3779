"""Tasks that renewals, deals and the advocacy program ask for."""

from django.db import migrations, models

SOURCES = [
    ("import", "Import"), ("api", "API"), ("member", "Person"), ("rule", "Rule"), ("renewal", "Renewal"), ("deal", "Expansion deal"),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("journey", "0002_handoffs_issues_letters"),
    ]

    operations = [
        migrations.AlterField(
            model_name="issue",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="plan",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="stageperiod",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="task",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="track",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="task",
            name="why",
            field=models.CharField(
                choices=[
                    ("person", "Somebody wrote it"),
                    ("alert", "An alert asked for it"),
                    ("playbook", "A step of a playbook"),
                    ("milestone", "A milestone of a plan"),
                    ("journey", "A decision about the journey"),
                    ("program", "Another system sent it"),
                    ("again", "It comes again"),
                    ("issue", "An issue that was answered"),
                    ("renewal", "A renewal that comes due"),
                    ("deal", "An expansion deal"),
                    ("advocacy", "The advocacy program"),
                ],
                default="person",
                max_length=9,
            ),
        ),
    ]
