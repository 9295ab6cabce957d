"""One statement for all events of a transaction, so that the head is held briefly.

`audit_append` runs with the rights of its caller; what it inserts is checked by the
same triggers as if it were inserted one by one. The head now grows once an event, as
its body is stored, by one trigger instead of two.
"""

from __future__ import annotations

from django.db import migrations, models

SQL = r"""
DROP TRIGGER audit_event_grows_head ON audit_event;
DROP FUNCTION audit_event_grows_head();
DROP TRIGGER audit_body_fits ON audit_body;
DROP FUNCTION audit_body_fits();
DROP TRIGGER audit_body_tells_time ON audit_body;
DROP FUNCTION audit_body_tells_time();
DROP TRIGGER audit_event_numbered ON audit_event;
DROP FUNCTION audit_event_numbered();
DROP TRIGGER audit_head_grows ON audit_head;
DROP FUNCTION audit_head_grows();

CREATE OR REPLACE FUNCTION audit_head_opens() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.size = 0 AND NEW.frontier = '' AND NEW.last_at = ''
        AND NEW.closed_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM audit_head
                         WHERE closed_at IS NULL OR operator <> NEW.operator
                            OR clock <> NEW.clock)) IS NOT TRUE THEN
        RAISE EXCEPTION 'a log opens empty, while no other is open'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.log ~ '^[a-z0-9-]{1,32}$' AND NEW.operator ~ '^[a-z0-9-]{1,32}$')
       IS NOT TRUE THEN
        RAISE EXCEPTION 'a log and its operator have names that a checkpoint can carry'
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.clock = 'system'
        OR NEW.clock = 'demo' AND starts_with(NEW.operator, 'demo-')) IS NOT TRUE THEN
        RAISE EXCEPTION 'only the log of a demonstration has a clock of its own'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION audit_head_grows() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.log <> OLD.log OR NEW.operator <> OLD.operator OR NEW.clock <> OLD.clock
       OR NEW.size <> OLD.size OR NEW.frontier <> OLD.frontier
       OR NEW.last_at <> OLD.last_at OR OLD.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'the head of the log grows by its events only'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.closed_at IS NOT NULL AND NEW.size = 0 THEN
        RAISE EXCEPTION 'a log closes as it stands'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- Only audit_body_fits updates it from within a trigger; nobody but the owner can
-- make another.
CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION audit_head_grows();

CREATE FUNCTION audit_tiles_add(named text, event bigint, leaf bytea) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    tail bytea := (SELECT frontier FROM audit_head WHERE log = named);
    rest bigint := event;
    merged integer := 0;
BEGIN
    WHILE rest & 1 = 1 LOOP
        leaf := sha256('\x01'::bytea || substr(tail, length(tail) - 31, 32) || leaf);
        tail := substr(tail, 1, length(tail) - 32);
        rest := rest >> 1;
        merged := merged + 1;
        IF merged % 8 = 0 THEN
            INSERT INTO audit_tile (id, log, level, idx, hash)
            VALUES (gen_random_uuid(), named, merged / 8, rest, leaf);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION audit_tiles_add(text, bigint, bytea) IS
    'Stores the roots of the full 256-ary subtrees that the next event fills.';

CREATE FUNCTION audit_body_fits() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    told jsonb := convert_from(NEW.body, 'UTF8')::jsonb;
    moment text := told ->> 'at';
    hashed bytea := sha256('\x00'::bytea || NEW.body);
BEGIN
    IF ((told ->> 'seq')::bigint = NEW.seq
        AND told ->> 'clause' IS NOT NULL
        AND moment ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$') IS NOT TRUE THEN
        RAISE EXCEPTION 'a body that does not fit its event'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.seq & 255 = 255 THEN
        PERFORM audit_tiles_add(NEW.log, NEW.seq, hashed);
    END IF;
    UPDATE audit_head h
       SET size = h.size + 1, last_at = moment,
           frontier = CASE h.size & 1 WHEN 0 THEN h.frontier || hashed
                           ELSE audit_fold(h.frontier, h.size, hashed) END
      FROM audit_event e
     WHERE h.log = NEW.log AND h.closed_at IS NULL AND h.size = NEW.seq
       AND e.log = NEW.log AND e.seq = NEW.seq AND e.leaf = hashed
       AND (h.last_at = moment OR h.last_at COLLATE "C" < moment
            -- A clock of the program may run ahead of the database's by a minute.
            AND moment::timestamptz <= interval '60 s' + CASE
                WHEN current_setting('salescenter.now', true) <> ''
                THEN audit_now() ELSE clock_timestamp() END);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a body that does not fit its event or its log'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION audit_body_fits() IS
    'A body is that of the next event, hashed, numbered and dated as it says; then the'
    ' head grows by it.';
CREATE TRIGGER audit_body_fits AFTER INSERT ON audit_body
    FOR EACH ROW EXECUTE FUNCTION audit_body_fits();

CREATE FUNCTION audit_index_add(named text, told jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO audit_index
        (log, seq, place, at, type, site, subject, consent, purpose)
    VALUES (named, (told ->> 'seq')::bigint, 0, told ->> 'at', told ->> 'type',
            told ->> 'site', told ->> 'subject', (told ->> 'consent')::bigint,
            told ->> 'purpose');
    IF told -> 'data' ? 'candidates' THEN
        -- Only the row of the event's own consent belongs to its subject.
        INSERT INTO audit_index (log, seq, place, at, type, site, consent, purpose)
        SELECT named, (told ->> 'seq')::bigint, row_number() OVER (ORDER BY consent),
               told ->> 'at', told ->> 'type', told ->> 'site', consent,
               told ->> 'purpose'
          FROM (SELECT DISTINCT
                       jsonb_array_elements_text(told #> '{data,candidates}')::bigint
               ) AS candidates (consent)
         WHERE consent IS DISTINCT FROM (told ->> 'consent')::bigint;
    END IF;
END $$;
COMMENT ON FUNCTION audit_index_add(text, jsonb) IS
    'Copies one body for searching: a row for each consent that it names.';

CREATE FUNCTION audit_within_terms(named text, told jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RETURN NOT EXISTS (
        SELECT 1
          FROM (SELECT (told ->> 'consent')::bigint AS seq
                UNION ALL
                SELECT jsonb_array_elements_text(
                    coalesce(told #> '{data,candidates}', '[]'))::bigint) AS relied
          LEFT JOIN audit_body b ON b.log = named AND b.seq = relied.seq
         WHERE (told ->> 'at' < (convert_from(b.body, 'UTF8')::jsonb
                                 #>> '{data,until}') COLLATE "C") IS NOT TRUE);
END $$;
COMMENT ON FUNCTION audit_within_terms(text, jsonb) IS
    'Whether a use lies before the end of each consent that it names.';

CREATE FUNCTION audit_append(message text) RETURNS bigint LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    lines text[] := string_to_array(message, E'\n');
    eids uuid[] := string_to_array(lines[2], ',');
    earlier uuid[] := string_to_array(lines[3], ',');
    this text;
    base bigint;
    last text;
    moment text;
    waited interval;
    gap bigint;
    first text;
    numbers bigint[] := '{}';
    own bigint;
    place text;
    number bigint;
    body text;
    raw bytea;
    told jsonb;
BEGIN
    -- Writers queue here: of those that wait for a row, each is woken for every one.
    PERFORM pg_advisory_xact_lock(1635083369);
    -- Twice: a log that was renewed while this waited for its head has another one.
    FOR attempt IN 1 .. 2 LOOP
        SELECT log, size, last_at INTO this, base, last
          FROM audit_head WHERE closed_at IS NULL FOR UPDATE;
        EXIT WHEN FOUND;
    END LOOP;
    IF this IS NULL THEN
        RAISE EXCEPTION 'no log is open' USING ERRCODE = 'SC001';
    END IF;

    -- The program's clock, and how long this waited for the head meanwhile.
    waited := clock_timestamp() - statement_timestamp();
    moment := CASE WHEN waited < '1 ms' THEN lines[1] ELSE to_char(
        (lines[1]::timestamptz + waited) AT TIME ZONE 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') END;
    IF base = 0 AND lines[5] <> '' THEN
        first := lines[5];
    ELSIF moment < last COLLATE "C" THEN
        gap := extract(epoch FROM last::timestamptz - moment::timestamptz) * 1000;
        IF gap > 5000 AND NOT EXISTS (
            SELECT 1 FROM audit_index
             WHERE log = this AND type = 'clock.behind' AND at = last) THEN
            first := replace(lines[6], '"@behind"', least(gap, 9999999999)::text);
        END IF;
        moment := last;
    END IF;
    IF first IS NOT NULL THEN
        base := base + 1;
    END IF;

    FOR place IN 1 .. coalesce(cardinality(earlier), 0) LOOP
        SELECT seq INTO own FROM audit_event WHERE log = this AND eid = earlier[place];
        IF NOT FOUND THEN
            SELECT e.seq INTO own
              FROM audit_carried c JOIN audit_event e ON e.eid = c.eid
             WHERE c.log = this AND c.prior = earlier[place];
        END IF;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no such event' USING ERRCODE = 'SC002';
        END IF;
        numbers := numbers || own;
    END LOOP;

    FOR event IN CASE WHEN first IS NULL THEN 1 ELSE 0 END .. cardinality(eids) LOOP
        own := base + event - 1;
        body := CASE event WHEN 0 THEN first ELSE lines[6 + event] END;
        body := replace(replace(body, '"@at"', '"' || moment || '"'),
                        '"@seq"', own::text);
        WHILE strpos(body, '"@') > 0 LOOP
            place := substring(body FROM '"@[ur][0-9]+"');
            number := substr(place, 4, length(place) - 4);
            number := CASE WHEN strpos(place, 'u') > 0 THEN base + number - 1
                           ELSE numbers[number] END;
            body := replace(body, place, number::text);
        END LOOP;
        raw := convert_to(body, 'UTF8');
        told := body;
        WITH numbered AS (
            INSERT INTO audit_event (eid, log, seq, leaf)
            VALUES (CASE event WHEN 0 THEN gen_random_uuid() ELSE eids[event] END,
                    this, own, sha256('\x00'::bytea || raw)))
        INSERT INTO audit_body (log, seq, body) VALUES (this, own, raw);
        PERFORM audit_index_add(this, told);
        IF substr(lines[4], event, 1) = 'u' AND NOT audit_within_terms(this, told) THEN
            RAISE EXCEPTION 'past the term of its consent'
                USING ERRCODE = 'SC003', DETAIL = event::text;
        END IF;
    END LOOP;
    RETURN base;
END $$;
COMMENT ON FUNCTION audit_append(text) IS
    'Locks the head of the open log, numbers and dates the events of this transaction,'
    ' and inserts them. The message has a line for each: the program''s clock; the eids;'
    ' the eids of earlier events referred to; u for each use and - for each other; the'
    ' event that opens an empty log; the one that tells that the clock is behind; and'
    ' each body, with places for its moment (@at), its number (@seq), and the numbers of'
    ' events of this transaction (@u) and of earlier ones (@r), counted from 1.';
"""


