"""What no constraint of a model can say: a registration's seats belong to its session."""

from django.db import migrations

FORWARD = """
alter table dialogue_sessions_pool add constraint pool_of_session unique (id, session_id);
alter table dialogue_sessions_registration add constraint registration_pool_of_session
  foreign key (pool_id, session_id) references dialogue_sessions_pool (id, session_id) deferrable initially deferred;
"""
BACKWARD = """
alter table dialogue_sessions_registration drop constraint registration_pool_of_session;
alter table dialogue_sessions_pool drop constraint pool_of_session;
"""


class Migration(migrations.Migration):
    dependencies = [("dialogue_sessions", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
