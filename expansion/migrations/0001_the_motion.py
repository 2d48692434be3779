"""Where accounts may grow, whether it is earned, what becomes of it."""

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
            name='Signal',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('trigger', models.CharField(choices=[('limit', 'Near a limit'), ('seats_full', 'Seats full'), ('team_growth', 'Team grows'), ('use_case', 'New use case'), ('department', 'New department'), ('champion', 'Champion asks'), ('advocate', 'Healthy and an advocate'), ('renewal', 'Bundle with the renewal'), ('growth', 'Business growth'), ('competitor', 'Competitor to replace'), ('person', 'Somebody saw it')], max_length=11)),
                ('cause', models.CharField(blank=True, max_length=120)),
                ('inputs', models.JSONField(default=dict)),
                ('as_of', models.DateField()),
                ('state', models.CharField(choices=[('open', 'New'), ('taken', 'Taken up'), ('dismissed', 'Dismissed'), ('over', 'Over')], default='open', max_length=9)),
                ('decided_on', models.DateField(null=True)),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='Reason')),
                ('opened_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('version', models.PositiveIntegerField(default=1)),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='signals', to='accounts.account')),
                ('decided_by', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('product', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.product')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
                ('track', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='journey.track')),
            ],
            options={
                'ordering': ['-as_of', '-id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Opportunity',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=200, verbose_name='External id')),
                ('name', models.CharField(max_length=200, verbose_name='What it is about')),
                ('kind', models.CharField(choices=[('seats', 'Seats'), ('tier', 'Higher tier'), ('product', 'Product or module'), ('usage', 'Usage')], max_length=7, verbose_name='Kind')),
                ('motion', models.CharField(choices=[('upsell', 'Upsell'), ('cross_sell', 'Cross-sell')], max_length=10, verbose_name='Motion')),
                ('trigger', models.CharField(choices=[('limit', 'Near a limit'), ('seats_full', 'Seats full'), ('team_growth', 'Team grows'), ('use_case', 'New use case'), ('department', 'New department'), ('champion', 'Champion asks'), ('advocate', 'Healthy and an advocate'), ('renewal', 'Bundle with the renewal'), ('growth', 'Business growth'), ('competitor', 'Competitor to replace'), ('person', 'Somebody saw it')], default='person', max_length=11, verbose_name='Why now')),
                ('seats', models.PositiveIntegerField(blank=True, null=True, verbose_name='More seats')),
                ('amount_minor', models.BigIntegerField(validators=[django.core.validators.MinValueValidator(0)], verbose_name='More a year')),
                ('currency', models.CharField(max_length=3, validators=[cs_platform.kernel.money.validate_currency], verbose_name='Currency')),
                ('stage', models.CharField(choices=[('identified', 'Identified'), ('qualified', 'Qualified'), ('proposal', 'Proposal'), ('commit', 'Commit'), ('won', 'Won'), ('lost', 'Lost')], default='identified', max_length=10, verbose_name='Stage')),
                ('stage_since', models.DateField()),
                ('chance', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='Chance')),
                ('identified_on', models.DateField(verbose_name='Seen on')),
                ('close_on', models.DateField(blank=True, null=True, verbose_name='Expected by')),
                ('case', models.TextField(blank=True, max_length=4000, verbose_name='Business case')),
                ('next_step', models.CharField(blank=True, max_length=200, verbose_name='Next step')),
                ('next_step_on', models.DateField(blank=True, null=True, verbose_name='Until')),
                ('override', models.CharField(blank=True, max_length=500, verbose_name='Why it goes on all the same')),
                ('earned', models.JSONField(default=dict)),
                ('closed_on', models.DateField(blank=True, null=True)),
                ('loss', models.CharField(blank=True, choices=[('not_systematic', 'Seen too late'), ('discomfort', 'Nobody asked for it'), ('handoff', 'Handoff to sales broke'), ('budget', 'Budget or timing'), ('weak_case', 'Weak business case'), ('competitor', 'Competitor'), ('not_earned', 'Not earned yet')], max_length=14, verbose_name='Why it was lost')),
                ('win', models.CharField(blank=True, choices=[('value', 'Proven value'), ('need', 'A need that grew'), ('champion', 'A champion carried it'), ('price', 'Terms'), ('other', 'Other')], max_length=8, verbose_name='Why it was won')),
                ('note', models.CharField(blank=True, max_length=1000, verbose_name='Note')),
                ('won_mrr', models.BigIntegerField(null=True)),
                ('source', models.CharField(choices=[('import', 'Import'), ('api', 'API'), ('member', 'Person'), ('rule', 'Rule'), ('renewal', 'Renewal'), ('deal', 'Expansion deal')], max_length=8)),
                ('source_ref', models.UUIDField(null=True)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('version', models.PositiveIntegerField(default=1)),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='opportunities', to='accounts.account')),
                ('buyer', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.contact', verbose_name='Who buys')),
                ('handoff', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='opportunities', to='journey.handoff')),
                ('override_by', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('owner', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='opportunities', to='accounts.member', verbose_name='Owner')),
                ('plan', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.plan', verbose_name='Plan')),
                ('product', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.product', verbose_name='Product')),
                ('subscription', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.subscription', verbose_name='Contract')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
                ('written', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.subscription')),
                ('signal', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='opportunities', to='expansion.signal')),
            ],
            options={
                'ordering': ['-recorded_at', '-id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='StageChance',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('stage', models.CharField(choices=[('identified', 'Identified'), ('qualified', 'Qualified'), ('proposal', 'Proposal'), ('commit', 'Commit'), ('won', 'Won'), ('lost', 'Lost')], max_length=10)),
                ('chance', models.PositiveSmallIntegerField(validators=[django.core.validators.MaxValueValidator(100)], verbose_name='Chance')),
                ('version', models.PositiveIntegerField(default=1)),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='NoFit',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='Reason')),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.account')),
                ('product', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'account', 'product'), name='nofit_once')],
            },
        ),
        migrations.CreateModel(
            name='OpportunityMove',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('before', models.CharField(blank=True, choices=[('identified', 'Identified'), ('qualified', 'Qualified'), ('proposal', 'Proposal'), ('commit', 'Commit'), ('won', 'Won'), ('lost', 'Lost')], max_length=10)),
                ('after', models.CharField(choices=[('identified', 'Identified'), ('qualified', 'Qualified'), ('proposal', 'Proposal'), ('commit', 'Commit'), ('won', 'Won'), ('lost', 'Lost')], max_length=10)),
                ('moved_on', models.DateField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('member', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('opportunity', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='moves', to='expansion.opportunity')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'ordering': ['at', 'id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['tenant', 'opportunity', 'at'], name='opportunitymove_of_deal')],
            },
        ),
        migrations.CreateModel(
            name='OpportunityPerson',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('part', models.CharField(blank=True, max_length=120, verbose_name='Part')),
                ('contact', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.contact')),
                ('opportunity', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='people', to='expansion.opportunity')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'opportunity', 'contact'), name='opportunityperson_once')],
            },
        ),
        migrations.AddIndex(
            model_name='signal',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['tenant', '-as_of'], name='signal_open'),
        ),
        migrations.AddConstraint(
            model_name='signal',
            constraint=models.UniqueConstraint(fields=('tenant', 'account', 'trigger', 'cause'), name='signal_once_for_a_cause'),
        ),
        migrations.AddIndex(
            model_name='opportunity',
            index=models.Index(fields=['tenant', 'stage', '-amount_minor'], name='opportunity_by_stage'),
        ),
        migrations.AddIndex(
            model_name='opportunity',
            index=models.Index(fields=['tenant', 'account', '-identified_on'], name='opportunity_of_account'),
        ),
        migrations.AddIndex(
            model_name='opportunity',
            index=models.Index(fields=['tenant', 'closed_on'], name='opportunity_by_close'),
        ),
        migrations.AddIndex(
            model_name='opportunity',
            index=models.Index(fields=['tenant', 'updated_at', 'id'], name='opportunity_by_update'),
        ),
        migrations.AddConstraint(
            model_name='opportunity',
            constraint=models.UniqueConstraint(fields=('tenant', 'external_id'), name='opportunity_external_id'),
        ),
        migrations.AddConstraint(
            model_name='stagechance',
            constraint=models.UniqueConstraint(fields=('tenant', 'stage'), name='stagechance_of_stage'),
        ),
        SecureTenantTables(),
        AuditTables(['expansion_nofit', 'expansion_opportunity', 'expansion_signal', 'expansion_stagechance']),
    ]
