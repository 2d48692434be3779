"""Who may be asked to speak for us, what they were asked for, what came of it."""

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
    ]

    operations = [
        migrations.CreateModel(
            name='Advocate',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=200, verbose_name='External id')),
                ('state', models.CharField(choices=[('enrolled', 'Enrolled'), ('left', 'Left the program')], default='enrolled', max_length=8)),
                ('consent', models.CharField(choices=[('name_logo', 'Name and logo'), ('name', 'Name'), ('reference', 'Reference only, no name'), ('review', 'Review only'), ('refused', 'Refused')], max_length=9, verbose_name='Consent')),
                ('consent_on', models.DateField(verbose_name='Consent given on')),
                ('consent_until', models.DateField(blank=True, null=True, verbose_name='Consent until')),
                ('legal', models.CharField(choices=[('draft', 'Not sent yet'), ('waiting', 'With legal'), ('approved', 'Approved'), ('refused', 'Refused')], default='approved', max_length=8, verbose_name='Their legal')),
                ('legal_since', models.DateField()),
                ('enrolled_on', models.DateField()),
                ('left_on', models.DateField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='Note')),
                ('source', models.CharField(choices=[('import', 'Import'), ('api', 'API'), ('member', 'Person'), ('rule', 'Rule'), ('renewal', 'Renewal'), ('deal', 'Expansion deal')], max_length=8)),
                ('source_ref', models.UUIDField(null=True)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('version', models.PositiveIntegerField(default=1)),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='advocates', to='accounts.account')),
                ('contact', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='advocacy', to='accounts.contact')),
                ('enrolled_by', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Asset',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=200, verbose_name='External id')),
                ('kind', models.CharField(choices=[('reference', 'Reference'), ('case_study', 'Case study'), ('review', 'Review'), ('testimonial', 'Testimonial'), ('referral', 'Referral'), ('speaking', 'Event or webinar talk'), ('board', 'Advisory board'), ('marketing', 'Customer marketing'), ('community', 'Community'), ('social', 'Social share'), ('content', 'Content of their own')], max_length=11, verbose_name='Kind')),
                ('title', models.CharField(max_length=200, verbose_name='Title')),
                ('url', models.URLField(blank=True, max_length=500, verbose_name='Link')),
                ('legal', models.CharField(choices=[('draft', 'Not sent yet'), ('waiting', 'With legal'), ('approved', 'Approved'), ('refused', 'Refused')], default='draft', max_length=8, verbose_name='Legal')),
                ('legal_since', models.DateField()),
                ('approved_until', models.DateField(blank=True, null=True, verbose_name='Approved until')),
                ('published_on', models.DateField(blank=True, null=True, verbose_name='Published on')),
                ('site', models.CharField(blank=True, choices=[('g2', 'G2'), ('capterra', 'Capterra'), ('other', 'Another site')], max_length=8, verbose_name='Site')),
                ('rating', models.DecimalField(blank=True, decimal_places=1, max_digits=2, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(5)], verbose_name='Stars')),
                ('source', models.CharField(choices=[('import', 'Import'), ('api', 'API'), ('member', 'Person'), ('rule', 'Rule'), ('renewal', 'Renewal'), ('deal', 'Expansion deal')], max_length=8)),
                ('source_ref', models.UUIDField(null=True)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('version', models.PositiveIntegerField(default=1)),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assets', to='accounts.account')),
                ('advocate', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='assets', to='advocacy.advocate')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'ordering': ['-recorded_at', '-id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='AssetUse',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('used_on', models.DateField(verbose_name='Used on')),
                ('prospect', models.CharField(blank=True, max_length=200, verbose_name='For whom')),
                ('won', models.BooleanField(blank=True, null=True, verbose_name='The deal was won')),
                ('asset', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='advocacy.asset')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
                ('used_by', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Gathering',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200, verbose_name='Name')),
                ('kind', models.CharField(choices=[('board', 'Advisory board'), ('event', 'Event'), ('webinar', 'Webinar')], max_length=7, verbose_name='Kind')),
                ('held_on', models.DateField(verbose_name='Held on')),
                ('note', models.CharField(blank=True, max_length=1000, verbose_name='Note')),
                ('version', models.PositiveIntegerField(default=1)),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'ordering': ['-held_on', '-id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Guest',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('attendance', models.CharField(choices=[('invited', 'Invited'), ('coming', 'Coming'), ('came', 'Came'), ('spoke', 'Spoke'), ('absent', 'Did not come')], default='invited', max_length=7)),
                ('version', models.PositiveIntegerField(default=1)),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.account')),
                ('contact', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='gatherings', to='accounts.contact')),
                ('gathering', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='guests', to='advocacy.gathering')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Program',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('months_before', models.PositiveSmallIntegerField(default=12, verbose_name='Months as a customer')),
                ('rest_days', models.PositiveSmallIntegerField(default=60, verbose_name='Rest after an ask, in days')),
                ('long_rest_days', models.PositiveSmallIntegerField(default=90, verbose_name='Rest after many asks, in days')),
                ('many_asks', models.PositiveSmallIntegerField(default=3, verbose_name='Many asks within 180 days')),
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
            name='Qualification',
            fields=[
                ('pk', models.CompositePrimaryKey('tenant_id', 'account_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('as_of', models.DateField()),
                ('healthy', models.BooleanField(null=True)),
                ('proven', models.BooleanField(null=True)),
                ('champion', models.BooleanField(null=True)),
                ('profile', models.BooleanField(null=True)),
                ('adopted', models.BooleanField(null=True)),
                ('renewed', models.BooleanField(null=True)),
                ('evidence', models.JSONField(default=dict)),
                ('qualified', models.BooleanField()),
                ('qualified_since', models.DateField(null=True)),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(checked=False, on_delete=django.db.models.deletion.CASCADE, related_name='qualification', to='accounts.account')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ReferenceRequest',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('prospect', models.CharField(max_length=200, verbose_name='For whom')),
                ('asked_by', models.CharField(blank=True, max_length=120, verbose_name='Asked by')),
                ('text', models.CharField(blank=True, max_length=1000, verbose_name='What is wanted')),
                ('kind', models.CharField(choices=[('reference', 'Reference'), ('case_study', 'Case study'), ('review', 'Review'), ('testimonial', 'Testimonial'), ('referral', 'Referral'), ('speaking', 'Event or webinar talk'), ('board', 'Advisory board'), ('marketing', 'Customer marketing'), ('community', 'Community'), ('social', 'Social share'), ('content', 'Content of their own')], default='reference', max_length=11, verbose_name='Kind')),
                ('industry', models.CharField(blank=True, max_length=80, verbose_name='Industry')),
                ('users', models.PositiveIntegerField(blank=True, null=True, verbose_name='Users')),
                ('deal_minor', models.BigIntegerField(blank=True, null=True, verbose_name='Deal, a year')),
                ('currency', models.CharField(max_length=3, validators=[cs_platform.kernel.money.validate_currency], verbose_name='Currency')),
                ('decides_on', models.DateField(blank=True, null=True, verbose_name='They decide on')),
                ('due_on', models.DateField(verbose_name='Until')),
                ('state', models.CharField(choices=[('open', 'Open'), ('matched', 'Matched'), ('done', 'Done'), ('unmet', 'Not met')], default='open', max_length=7)),
                ('ended_on', models.DateField(blank=True, null=True)),
                ('won', models.BooleanField(blank=True, null=True, verbose_name='The deal was won')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_by', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('product', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.product', verbose_name='Product')),
                ('segment', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.segment', verbose_name='Segment')),
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
            name='Ask',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('reference', 'Reference'), ('case_study', 'Case study'), ('review', 'Review'), ('testimonial', 'Testimonial'), ('referral', 'Referral'), ('speaking', 'Event or webinar talk'), ('board', 'Advisory board'), ('marketing', 'Customer marketing'), ('community', 'Community'), ('social', 'Social share'), ('content', 'Content of their own')], max_length=11, verbose_name='Kind')),
                ('asked_on', models.DateField(verbose_name='Asked on')),
                ('state', models.CharField(choices=[('open', 'Asked'), ('agreed', 'Agreed'), ('done', 'Given'), ('declined', 'Declined')], default='open', max_length=8)),
                ('answered_on', models.DateField(blank=True, null=True)),
                ('failure', models.CharField(blank=True, choices=[('legal', 'Legal or procurement'), ('not_shown', 'Success not shown'), ('no_tie', 'No tie to an executive'), ('no_reason', 'No reason to take part'), ('no_answer', 'No answer'), ('program', 'Our own program')], max_length=9, verbose_name='Why not')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='Note')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('version', models.PositiveIntegerField(default=1)),
                ('advocate', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asks', to='advocacy.advocate')),
                ('asked_by', cs_platform.kernel.tenancy.TenantForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.member')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
                ('asset', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='asks', to='advocacy.asset')),
                ('request', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='asks', to='advocacy.referencerequest')),
            ],
            options={
                'ordering': ['-asked_on', '-id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Referral',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=200, verbose_name='External id')),
                ('prospect', models.CharField(max_length=200, verbose_name='Who')),
                ('state', models.CharField(choices=[('asked', 'Asked'), ('agreed', 'Agreed'), ('introduced', 'Introduced'), ('opportunity', 'Opportunity'), ('won', 'Won'), ('lost', 'Lost')], default='asked', max_length=11)),
                ('asked_on', models.DateField(verbose_name='Asked on')),
                ('agreed_on', models.DateField(blank=True, null=True)),
                ('introduced_on', models.DateField(blank=True, null=True)),
                ('opportunity_on', models.DateField(blank=True, null=True)),
                ('ended_on', models.DateField(blank=True, null=True)),
                ('amount_minor', models.BigIntegerField(blank=True, null=True, verbose_name='Worth a year')),
                ('currency', models.CharField(max_length=3, validators=[cs_platform.kernel.money.validate_currency], verbose_name='Currency')),
                ('reward', models.CharField(blank=True, max_length=200, verbose_name='Reward')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='Note')),
                ('source', models.CharField(choices=[('import', 'Import'), ('api', 'API'), ('member', 'Person'), ('rule', 'Rule'), ('renewal', 'Renewal'), ('deal', 'Expansion deal')], max_length=8)),
                ('source_ref', models.UUIDField(null=True)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('version', models.PositiveIntegerField(default=1)),
                ('account', cs_platform.kernel.tenancy.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='given_referrals', to='accounts.account')),
                ('advocate', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='referrals', to='advocacy.advocate')),
                ('customer', cs_platform.kernel.tenancy.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.account')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant')),
            ],
            options={
                'ordering': ['-asked_on', '-id'],
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.AddIndex(
            model_name='advocate',
            index=models.Index(fields=['tenant', 'account'], name='advocate_of_account'),
        ),
        migrations.AddIndex(
            model_name='advocate',
            index=models.Index(fields=['tenant', 'updated_at', 'id'], name='advocate_by_update'),
        ),
        migrations.AddConstraint(
            model_name='advocate',
            constraint=models.UniqueConstraint(fields=('tenant', 'external_id'), name='advocate_external_id'),
        ),
        migrations.AddConstraint(
            model_name='advocate',
            constraint=models.UniqueConstraint(fields=('tenant', 'contact'), name='advocate_once'),
        ),
        migrations.AddIndex(
            model_name='asset',
            index=models.Index(fields=['tenant', 'account'], name='asset_of_account'),
        ),
        migrations.AddIndex(
            model_name='asset',
            index=models.Index(fields=['tenant', 'updated_at', 'id'], name='asset_by_update'),
        ),
        migrations.AddConstraint(
            model_name='asset',
            constraint=models.UniqueConstraint(fields=('tenant', 'external_id'), name='asset_external_id'),
        ),
        migrations.AddIndex(
            model_name='assetuse',
            index=models.Index(fields=['tenant', 'asset', '-used_on'], name='assetuse_of_asset'),
        ),
        migrations.AddIndex(
            model_name='guest',
            index=models.Index(fields=['tenant', 'account'], name='guest_of_account'),
        ),
        migrations.AddConstraint(
            model_name='guest',
            constraint=models.UniqueConstraint(fields=('tenant', 'gathering', 'contact'), name='guest_once'),
        ),
        migrations.AddConstraint(
            model_name='program',
            constraint=models.UniqueConstraint(fields=('tenant',), name='program_one'),
        ),
        migrations.AddIndex(
            model_name='qualification',
            index=models.Index(condition=models.Q(('qualified', True)), fields=['tenant', 'account'], name='qualified_accounts'),
        ),
        migrations.AddIndex(
            model_name='referencerequest',
            index=models.Index(fields=['tenant', 'state', 'due_on'], name='reference_open'),
        ),
        migrations.AddIndex(
            model_name='ask',
            index=models.Index(fields=['tenant', 'advocate', '-asked_on'], name='ask_of_advocate'),
        ),
        migrations.AddIndex(
            model_name='ask',
            index=models.Index(fields=['tenant', '-asked_on'], name='ask_by_day'),
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(fields=['tenant', 'account', '-asked_on'], name='referral_of_account'),
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(fields=['tenant', 'updated_at', 'id'], name='referral_by_update'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.UniqueConstraint(fields=('tenant', 'external_id'), name='referral_external_id'),
        ),
        SecureTenantTables(),
        AuditTables(['advocacy_advocate', 'advocacy_ask', 'advocacy_asset', 'advocacy_gathering', 'advocacy_guest', 'advocacy_program', 'advocacy_referencerequest', 'advocacy_referral']),
    ]
