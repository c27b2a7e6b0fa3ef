"""The tables that editors keep for search, what people asked, and the stamp that says that a table has changed.

The stamp is one row. A trigger of each table writes it before anything else: so that two who write queue there and nowhere else,
and a change is seen when it is committed and never when it is taken back. Raw SQL and TRUNCATE count as well."""

import django.core.validators
import django.db.models.functions.text
import django.utils.timezone
import search.fields
from django.db import migrations, models


TABLES = ("synonymgroup", "abbreviation", "guidance", "pick", "vocabularyword")
FUNCTION = """
create table search_stamp (
  id smallint primary key default 1 check (id = 1),
  stamp uuid not null default gen_random_uuid()
);
insert into search_stamp default values;

create function search_stamp_moves() returns trigger language plpgsql as $$
begin
  insert into search_stamp (id) values (1) on conflict (id) do update set stamp = gen_random_uuid();
  return null;
end $$;
"""
TRIGGERS = "".join(
    f"create trigger search_stamp before insert or update or delete or truncate on search_{table} "
    f"for each statement execute function search_stamp_moves(); alter table search_{table} enable always trigger search_stamp;\n"
    for table in TABLES
)
STAMP = FUNCTION + TRIGGERS
BACK = "".join(f"drop trigger search_stamp on search_{table};\n" for table in TABLES) + "drop function search_stamp_moves(); drop table search_stamp"


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0002_versions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Abbreviation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('active', models.BooleanField(default=True, verbose_name='in force')),
                ('note', models.TextField(blank=True, verbose_name='note for colleagues')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('short', models.CharField(max_length=30, verbose_name='short form')),
                ('long', search.fields.PhrasesField(default=list, help_text='One a line, the most common first.', verbose_name='stands for')),
                ('capitals', models.BooleanField(default=False, help_text='For short forms that are a word in small letters: CA, but not ca.', verbose_name='only in capitals')),
            ],
            options={
                'verbose_name': 'abbreviation',
                'verbose_name_plural': 'abbreviations',
                'ordering': ['short'],
                'constraints': [models.CheckConstraint(condition=models.Q(('short', ''), _negated=True), name='abbreviation_short', violation_error_message='The short form is missing.'), models.CheckConstraint(condition=models.Q(('long', []), _negated=True), name='abbreviation_long', violation_error_message='Write what it stands for.'), models.CheckConstraint(condition=models.Q(('long__contains', ['']), _negated=True), name='abbreviation_no_blank', violation_error_message='A phrase is never blank.'), models.UniqueConstraint(django.db.models.functions.text.Lower('short'), name='abbreviation_once', violation_error_message='This short form is there already.')],
            },
        ),
        migrations.CreateModel(
            name='Guidance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('active', models.BooleanField(default=True, verbose_name='in force')),
                ('note', models.TextField(blank=True, verbose_name='note for colleagues')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('name', models.CharField(help_text='For colleagues; nobody else sees it.', max_length=120, verbose_name='what it is about')),
                ('phrases', search.fields.PhrasesField(default=list, help_text='One a line. Shown when one of them stands in the question as whole words.', verbose_name='questions')),
                ('text', models.TextField(max_length=600, verbose_name='what we say')),
                ('text_en', models.TextField(blank=True, max_length=600, verbose_name='the same in English')),
                ('link', models.CharField(blank=True, max_length=300, validators=[django.core.validators.RegexValidator('^(https?://[^\\s]+|/[^\\s]*)$', 'An address begins with https:// or, on this portal, with /.')], verbose_name='link')),
                ('elsewhere', models.BooleanField(default=True, help_text='Off for advice on something that is done here.', verbose_name='done elsewhere')),
            ],
            options={
                'verbose_name': 'guidance',
                'verbose_name_plural': 'guidance',
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='guidance_name', violation_error_message='Say what it is about.'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='guidance_text', violation_error_message='Say where to go.'), models.CheckConstraint(condition=models.Q(('phrases', []), _negated=True), name='guidance_phrases', violation_error_message='Write at least one question.'), models.CheckConstraint(condition=models.Q(('phrases__contains', ['']), _negated=True), name='guidance_no_blank', violation_error_message='A phrase is never blank.'), models.CheckConstraint(condition=models.Q(('link', ''), ('link__regex', '^(https?://|/([^/]|$))'), _connector='OR'), name='guidance_link', violation_error_message='An address begins with https:// or, on this portal, with /.'), models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='guidance_once', violation_error_message='There is guidance of this name already.')],
            },
        ),
        migrations.CreateModel(
            name='Pick',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('active', models.BooleanField(default=True, verbose_name='in force')),
                ('note', models.TextField(blank=True, verbose_name='note for colleagues')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('phrases', search.fields.PhrasesField(default=list, help_text='One a line. Shown first when somebody asks exactly this.', verbose_name='questions')),
                ('kind', models.CharField(max_length=30, verbose_name='kind')),
                ('object_id', models.CharField(max_length=80, verbose_name='thing')),
                ('order', models.PositiveSmallIntegerField(default=1, help_text='Where several are picked for one question: 1 comes first.', verbose_name='order')),
                ('valid_from', models.DateField(blank=True, null=True, verbose_name='from')),
                ('valid_to', models.DateField(blank=True, help_text='The last day.', null=True, verbose_name='until')),
            ],
            options={
                'verbose_name': 'editor’s pick',
                'verbose_name_plural': 'editor’s picks',
                'ordering': ['phrases', 'order', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('phrases', []), _negated=True), name='pick_phrases', violation_error_message='Write at least one question.'), models.CheckConstraint(condition=models.Q(('phrases__contains', ['']), _negated=True), name='pick_no_blank', violation_error_message='A phrase is never blank.'), models.CheckConstraint(condition=models.Q(models.Q(('kind', ''), _negated=True), models.Q(('object_id', ''), _negated=True)), name='pick_thing', violation_error_message='Say what is to come first.'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_from', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='pick_days', violation_error_message='The last day is before the first.'), models.UniqueConstraint(fields=('kind', 'object_id', 'phrases'), name='pick_once', violation_error_message='This is picked for these questions already.')],
            },
        ),
        migrations.CreateModel(
            name='QueryLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked', models.CharField(max_length=200, verbose_name='question')),
                ('folded', models.CharField(max_length=200)),
                ('day', models.DateField(default=django.utils.timezone.localdate, verbose_name='day')),
                ('hour', models.PositiveSmallIntegerField(verbose_name='hour')),
                ('engine', models.CharField(max_length=20, verbose_name='engine')),
                ('total', models.PositiveIntegerField(verbose_name='found')),
                ('language', models.CharField(max_length=5, verbose_name='language')),
                ('page', models.PositiveSmallIntegerField(default=1, verbose_name='page')),
                ('position', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='place of the choice')),
                ('kind', models.CharField(blank=True, max_length=30, verbose_name='kind of the choice')),
                ('object_id', models.CharField(blank=True, max_length=80, verbose_name='choice')),
                ('found_it', models.BooleanField(blank=True, null=True, verbose_name='found it')),
            ],
            options={
                'verbose_name': 'question asked',
                'verbose_name_plural': 'questions asked',
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['day', 'folded'], name='query_log_day'), models.Index(fields=['folded', 'day'], name='query_log_folded')],
                'constraints': [models.CheckConstraint(condition=models.Q(('folded', ''), _negated=True), name='query_log_words'), models.CheckConstraint(condition=models.Q(models.Q(('asked__regex', '[0-9]{6}'), _negated=True), models.Q(('folded__regex', '[0-9]{6}'), _negated=True), models.Q(('asked__contains', '@'), _negated=True)), name='query_log_no_numbers'), models.CheckConstraint(condition=models.Q(('hour__lte', 23)), name='query_log_hour'), models.CheckConstraint(condition=models.Q(models.Q(('kind', ''), ('object_id', ''), ('position', None)), models.Q(('position__gte', 1), models.Q(('kind', ''), _negated=True), models.Q(('object_id', ''), _negated=True)), _connector='OR'), name='query_log_choice')],
            },
        ),
        migrations.CreateModel(
            name='SeededRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=30)),
                ('key', models.CharField(max_length=400)),
                ('digest', models.CharField(max_length=64)),
            ],
            options={
                'verbose_name': 'row that came with the portal',
                'verbose_name_plural': 'rows that came with the portal',
                'constraints': [models.UniqueConstraint(fields=('table', 'key'), name='seeded_row_once')],
            },
        ),
        migrations.CreateModel(
            name='SynonymGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('active', models.BooleanField(default=True, verbose_name='in force')),
                ('note', models.TextField(blank=True, verbose_name='note for colleagues')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('canonical', models.CharField(help_text='As it stands in the names of procedures.', max_length=200, verbose_name='official term')),
                ('same', search.fields.PhrasesField(blank=True, default=list, help_text='One a line. Whoever types one of them also finds the others.', verbose_name='mean the same')),
                ('one_way', search.fields.PhrasesField(blank=True, default=list, help_text='One a line. Whoever types one of them finds the official term; whoever types that does not find these.', verbose_name='lead here, not back')),
            ],
            options={
                'verbose_name': 'synonym group',
                'verbose_name_plural': 'synonym groups',
                'ordering': ['canonical'],
                'constraints': [models.CheckConstraint(condition=models.Q(('canonical', ''), _negated=True), name='synonyms_term', violation_error_message='The official term is missing.'), models.CheckConstraint(condition=models.Q(('one_way', []), ('same', []), _negated=True), name='synonyms_some', violation_error_message='Write at least one other word for it.'), models.CheckConstraint(condition=models.Q(('same__contains', ['']), _negated=True), name='synonyms_same', violation_error_message='A phrase is never blank.'), models.CheckConstraint(condition=models.Q(('one_way__contains', ['']), _negated=True), name='synonyms_one_way', violation_error_message='A phrase is never blank.'), models.UniqueConstraint(django.db.models.functions.text.Lower('canonical'), name='synonyms_once', violation_error_message='There is a group for this term already.')],
            },
        ),
        migrations.CreateModel(
            name='VocabularyWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('active', models.BooleanField(default=True, verbose_name='in force')),
                ('note', models.TextField(blank=True, verbose_name='note for colleagues')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('word', models.CharField(max_length=60, verbose_name='word or name')),
                ('use', models.CharField(choices=[('known', 'known: others may be corrected to it'), ('untouched', 'left as typed: never corrected')], default='known', max_length=10, verbose_name='use')),
            ],
            options={
                'verbose_name': 'word',
                'verbose_name_plural': 'vocabulary',
                'ordering': ['word'],
                'constraints': [models.CheckConstraint(condition=models.Q(('word', ''), _negated=True), name='word_some', violation_error_message='The word is missing.'), models.CheckConstraint(condition=models.Q(('use__in', ['known', 'untouched'])), name='word_use', violation_error_message='Choose a use.'), models.UniqueConstraint(django.db.models.functions.text.Lower('word'), name='word_once', violation_error_message='This word is there already.')],
            },
        ),
        migrations.RunSQL(STAMP, BACK),
    ]
