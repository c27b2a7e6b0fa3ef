"""Who wrote and who approved stays on record, whoever asks; what is public before this migration was approved by the installation."""

from django.db import migrations

FORWARD = """
create function portal_record_is_kept() returns trigger language plpgsql as $$
begin
  raise exception using errcode = 'check_violation', constraint = 'content_record_append_only',
    message = format('%s is only ever added to', tg_table_name);
end $$;
create trigger record_is_kept before update or delete on portal_contribution
  for each statement execute function portal_record_is_kept();
create trigger record_is_kept before update or delete on portal_approval
  for each statement execute function portal_record_is_kept();
insert into portal_approval (subject_type, subject_id, revision_id, kind, digest, last_contribution)
select c.app_label || '.' || c.model, p.id, p.live_revision_id, 'installation', '', 0
  from wagtailcore_page p join django_content_type c on c.id = p.content_type_id
 where p.live and c.app_label = 'portal' and p.live_revision_id is not null;
"""
BACK = """
drop trigger record_is_kept on portal_contribution;
drop trigger record_is_kept on portal_approval;
drop function portal_record_is_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("portal", "0002_content"), ("contenttypes", "0002_remove_content_type_name")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
