"""Customers that pass from hand to hand, the issue log, mails of playbooks, tasks that sleep to an hour."""

import cs_platform.kernel.tenancy
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from cs_platform.kernel.audit import AuditTables
from cs_platform.kernel.tenancy import SecureTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_coverage_and_outgoing'),
        ('journey', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='task',
            name='snoozed_time',
            field=models.TimeField(blank=True, null=True, verbose_name='At'),
        ),
        migrations.AddField(
            model_name='task',
            name='wakes',
            field=models.BooleanField(default=False, verbose_name='Wake it when health falls'),
        ),
        migrations.AddField(
            model_name='task',
            name='snoozed_band',
            field=models.CharField(blank=True, choices=[('green', 'Healthy'), ('yellow', 'At risk'), ('red', 'Critical'), ('none', 'No data')], default='', max_length=6),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('state', 'open'), ('wakes', True)), fields=['tenant', 'account'], name='task_wakes'),
        ),
        migrations.AlterField(
            model_name='task',
            name='why',
            field=models.CharField(choices=[('person', 'Somebody wrote it'), ('alert', 'An alert asked for it'), ('playbook', 'A step of a playbook'), ('milestone', 'A milestone of a plan'), ('journey', 'A decision about the journey'), ('program', 'Another system sent it'), ('again', 'It comes again'), ('issue', 'An issue that was answered')], default='person', max_length=9),
        ),
        migrations.CreateModel(
            name='Issue',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=200, verbose_name='External id')),
                ('title', models.CharField(max_length=200, verbose_name='Issue')),
                ('description', models.TextField(blank=True, max_length=4000, verbose_name='What happens, and what is needed')),
                ('kind', models.CharField(choices=[('bug', 'Bug'), ('gap', 'Missing feature'), ('link', 'Integration'), ('service', 'Support or service'), ('docs', 'Documentation'), ('other', 'Other')], default='gap', max_length=8, verbose_name='Kind')),
                ('function', models.CharField(choices=[('product', 'Product'), ('engineer', 'Engineering'), ('support', 'Support'), ('services', 'Services'), ('sales', 'Sales'), ('finance', 'Finance')], default='product', max_length=8, verbose_name='Passed on to')),
                ('state', models.CharField(choices=[('new', 'New'), ('passed_on', 'Passed on'), ('planned', 'Planned'), ('started', 'In work'), ('shipped', 'Shipped'), ('declined', 'Declined')], default='new', max_length=9, verbose_name='State')),
                ('link', models.URLField(blank=True, max_length=500, verbose_name='Link')),
                ('reference', models.CharField(blank=True, max_length=120, verbose_name='Their reference')),
                ('promised_on', models.DateField(blank=True, null=True, verbose_name='Promised for')),
                ('answer', models.TextField(blank=True, max_length=2000, verbose_name='Answer')),
                ('reported_on', models.DateField(verbose_name='Reported on')),
                ('ended_on', models.DateField(null=True)),
                ('source', models.CharField(choices=[('import', 'Import'), ('api', 'API'), ('member', 'Person'), ('rule', 'Rule')], max_length=8)),
                ('source_ref', models.UUIDField(null=True)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_by', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('merged_into', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='merged', to='journey.issue', verbose_name='Says the same as')),
                ('owner', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member', verbose_name='Followed by')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'ordering': ['-reported_on', '-id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='task',
            name='issue',
            field=cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='tasks', to='journey.issue'),
        ),
        migrations.CreateModel(
            name='IssueAccount',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('weight', models.CharField(choices=[('blocker', 'Blocks them'), ('important', 'Important'), ('nice', 'Nice to have')], default='important', max_length=9, verbose_name='Weight')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='In their words')),
                ('since', models.DateField(verbose_name='Since')),
                ('told_on', models.DateField(blank=True, null=True)),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='issues', to='accounts.account')),
                ('contact', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.contact', verbose_name='Person')),
                ('issue', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='accounts', to='journey.issue')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'ordering': ['since', 'id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('step', models.CharField(max_length=40)),
                ('address', models.EmailField(blank=True, max_length=254)),
                ('language', models.CharField(default='en', max_length=5)),
                ('subject', models.CharField(max_length=200)),
                ('body', models.TextField(max_length=8000)),
                ('goes_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'Sent'), ('left_out', 'Left out'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='waiting', max_length=9)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('sent_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('version', models.PositiveIntegerField(default=1)),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='letters', to='accounts.account')),
                ('contact', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='letters', to='accounts.contact')),
                ('play', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='letters', to='journey.play')),
                ('sender', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Handoff',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('sales_cs', 'Sales to customer success'), ('onb_csm', 'Onboarding to CSM'), ('csm_sales', 'CSM to sales'), ('csm_csm', 'CSM to CSM')], max_length=9, verbose_name='Kind')),
                ('giver_name', models.CharField(blank=True, max_length=120, verbose_name='Name')),
                ('reason', models.CharField(max_length=500, verbose_name='Reason')),
                ('note', models.TextField(blank=True, max_length=4000, verbose_name='What they should know')),
                ('checklist', models.JSONField(default=list)),
                ('due_on', models.DateField(verbose_name='Answer until')),
                ('state', models.CharField(choices=[('open', 'Waiting'), ('accepted', 'Accepted'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn')], default='open', max_length=9)),
                ('answer', models.CharField(blank=True, max_length=500, verbose_name='Answer')),
                ('answered_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('version', models.PositiveIntegerField(default=1)),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='handoffs', to='accounts.account')),
                ('answered_by', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('created_by', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('giver', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member', verbose_name='Passed on by')),
                ('taker', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='handoffs', to='accounts.member', verbose_name='Passed on to')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['tenant', 'account', '-created_at'], name='handoff_of_account'), models.Index(condition=models.Q(('state', 'open')), fields=['tenant', 'taker', 'due_on'], name='handoff_waits'), models.Index(fields=['tenant', 'updated_at', 'id'], name='handoff_by_update')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('tenant', 'account', 'kind'), name='handoff_open_once'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('state', 'open')), models.Q(('state', 'open'), _negated=True), _connector='OR'), name='handoff_open_is_not_answered')],
            },
        ),
        migrations.AddIndex(
            model_name='issue',
            index=models.Index(fields=['tenant', 'state', '-reported_on'], name='issue_by_state'),
        ),
        migrations.AddIndex(
            model_name='issue',
            index=models.Index(fields=['tenant', 'updated_at', 'id'], name='issue_by_update'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.UniqueConstraint(fields=('tenant', 'external_id'), name='issue_external_id'),
        ),
        migrations.AddIndex(
            model_name='issueaccount',
            index=models.Index(fields=['tenant', 'account'], name='issueaccount_of_account'),
        ),
        migrations.AddConstraint(
            model_name='issueaccount',
            constraint=models.UniqueConstraint(fields=('tenant', 'issue', 'account'), name='issueaccount_once'),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(fields=['tenant', 'account', '-created_at'], name='letter_of_account'),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['tenant', 'goes_at'], name='letter_waits'),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(fields=['tenant', 'contact', '-sent_at'], name='letter_of_contact'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.UniqueConstraint(fields=('tenant', 'play', 'step'), name='letter_once'),
        ),
        SecureTenantTables(),
        AuditTables(['journey_handoff', 'journey_issue', 'journey_issueaccount', 'journey_letter']),
    ]
