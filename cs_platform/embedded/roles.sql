-- The roles, the database and what each role may do; run once by a superuser, and again without harm.
-- Read by psql: as /docker-entrypoint-initdb.d/roles.sql in docker-compose.yml, and by the embedded server.
-- Passwords come from the environment, so that none stands in a file.
\set ON_ERROR_STOP on
\getenv owner_password DB_OWNER_PASSWORD
\getenv app_password DB_APP_PASSWORD
\getenv ops_password DB_OPS_PASSWORD

select format('create role %I', name)
from unnest(array['cs_owner', 'cs_app', 'cs_ops', 'cs_search']) as name
where not exists (select from pg_roles where rolname = name)
\gexec

-- cs_owner owns the tables and migrates; row-level security is forced on it as well.
alter role cs_owner login nosuperuser nocreatedb nocreaterole nobypassrls noreplication password :'owner_password';
alter role cs_owner set timezone = 'UTC';

-- cs_app serves requests and does background work. Workers share it, so a statement may take minutes,
-- but nobody waits long for a lock or leaves a transaction open.
alter role cs_app login nosuperuser nocreatedb nocreaterole nobypassrls noreplication password :'app_password';
alter role cs_app set timezone = 'UTC';
alter role cs_app set lock_timeout = '5s';
alter role cs_app set statement_timeout = '10min';
alter role cs_app set idle_in_transaction_session_timeout = '30s';

-- cs_ops reads every tenant's rows and writes none: backups, and audited work across tenants.
alter role cs_ops login nosuperuser nocreatedb nocreaterole bypassrls noreplication password :'ops_password';
alter role cs_ops set timezone = 'UTC';
alter role cs_ops set default_transaction_read_only = on;
grant pg_read_all_data to cs_ops;

-- cs_search owns the one function that finds accounts by a part of their name, and may read nothing but what it needs.
-- No index serves such a search under row-level security, so the role is not held back by it: the function names the
-- tenant itself. Nobody signs in as cs_search; the owner may hand the function to it and has none of its rights else.
alter role cs_search nologin nosuperuser nocreatedb nocreaterole bypassrls noreplication;
grant cs_search to cs_owner with inherit false, set true;

-- Default privileges belong to a database and are copied with it: in the template they also reach test databases.
\connect template1
alter default privileges for role cs_owner grant select, insert, update, delete on tables to cs_app;
alter default privileges for role cs_owner grant usage on sequences to cs_app;
revoke create on schema public from public;

select 'create database setia owner cs_owner'
where not exists (select from pg_database where datname = 'setia')
\gexec
revoke all on database setia from public;
grant connect, temporary on database setia to cs_app;
grant connect on database setia to cs_ops;

-- Tests make databases of their own; production does not.
\getenv test_databases DB_TEST_DATABASES
\if :{?test_databases}
alter role cs_owner createdb;
\endif
