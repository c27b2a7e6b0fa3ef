#!/bin/bash
# Run once by the image, in an empty database: three roles (safeguards/database.py gives them their rights) and the database.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --username postgres \
  --set owner="$DATABASE_OWNER_PASSWORD" --set app="$DATABASE_APP_PASSWORD" --set report="$DATABASE_REPORT_PASSWORD" <<'SQL'
create role portal_owner login password :'owner';
create role portal_app login password :'app';
create role portal_report login password :'report';
create database portal owner portal_owner encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' template template0;
revoke all on database portal from public;
SQL
