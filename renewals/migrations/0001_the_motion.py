"""Contracts that come due, what is done about them, what is expected of them."""

import cs_platform.kernel.money
import cs_platform.kernel.tenancy
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from cs_platform.kernel.audit import AuditTables
from cs_platform.kernel.tenancy import SecureTenantTables


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0016_plan_and_issue_files'),
        ('journey', '0002_handoffs_issues_letters'),
    ]

    operations = [
        migrations.CreateModel(
            name='Renewal',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=200, verbose_name='External id')),
                ('due_on', models.DateField(verbose_name='Renews')),
                ('opened_on', models.DateField(verbose_name='Opened on')),
                ('profile', models.CharField(choices=[('enterprise', 'Enterprise'), ('mid_market', 'Mid-market'), ('smb', 'Small business'), ('product_led', 'Product-led')], max_length=12)),
                ('state', models.CharField(choices=[('open', 'Open'), ('renewed', 'Renewed'), ('expanded', 'Expanded'), ('contracted', 'Contracted'), ('churned', 'Churned'), ('withdrawn', 'Nothing left to renew')], default='open', max_length=10, verbose_name='State')),
                ('phase', models.CharField(choices=[('preparing', 'Preparing'), ('talking', 'In conversation'), ('proposed', 'Proposal sent'), ('negotiating', 'Negotiating'), ('signing', 'With their signature')], default='preparing', max_length=11, verbose_name='Phase')),
                ('phase_since', models.DateField()),
                ('intent', models.CharField(choices=[('unknown', 'Not asked yet'), ('renew', 'Will renew'), ('more', 'Wants more'), ('less', 'Wants less'), ('unsure', 'Not decided'), ('leave', 'Wants to leave')], default='unknown', max_length=8, verbose_name='What they intend')),
                ('talked_on', models.DateField(blank=True, null=True, verbose_name='First conversation')),
                ('next_step', models.CharField(blank=True, max_length=200, verbose_name='Next step')),
                ('next_step_on', models.DateField(blank=True, null=True, verbose_name='Until')),
                ('currency', models.CharField(max_length=3, validators=[cs_platform.kernel.money.validate_currency], verbose_name='Currency')),
                ('offered_minor', models.BigIntegerField(blank=True, null=True, verbose_name='Offered a year')),
                ('asked_minor', models.BigIntegerField(blank=True, null=True, verbose_name='They ask for, a year')),
                ('floor_minor', models.BigIntegerField(blank=True, null=True, verbose_name='Least that we accept, a year')),
                ('term_months', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(120)], verbose_name='Term in months')),
                ('prepaid', models.BooleanField(blank=True, null=True, verbose_name='Paid in advance')),
                ('uplift', models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True, verbose_name='Uplift in percent')),
                ('approval', models.CharField(choices=[('none', 'Not needed yet'), ('asked', 'Asked'), ('running', 'Under review'), ('done', 'Agreed'), ('refused', 'Refused')], default='none', max_length=8, verbose_name='Approval of the discount')),
                ('legal', models.CharField(choices=[('none', 'Not needed yet'), ('asked', 'Asked'), ('running', 'Under review'), ('done', 'Agreed'), ('refused', 'Refused')], default='none', max_length=8, verbose_name='Legal')),
                ('procurement', models.CharField(choices=[('none', 'Not needed yet'), ('asked', 'Asked'), ('running', 'Under review'), ('done', 'Agreed'), ('refused', 'Refused')], default='none', max_length=8, verbose_name='Procurement')),
                ('likely_reason', models.CharField(blank=True, choices=[('late_start', 'Started late'), ('value', 'Value not shown'), ('budget', 'Budget'), ('champion', 'Champion left'), ('competitor', 'Competitor'), ('procurement', 'Procurement takes long'), ('price', 'Price'), ('product', 'Product')], max_length=12, verbose_name='Likely reason if lost')),
                ('closed_on', models.DateField(blank=True, null=True)),
                ('due_mrr', models.BigIntegerField(null=True)),
                ('kept_mrr', models.BigIntegerField(null=True)),
                ('effort', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(7)], verbose_name='How easy it was for them, 1 to 7')),
                ('note', models.CharField(blank=True, max_length=1000, verbose_name='Note')),
                ('source', models.CharField(choices=[('import', 'Import'), ('api', 'API'), ('member', 'Person'), ('rule', 'Rule'), ('renewal', 'Renewal'), ('deal', 'Expansion deal')], default='rule', max_length=8)),
                ('source_ref', models.UUIDField(null=True)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('version', models.PositiveIntegerField(default=1)),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='renewals', to='accounts.account')),
                ('approved_by', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('closed_by', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'ordering': ['due_on', 'id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Objection',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('text', models.CharField(max_length=500, verbose_name='In their words')),
                ('reason', models.CharField(blank=True, choices=[('late_start', 'Started late'), ('value', 'Value not shown'), ('budget', 'Budget'), ('champion', 'Champion left'), ('competitor', 'Competitor'), ('procurement', 'Procurement takes long'), ('price', 'Price'), ('product', 'Product')], max_length=12, verbose_name='Kind')),
                ('raised_on', models.DateField(verbose_name='Raised on')),
                ('answer', models.CharField(blank=True, max_length=1000, verbose_name='Our answer')),
                ('answered_on', models.DateField(blank=True, null=True, verbose_name='Answered on')),
                ('version', models.PositiveIntegerField(default=1)),
                ('contact', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.contact', verbose_name='Who says so')),
                ('recorded_by', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
                ('renewal', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='objections', to='renewals.renewal')),
            ],
            options={
                'ordering': ['answered_on', 'raised_on', 'id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='FrozenCall',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('week', models.DateField()),
                ('caller', models.CharField(choices=[('system', 'System'), ('csm', 'CSM'), ('leader', 'Leader')], max_length=6)),
                ('probability', models.DecimalField(decimal_places=2, max_digits=5)),
                ('mrr_minor', models.BigIntegerField()),
                ('due_on', models.DateField()),
                ('member', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
                ('renewal', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='frozen', to='renewals.renewal')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RenewalCall',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('caller', models.CharField(choices=[('system', 'System'), ('csm', 'CSM'), ('leader', 'Leader')], max_length=6)),
                ('probability', models.DecimalField(decimal_places=2, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='Chance that it renews')),
                ('reasons', models.JSONField(default=list)),
                ('as_of', models.DateField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('member', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('renewal', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='renewals.renewal')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'ordering': ['-at', '-id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RenewalLine',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('next_period', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.subscription')),
                ('renewal', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='renewals.renewal')),
                ('subscription', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='renewal_lines', to='accounts.subscription')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RenewalStep',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('step', models.CharField(choices=[('prep', 'Internal prep'), ('talk', 'Conversation'), ('quote', 'Quote'), ('proposal', 'Proposal'), ('negotiate', 'Negotiate'), ('sign', 'Sign'), ('confirm', 'Confirm'), ('notice', 'Notice'), ('notice_2', 'Second notice'), ('reminder', 'Reminder'), ('reminder_2', 'Last reminder')], max_length=10)),
                ('days', models.PositiveSmallIntegerField()),
                ('due_on', models.DateField()),
                ('done_on', models.DateField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='Note')),
                ('version', models.PositiveIntegerField(default=1)),
                ('done_by', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('renewal', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='renewals.renewal')),
                ('task', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='renewal_steps', to='journey.task')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'ordering': ['-days', 'id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Runway',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('days', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1)], verbose_name='Days before the end')),
                ('steps', models.JSONField(default=list)),
                ('version', models.PositiveIntegerField(default=1)),
                ('segment', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.segment')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SavePlay',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('cause', models.CharField(choices=[('red', 'Health is critical'), ('rule', 'An alert'), ('call', 'Called at risk'), ('person', 'By hand')], max_length=6, verbose_name='Why')),
                ('opened_on', models.DateField()),
                ('lead_days', models.IntegerField(null=True)),
                ('mrr_minor', models.BigIntegerField(verbose_name='Money at risk')),
                ('approach', models.CharField(blank=True, max_length=500, verbose_name='How it is to be saved')),
                ('state', models.CharField(choices=[('running', 'Running'), ('saved', 'Saved'), ('lost', 'Lost'), ('withdrawn', 'Withdrawn')], default='running', max_length=9)),
                ('decided_on', models.DateField(blank=True, null=True)),
                ('above_red_since', models.DateField(blank=True, null=True)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('version', models.PositiveIntegerField(default=1)),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='save_plays', to='accounts.account')),
                ('opened_by', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('play', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='save_plays', to='journey.play')),
                ('renewal', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='save_plays', to='renewals.renewal')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'ordering': ['-opened_on', '-id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Stakeholder',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('part', models.CharField(choices=[('decides', 'Decides'), ('pays', 'Pays'), ('uses', 'Uses'), ('procurement', 'Procurement'), ('legal', 'Legal')], max_length=11, verbose_name='Part')),
                ('stance', models.CharField(choices=[('unknown', 'Unknown'), ('for', 'For'), ('neutral', 'Neutral'), ('against', 'Against')], default='unknown', max_length=8, verbose_name='Stance')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='Note')),
                ('version', models.PositiveIntegerField(default=1)),
                ('contact', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='renewals', to='accounts.contact')),
                ('renewal', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stakeholders', to='renewals.renewal')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.AddIndex(
            model_name='renewal',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['tenant', 'due_on', 'id'], name='renewal_due'),
        ),
        migrations.AddIndex(
            model_name='renewal',
            index=models.Index(fields=['tenant', 'account', '-due_on'], name='renewal_of_account'),
        ),
        migrations.AddIndex(
            model_name='renewal',
            index=models.Index(fields=['tenant', 'closed_on'], name='renewal_by_close'),
        ),
        migrations.AddIndex(
            model_name='renewal',
            index=models.Index(fields=['tenant', 'updated_at', 'id'], name='renewal_by_update'),
        ),
        migrations.AddConstraint(
            model_name='renewal',
            constraint=models.UniqueConstraint(fields=('tenant', 'external_id'), name='renewal_external_id'),
        ),
        migrations.AddConstraint(
            model_name='renewal',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'withdrawn'), _negated=True), fields=('tenant', 'account', 'due_on'), name='renewal_once_for_a_day'),
        ),
        migrations.AddConstraint(
            model_name='renewal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_on', None), ('state', 'open')), models.Q(('state', 'open'), _negated=True), _connector='OR'), name='renewal_open_not_closed'),
        ),
        migrations.AddIndex(
            model_name='objection',
            index=models.Index(fields=['tenant', 'renewal', 'raised_on'], name='objection_of_renewal'),
        ),
        migrations.AddIndex(
            model_name='frozencall',
            index=models.Index(fields=['tenant', 'week'], name='frozencall_of_week'),
        ),
        migrations.AddConstraint(
            model_name='frozencall',
            constraint=models.UniqueConstraint(fields=('tenant', 'renewal', 'week', 'caller'), name='frozencall_once'),
        ),
        migrations.AddIndex(
            model_name='renewalcall',
            index=models.Index(fields=['tenant', 'renewal', 'caller', '-at'], name='renewalcall_latest'),
        ),
        migrations.AddIndex(
            model_name='renewalline',
            index=models.Index(fields=['tenant', 'subscription'], name='renewalline_of_contract'),
        ),
        migrations.AddConstraint(
            model_name='renewalline',
            constraint=models.UniqueConstraint(fields=('tenant', 'renewal', 'subscription'), name='renewalline_once'),
        ),
        migrations.AddIndex(
            model_name='renewalstep',
            index=models.Index(condition=models.Q(('done_on', None)), fields=['tenant', 'due_on'], name='renewalstep_open'),
        ),
        migrations.AddIndex(
            model_name='renewalstep',
            index=models.Index(fields=['tenant', 'task'], name='renewalstep_of_task'),
        ),
        migrations.AddConstraint(
            model_name='renewalstep',
            constraint=models.UniqueConstraint(fields=('tenant', 'renewal', 'step'), name='renewalstep_once'),
        ),
        migrations.AddConstraint(
            model_name='runway',
            constraint=models.UniqueConstraint(fields=('tenant', 'segment'), name='runway_of_segment'),
        ),
        migrations.AddIndex(
            model_name='saveplay',
            index=models.Index(fields=['tenant', 'account', '-opened_on'], name='saveplay_of_account'),
        ),
        migrations.AddIndex(
            model_name='saveplay',
            index=models.Index(fields=['tenant', 'opened_on'], name='saveplay_by_day'),
        ),
        migrations.AddConstraint(
            model_name='saveplay',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('tenant', 'account'), name='saveplay_one_running'),
        ),
        migrations.AddConstraint(
            model_name='stakeholder',
            constraint=models.UniqueConstraint(fields=('tenant', 'renewal', 'contact'), name='stakeholder_once'),
        ),
        SecureTenantTables(),
        AuditTables(['renewals_objection', 'renewals_renewal', 'renewals_runway', 'renewals_saveplay', 'renewals_stakeholder']),
    ]