class Migration(migrations.Migration):
    """Install the append."""

    dependencies = [("audit", "0003_logs_and_signer")]
    operations = [
        # Judged once, when a head is made (audit_head_opens), instead of at each event.
        migrations.RemoveConstraint("head", "audit_head_demonstration_clock"),
        migrations.RemoveConstraint("head", "audit_head_origin"),
        # Counting from 0 without a gap is judged with each body (audit_body_fits).
        migrations.RemoveConstraint("event", "audit_event_counts_from_zero"),
        # Made anew from the bodies below.
        migrations.DeleteModel("Index"),
        migrations.CreateModel(
            "Index",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "log",
                        "seq",
                        "place",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("log", models.CharField(max_length=32)),
                ("seq", models.BigIntegerField()),
                ("place", models.SmallIntegerField()),
                ("at", models.CharField(max_length=24)),
                ("type", models.CharField(max_length=48)),
                ("site", models.CharField(max_length=32, null=True)),
                ("subject", models.CharField(max_length=34, null=True)),
                ("consent", models.BigIntegerField(null=True)),
                ("purpose", models.CharField(max_length=48, null=True)),
            ],
            {
                "db_table": "audit_index",
                "indexes": [
                    models.Index(fields=["log", "at"], name="audit_index_at"),
                    models.Index(
                        fields=["subject", "log", "seq"],
                        condition=models.Q(subject__isnull=False),
                        name="audit_index_subject",
                    ),
                    models.Index(
                        fields=["log", "consent", "seq"],
                        condition=models.Q(consent__isnull=False),
                        name="audit_index_consent",
                    ),
                    models.Index(
                        fields=["log", "type", "seq"], name="audit_index_type"
                    ),
                ],
            },
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
        migrations.RunSQL(
            "SELECT audit_index_add(log, convert_from(body, 'UTF8')::jsonb)"
            " FROM audit_body",
            migrations.RunSQL.noop,
        ),
    ]
