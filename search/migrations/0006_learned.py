"""What search learns from choices, and the questions that many ask."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0005_file_text'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LearnedQuery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folded', models.CharField(max_length=200)),
                ('asked', models.CharField(max_length=200, verbose_name='question')),
                ('strength', models.FloatField(default=0, verbose_name='strength')),
                ('hours', models.PositiveIntegerField(default=0, verbose_name='hours')),
                ('days', models.PositiveIntegerField(default=0, verbose_name='days')),
                ('first_day', models.DateField(verbose_name='first day')),
                ('last_day', models.DateField(verbose_name='last day')),
                ('vetoed', models.BooleanField(default=False, verbose_name='forbidden')),
                ('vetoed_at', models.DateTimeField(blank=True, null=True, verbose_name='forbidden since')),
                ('note', models.TextField(blank=True, verbose_name='note for colleagues')),
                ('kind', models.CharField(max_length=30)),
                ('object_id', models.CharField(max_length=80)),
                ('share', models.FloatField(default=0, verbose_name='share of the choices')),
                ('vetoed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='forbidden by')),
            ],
            options={
                'verbose_name': 'learned question',
                'verbose_name_plural': 'learned questions',
                'ordering': ['-strength', 'folded'],
                'default_permissions': ('view', 'change'),
                'constraints': [models.UniqueConstraint(fields=('kind', 'object_id', 'folded'), name='learned_once'), models.CheckConstraint(condition=models.Q(('folded', ''), _negated=True), name='learned_words'), models.CheckConstraint(condition=models.Q(models.Q(('vetoed', True), ('vetoed_at__isnull', False)), models.Q(('vetoed', False), ('vetoed_at', None), ('vetoed_by', None)), _connector='OR'), name='learned_veto')],
            },
        ),
        migrations.CreateModel(
            name='PopularQuery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folded', models.CharField(max_length=200)),
                ('asked', models.CharField(max_length=200, verbose_name='question')),
                ('strength', models.FloatField(default=0, verbose_name='strength')),
                ('hours', models.PositiveIntegerField(default=0, verbose_name='hours')),
                ('days', models.PositiveIntegerField(default=0, verbose_name='days')),
                ('first_day', models.DateField(verbose_name='first day')),
                ('last_day', models.DateField(verbose_name='last day')),
                ('vetoed', models.BooleanField(default=False, verbose_name='forbidden')),
                ('vetoed_at', models.DateTimeField(blank=True, null=True, verbose_name='forbidden since')),
                ('note', models.TextField(blank=True, verbose_name='note for colleagues')),
                ('found', models.PositiveIntegerField(default=0, verbose_name='found')),
                ('vetoed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='forbidden by')),
            ],
            options={
                'verbose_name': 'popular question',
                'verbose_name_plural': 'popular questions',
                'ordering': ['-strength', 'folded'],
                'default_permissions': ('view', 'change'),
                'constraints': [models.UniqueConstraint(fields=('folded',), name='popular_once'), models.CheckConstraint(condition=models.Q(('folded', ''), _negated=True), name='popular_words'), models.CheckConstraint(condition=models.Q(models.Q(('vetoed', True), ('vetoed_at__isnull', False)), models.Q(('vetoed', False), ('vetoed_at', None), ('vetoed_by', None)), _connector='OR'), name='popular_veto')],
            },
        ),
    ]
