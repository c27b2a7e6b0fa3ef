"""Questions that lines of minutes answer, guarded as the lines are; papers that are sent with a question."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

FORWARD = """
create function dialogue_minutes_link_guard() returns trigger language plpgsql as $$
begin
  -- `for share`: whoever makes the minutes final waits for this row, or this row for them.
  if tg_op <> 'INSERT' then
    perform 1 from dialogue_sessions_minutes minutes join dialogue_sessions_contribution line on line.minutes_id = minutes.id
      where line.id = old.contribution_id and minutes.state in ('final', 'published') for share of minutes;
    if found then
      raise exception using errcode = 'check_violation', constraint = 'minutes_final', message = 'final minutes do not change';
    end if;
  end if;
  if tg_op = 'DELETE' then
    return old;
  end if;
  perform 1 from dialogue_sessions_minutes minutes join dialogue_sessions_contribution line on line.minutes_id = minutes.id
    where line.id = new.contribution_id and minutes.state in ('final', 'published') for share of minutes;
  if found then
    raise exception using errcode = 'check_violation', constraint = 'minutes_final', message = 'final minutes do not change';
  end if;
  perform 1 from dialogue_sessions_contribution line join dialogue_sessions_minutes minutes on minutes.id = line.minutes_id
    join dialogue_sessions_question question on question.session_id = minutes.session_id
    where line.id = new.contribution_id and question.id = new.question_id;
  if not found then
    raise exception using errcode = 'check_violation', constraint = 'contribution_question_of_session',
      message = 'a line answers questions of its own session';
  end if;
  return new;
end $$;
create trigger minutes_link_guard before insert or update or delete on dialogue_sessions_contributionquestion
  for each row execute function dialogue_minutes_link_guard();
"""
BACKWARD = """
drop trigger minutes_link_guard on dialogue_sessions_contributionquestion;
drop function dialogue_minutes_link_guard();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('dialogue_sessions', '0013_promise_transfer_guard'),
        ('safeguards', '0004_stored_files'),
    ]

    operations = [
        migrations.CreateModel(
            name='QuestionPaper',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='sent')),
                ('file', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='safeguards.storedfile', verbose_name='file')),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='papers', to='dialogue_sessions.question', verbose_name='question')),
            ],
            options={
                'verbose_name': 'paper of a question',
                'verbose_name_plural': 'papers of questions',
                'ordering': ['question', 'pk'],
                'default_permissions': [],
            },
        ),
        migrations.CreateModel(
            name='ContributionQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contribution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='question_links', to='dialogue_sessions.contribution', verbose_name='line of the minutes')),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='line_links', to='dialogue_sessions.question', verbose_name='question')),
            ],
            options={
                'verbose_name': 'question that a line answers',
                'verbose_name_plural': 'questions that lines answer',
                'ordering': ['contribution', 'pk'],
                'default_permissions': [],
                'constraints': [models.UniqueConstraint(fields=('contribution', 'question'), name='contribution_question_once', violation_error_message='This line answers this question already.')],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
