#!/bin/bash
# Roles and database in Debian's own PostgreSQL (15 or later), run as root once: passwords are made here and printed as the lines
# of the environment. Run again, it changes nothing.
set -euo pipefail
if runuser -u postgres -- psql -Atqc "select 1 from pg_database where datname = 'portal'" | grep -q 1; then
  echo "The database portal is there already." >&2
  exit 1
fi
secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
owner=$(secret) app=$(secret) report=$(secret)
major=$(runuser -u postgres -- psql -Atqc "select current_setting('server_version_num')::int / 10000")
# Names and codes sort by their bytes, on every machine alike. Before 17 the C library's C.UTF-8 is that.
locale="lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'"
[ "$major" -ge 17 ] && locale="locale_provider builtin builtin_locale 'C.UTF-8'"
# Through standard input: on a command line, whoever looks at the list of processes would read them.
runuser -u postgres -- psql -q --set ON_ERROR_STOP=1 <<SQL
create role portal_owner login password '$owner';
create role portal_app login password '$app';
create role portal_report login password '$report';
create database portal owner portal_owner encoding 'UTF8' $locale template template0;
revoke all on database portal from public;
SQL
echo "# /etc/minh-bach/environment"
echo "DATABASE_URL=postgresql://portal_app:$app@127.0.0.1/portal"
echo "# /etc/minh-bach/owner"
echo "DATABASE_OWNER_URL=postgresql://portal_owner:$owner@127.0.0.1/portal"
echo "# for reports: portal_report, password $report"
