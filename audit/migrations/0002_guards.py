"""What the database itself refuses about the log.

Every function pins its search path, so that a temporary table cannot stand in for a
table of the log.
"""

from __future__ import annotations

from django.db import migrations

PARTITION_ROWS = 2**20

SQL = r"""
CREATE TABLE audit_body (
    log varchar(32) NOT NULL,
    seq bigint NOT NULL,
    body bytea NOT NULL,
    CONSTRAINT audit_body_pkey PRIMARY KEY (log, seq)
) PARTITION BY RANGE (seq);

CREATE FUNCTION audit_body_extend() RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    grown bigint := coalesce((SELECT max(size) FROM audit_head), 0);
    part bigint;
BEGIN
    FOR part IN grown / PARTITION_ROWS .. grown / PARTITION_ROWS + 1 LOOP
        IF to_regclass('audit_body_' || part) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE audit_body_%s (LIKE audit_body INCLUDING ALL)', part);
            EXECUTE format(
                'ALTER TABLE audit_body ATTACH PARTITION audit_body_%s'
                ' FOR VALUES FROM (%s) TO (%s)',
                part, part * PARTITION_ROWS, (part + 1) * PARTITION_ROWS);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION audit_body_extend() IS
    'Makes the partition of the log''s next events and the one after it.';
SELECT audit_body_extend();

CREATE FUNCTION audit_now() RETURNS timestamptz LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp AS $$
DECLARE
    told text := current_setting('salescenter.now', true);
BEGIN
    IF told <> '' AND EXISTS (SELECT 1 FROM audit_head WHERE clock = 'demo') THEN
        RETURN told::timestamptz;
    END IF;
    RETURN clock_timestamp();
END $$;
COMMENT ON FUNCTION audit_now() IS
    'The clock of the program; another one is heard in a demonstration''s log only.';

CREATE FUNCTION audit_fold(frontier bytea, size bigint, leaf bytea)
RETURNS bytea LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp AS $$
DECLARE
    carried bytea := leaf;
BEGIN
    WHILE size & 1 = 1 LOOP
        carried := sha256('\x01'::bytea
            || substr(frontier, length(frontier) - 31, 32) || carried);
        frontier := substr(frontier, 1, length(frontier) - 32);
        size := size >> 1;
    END LOOP;
    RETURN frontier || carried;
END $$;

CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION audit_write_once() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    col text;
BEGIN
    IF (to_jsonb(NEW) - TG_ARGV) IS DISTINCT FROM (to_jsonb(OLD) - TG_ARGV) THEN
        RAISE EXCEPTION '%: this part of a row never changes', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    FOREACH col IN ARRAY TG_ARGV LOOP
        IF to_jsonb(OLD) -> col <> 'null'::jsonb
           AND to_jsonb(NEW) -> col IS DISTINCT FROM to_jsonb(OLD) -> col THEN
            RAISE EXCEPTION '%.% is written once', TG_TABLE_NAME, col
                USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION audit_write_once() IS
    'Rows are fixed but for the named columns, and those go from null to a value once.';

CREATE FUNCTION audit_head_opens() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM audit_head) OR NEW.size <> 0 OR NEW.frontier <> ''
       OR NEW.last_at <> '' THEN
        RAISE EXCEPTION 'a log opens once, and empty'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_head_opens BEFORE INSERT ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_head_opens();

CREATE FUNCTION audit_head_grows() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    added bytea;
BEGIN
    IF NEW.log <> OLD.log OR NEW.operator <> OLD.operator OR NEW.clock <> OLD.clock
       OR NEW.last_at < OLD.last_at THEN
        RAISE EXCEPTION 'the head of the log only grows'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.last_at <> OLD.last_at AND NEW.last_at IS DISTINCT FROM (
        SELECT convert_from(body, 'UTF8')::jsonb ->> 'at' FROM audit_body
         WHERE log = OLD.log AND seq = NEW.size - 1) THEN
        RAISE EXCEPTION 'the time of the log is its last event''s'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.size = OLD.size AND NEW.frontier = OLD.frontier THEN
        RETURN NEW;
    END IF;
    SELECT leaf INTO added FROM audit_event WHERE log = OLD.log AND seq = OLD.size;
    IF added IS NULL OR NEW.size <> OLD.size + 1
       OR NEW.frontier <> audit_fold(OLD.frontier, OLD.size, added) THEN
        RAISE EXCEPTION 'the head of the log grows by its events only'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_head_grows();
CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION audit_event_numbered() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.seq IS DISTINCT FROM (SELECT size FROM audit_head WHERE log = NEW.log)
       OR length(NEW.leaf) <> 32 THEN
        RAISE EXCEPTION 'an event takes the next number of its log'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_event_numbered BEFORE INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_event_numbered();

CREATE FUNCTION audit_event_grows_head() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    grown bytea;
    level smallint := 1;
    carried bytea := NEW.leaf;
    rest bigint := NEW.seq;
    merged integer := 0;
    tail bytea;
BEGIN
    SELECT frontier INTO tail FROM audit_head WHERE log = NEW.log;
    WHILE rest & 1 = 1 LOOP
        carried := sha256('\x01'::bytea
            || substr(tail, length(tail) - 31, 32) || carried);
        tail := substr(tail, 1, length(tail) - 32);
        rest := rest >> 1;
        merged := merged + 1;
        IF merged % 8 = 0 THEN
            INSERT INTO audit_tile (id, log, level, idx, hash)
            VALUES (gen_random_uuid(), NEW.log, merged / 8, rest, carried);
        END IF;
    END LOOP;
    grown := tail || carried;
    UPDATE audit_head SET size = NEW.seq + 1, frontier = grown WHERE log = NEW.log;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_event_grows_head AFTER INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_event_grows_head();
CREATE TRIGGER audit_event_stays BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION audit_event_has_body() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM audit_body WHERE log = NEW.log AND seq = NEW.seq) THEN
        RAISE EXCEPTION 'an event without a body'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_event_has_body AFTER INSERT ON audit_event
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_event_has_body();

CREATE FUNCTION audit_body_fits() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    told jsonb := convert_from(NEW.body, 'UTF8')::jsonb;
    last text := (SELECT last_at FROM audit_head WHERE log = NEW.log);
    due bytea;
BEGIN
    SELECT leaf INTO due FROM audit_event WHERE log = NEW.log AND seq = NEW.seq;
    IF due IS DISTINCT FROM sha256('\x00'::bytea || NEW.body)
       OR (told ->> 'seq')::bigint <> NEW.seq
       OR told ->> 'clause' IS NULL
       OR told ->> 'at' !~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$'
       OR told ->> 'at' < last
       -- A clock of the program may run ahead of the database's by a minute.
       OR (told ->> 'at' > last
           AND (told ->> 'at')::timestamptz > audit_now() + interval '60 s') THEN
        RAISE EXCEPTION 'a body that does not fit its event'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_body_fits BEFORE INSERT ON audit_body
    FOR EACH ROW EXECUTE FUNCTION audit_body_fits();

CREATE FUNCTION audit_body_tells_time() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE audit_head SET last_at = convert_from(NEW.body, 'UTF8')::jsonb ->> 'at'
     WHERE log = NEW.log;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_body_tells_time AFTER INSERT ON audit_body
    FOR EACH ROW EXECUTE FUNCTION audit_body_tells_time();
CREATE TRIGGER audit_body_stays BEFORE UPDATE OR DELETE ON audit_body
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_document_stays BEFORE UPDATE OR DELETE ON audit_document
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_tile_stays BEFORE UPDATE OR DELETE ON audit_tile
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_checkpoint_stays BEFORE UPDATE OR DELETE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION audit_event_says(named uuid, kind text, person text, aim text)
RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    told jsonb;
BEGIN
    SELECT convert_from(b.body, 'UTF8')::jsonb INTO told
      FROM audit_event e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
     WHERE e.eid = named AND e.xmin = pg_current_xact_id()::xid;
    RETURN coalesce(told ->> 'type' = kind AND told ->> 'purpose' = aim
                    AND told ->> 'subject' = person, false);
END $$;
COMMENT ON FUNCTION audit_event_says(uuid, text, text, text) IS
    'Whether this transaction wrote an event of this kind, person and purpose.';

CREATE FUNCTION audit_document_fits() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.hash <> encode(sha256(NEW.bytes), 'hex') THEN
        RAISE EXCEPTION 'a document is named by its hash'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_document_fits BEFORE INSERT ON audit_document
    FOR EACH ROW EXECUTE FUNCTION audit_document_fits();
"""


class Migration(migrations.Migration):
    """Install the guards of the log."""

    dependencies = [("audit", "0001_initial")]
    operations = [
        migrations.RunSQL(
            SQL.replace("PARTITION_ROWS", str(PARTITION_ROWS)), migrations.RunSQL.noop
        )
    ]
