"""Why an ask failed: no value seen and too little in it are two reasons (ADV-05)."""

from django.db import migrations, models

CHOICES = [
    ("legal", "Legal or procurement"),
    ("not_shown", "Success not shown"),
    ("no_tie", "No tie to an executive"),
    ("no_reason", "No value seen in it"),
    ("incentive", "Too little in it for them"),
    ("no_answer", "No answer"),
    ("program", "Our own program"),
]


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0002_by_update")]

    operations = [
        migrations.AlterField(
            model_name="ask",
            name="failure",
            field=models.CharField(blank=True, choices=CHOICES, max_length=9, verbose_name="Why not"),
        ),
    ]
