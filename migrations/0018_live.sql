-- What meters and programs send by themselves.
--
-- Keys were thought of from the beginning (`api_key`); here they get what they need. Of two keys of one
-- name one is revoked: a source is known by the name of its key, so that a key can be exchanged for
-- another of its name and what it sent goes on where it was.

ALTER TABLE api_key
    ADD COLUMN meter_id uuid,
    ADD COLUMN expires_at timestamptz,
    ALTER COLUMN created_by DROP NOT NULL,
    ADD CONSTRAINT api_key_meter_fkey FOREIGN KEY (energy_profile_id, meter_id) REFERENCES meter ON DELETE CASCADE,
    ADD CONSTRAINT api_key_account_fkey FOREIGN KEY (created_by) REFERENCES account ON DELETE SET NULL,
    ADD CONSTRAINT api_key_key_hash_check CHECK (length(key_hash) = 32);
CREATE UNIQUE INDEX api_key_name_key ON api_key (energy_profile_id, name) WHERE revoked_at IS NULL;

-- What is listened to at the brokers that the operator set. Which homes may listen at which broker
-- stands in the server's configuration.
CREATE TABLE live_topic (
    energy_profile_id uuid NOT NULL,
    live_topic_id     uuid NOT NULL,
    broker            text NOT NULL,
    topic             text NOT NULL,
    meter_id          uuid,
    version           bigint NOT NULL DEFAULT 1,
    CONSTRAINT live_topic_pkey PRIMARY KEY (energy_profile_id, live_topic_id),
    CONSTRAINT live_topic_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT live_topic_meter_fkey FOREIGN KEY (energy_profile_id, meter_id) REFERENCES meter ON DELETE CASCADE,
    CONSTRAINT live_topic_topic_key UNIQUE (energy_profile_id, broker, topic),
    CONSTRAINT live_topic_broker_check CHECK (length(broker) BETWEEN 1 AND 80),
    CONSTRAINT live_topic_topic_check CHECK (length(topic) BETWEEN 1 AND 500)
);

-- A series that somebody sends, what a person wants of it, and how far it has been taken: with the
-- register that was seen last and the step that is under way on the disk, a server that is killed goes
-- on where it was. The row is written with every value and none of what is written is indexed, so that
-- PostgreSQL does it in place.
CREATE TABLE live_source (
    energy_profile_id uuid NOT NULL,
    live_source_id    uuid NOT NULL,
    -- The key's name, or the broker's.
    origin            text NOT NULL,
    name              text NOT NULL,
    -- A counter of energy, power, a volume, or numbers of which the sender does not say what they are.
    kind              text NOT NULL,
    -- What a person says they are.
    unit              text,
    meter_id          uuid,
    ignored           boolean NOT NULL DEFAULT false,
    step_minutes      smallint NOT NULL DEFAULT 15,
    version           bigint NOT NULL DEFAULT 1,
    first_seen_at     timestamptz NOT NULL,
    -- The newest value as it was sent, in billionths of its unit, and its instant.
    seen_at           timestamptz,
    seen_nano         bigint,
    -- The value that is counted from: milliwatt-hours of a counter, milliwatts of power.
    last_at           timestamptz,
    last_value        bigint,
    -- A value that does not go with it, until the next one says which of the two is right.
    doubt_at          timestamptz,
    doubt_value       bigint,
    -- The step under way: its start, what is known of it in microjoules, and for how much of it.
    open_at           timestamptz,
    open_uj           bigint,
    open_ms           integer,
    open_estimated    boolean,
    CONSTRAINT live_source_pkey PRIMARY KEY (energy_profile_id, live_source_id),
    CONSTRAINT live_source_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT live_source_meter_fkey FOREIGN KEY (energy_profile_id, meter_id) REFERENCES meter ON DELETE CASCADE,
    CONSTRAINT live_source_name_key UNIQUE (energy_profile_id, origin, name),
    CONSTRAINT live_source_origin_check CHECK (length(origin) BETWEEN 1 AND 80),
    CONSTRAINT live_source_name_check CHECK (length(name) BETWEEN 1 AND 500),
    CONSTRAINT live_source_kind_check CHECK (kind IN ('counter', 'power', 'volume', 'unknown')),
    CONSTRAINT live_source_unit_check CHECK (unit IN ('kwh', 'wh', 'kw', 'w')),
    CONSTRAINT live_source_step_minutes_check CHECK (step_minutes IN (5, 10, 15, 30, 60)),
    CONSTRAINT live_source_use_check CHECK (NOT (ignored AND meter_id IS NOT NULL)),
    CONSTRAINT live_source_last_check CHECK ((last_at IS NULL) = (last_value IS NULL)),
    CONSTRAINT live_source_doubt_check CHECK ((doubt_at IS NULL) = (doubt_value IS NULL)),
    CONSTRAINT live_source_open_check CHECK (
        (open_at IS NULL) = (open_uj IS NULL) AND (open_at IS NULL) = (open_ms IS NULL)
        AND (open_at IS NULL) = (open_estimated IS NULL))
) WITH (fillfactor = 50);
-- Two sources of one meter would be counted on top of each other.
CREATE UNIQUE INDEX live_source_meter_key ON live_source (energy_profile_id, meter_id) WHERE meter_id IS NOT NULL;

-- Steps that are whole and have no place yet: nobody has said which meter they are of, or an import holds
-- the meter.
CREATE TABLE live_step (
    energy_profile_id uuid NOT NULL,
    live_source_id    uuid NOT NULL,
    starts_at         timestamptz NOT NULL,
    step_minutes      smallint NOT NULL,
    mwh               integer NOT NULL,
    estimated         boolean NOT NULL,
    CONSTRAINT live_step_pkey PRIMARY KEY (energy_profile_id, live_source_id, starts_at),
    CONSTRAINT live_step_source_fkey FOREIGN KEY (energy_profile_id, live_source_id) REFERENCES live_source ON DELETE CASCADE,
    CONSTRAINT live_step_mwh_check CHECK (mwh >= 0)
);

-- What was odd about what came, by its code: how often, and the last of it.
CREATE TABLE live_finding (
    energy_profile_id uuid NOT NULL,
    live_source_id    uuid NOT NULL,
    code              text NOT NULL,
    count             bigint NOT NULL,
    first_at          timestamptz NOT NULL,
    last_at           timestamptz NOT NULL,
    params            jsonb NOT NULL,
    CONSTRAINT live_finding_pkey PRIMARY KEY (energy_profile_id, live_source_id, code),
    CONSTRAINT live_finding_source_fkey FOREIGN KEY (energy_profile_id, live_source_id) REFERENCES live_source ON DELETE CASCADE
);
