-- A role that owns one database and may do nothing else. Run once, as the superuser of a new server.
CREATE ROLE warmline LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
CREATE DATABASE warmline OWNER warmline;
REVOKE ALL ON DATABASE warmline FROM PUBLIC;
