-- Homes, where they are, and who may do what in them.
--
-- `revision` is bumped by every transaction that changes anything of the home. With the revision of
-- the reference data and the local day it is the ETag of what the home's screens read, and the one
-- mark by which live clients are told that something is new.

CREATE TABLE energy_profile (
    energy_profile_id uuid PRIMARY KEY,
    name              text NOT NULL,
    occupants         smallint,
    area_m2           numeric(10,2),
    connection        text NOT NULL,
    currency          text NOT NULL,
    time_zone         text NOT NULL,
    billing_cycle_day smallint NOT NULL,
    -- For the demo home: by how many weeks its real readings were moved.
    demo_moved_weeks  integer,
    -- Whether its totals may be counted into the anonymous ones of the public page.
    public_totals     boolean NOT NULL DEFAULT false,
    created_at        timestamptz NOT NULL,
    -- A removed home can be restored for seven days.
    removed_at        timestamptz,
    version           bigint NOT NULL DEFAULT 1,
    revision          bigint NOT NULL DEFAULT 1,
    CONSTRAINT energy_profile_name_check CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT energy_profile_occupants_check CHECK (occupants BETWEEN 1 AND 999),
    CONSTRAINT energy_profile_area_m2_check CHECK (area_m2 > 0 AND area_m2 <= 100000),
    CONSTRAINT energy_profile_connection_check CHECK (connection IN ('single', 'two', 'three')),
    CONSTRAINT energy_profile_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT energy_profile_billing_cycle_day_check CHECK (billing_cycle_day BETWEEN 1 AND 31)
);

CREATE TABLE location_info (
    energy_profile_id uuid PRIMARY KEY,
    country           text NOT NULL,
    state             text,
    city              text,
    latitude          numeric(9,6),
    longitude         numeric(9,6),
    distributor       text,
    grid_region       text,
    CONSTRAINT location_info_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT location_info_country_check CHECK (country ~ '^[A-Z]{2}$'),
    CONSTRAINT location_info_coordinates_check CHECK ((latitude IS NULL) = (longitude IS NULL)),
    CONSTRAINT location_info_latitude_check CHECK (latitude BETWEEN -90 AND 90),
    CONSTRAINT location_info_longitude_check CHECK (longitude BETWEEN -180 AND 180)
);

CREATE TABLE profile_member (
    energy_profile_id uuid NOT NULL,
    account_id        uuid NOT NULL,
    role              text NOT NULL,
    joined_at         timestamptz NOT NULL,
    version           bigint NOT NULL DEFAULT 1,
    CONSTRAINT profile_member_pkey PRIMARY KEY (energy_profile_id, account_id),
    CONSTRAINT profile_member_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT profile_member_account_fkey FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT profile_member_role_check CHECK (role IN ('owner', 'editor', 'viewer'))
);
CREATE INDEX profile_member_account_idx ON profile_member (account_id);

-- A code that works once and expires; only its SHA-256 is here. It ends with its maker's ownership of
-- the home: who made codes and was removed does not come back by one of them.
CREATE TABLE invitation (
    energy_profile_id uuid NOT NULL,
    invitation_id     uuid NOT NULL,
    code_hash         bytea NOT NULL,
    role              text NOT NULL,
    created_by        uuid,
    created_at        timestamptz NOT NULL,
    expires_at        timestamptz NOT NULL,
    used_by           uuid,
    used_at           timestamptz,
    CONSTRAINT invitation_pkey PRIMARY KEY (energy_profile_id, invitation_id),
    CONSTRAINT invitation_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT invitation_created_by_fkey FOREIGN KEY (created_by) REFERENCES account ON DELETE SET NULL,
    CONSTRAINT invitation_used_by_fkey FOREIGN KEY (used_by) REFERENCES account ON DELETE SET NULL,
    CONSTRAINT invitation_code_hash_key UNIQUE (energy_profile_id, code_hash),
    CONSTRAINT invitation_code_hash_check CHECK (length(code_hash) = 32),
    CONSTRAINT invitation_role_check CHECK (role IN ('owner', 'editor', 'viewer')),
    CONSTRAINT invitation_used_check CHECK (used_by IS NULL OR used_at IS NOT NULL)
);
CREATE INDEX invitation_code_hash_idx ON invitation (code_hash);

-- Keys for meters and programs: one home, and writing readings only.
CREATE TABLE api_key (
    energy_profile_id uuid NOT NULL,
    api_key_id        uuid NOT NULL,
    name              text NOT NULL,
    key_hash          bytea NOT NULL,
    created_by        uuid NOT NULL,
    created_at        timestamptz NOT NULL,
    last_used_at      timestamptz,
    revoked_at        timestamptz,
    CONSTRAINT api_key_pkey PRIMARY KEY (energy_profile_id, api_key_id),
    CONSTRAINT api_key_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT api_key_key_hash_key UNIQUE (energy_profile_id, key_hash),
    CONSTRAINT api_key_name_check CHECK (length(name) BETWEEN 1 AND 80)
);
CREATE INDEX api_key_key_hash_idx ON api_key (key_hash);

-- Which tariff a home has from which day: a shipped one by slug, changed by parameters (its taxes,
-- its street-lighting fee), or a document of its own. It holds until the next one begins, so that
-- there is no last day that could leave a gap or overlap. The day is not the key: people correct it.
CREATE TABLE profile_tariff (
    energy_profile_id uuid NOT NULL,
    profile_tariff_id uuid NOT NULL,
    valid_from        date NOT NULL,
    tariff_slug       text,
    document          jsonb,
    parameters        jsonb NOT NULL DEFAULT '{}',
    example           boolean NOT NULL DEFAULT false,
    version           bigint NOT NULL DEFAULT 1,
    CONSTRAINT profile_tariff_pkey PRIMARY KEY (energy_profile_id, profile_tariff_id),
    CONSTRAINT profile_tariff_valid_from_key UNIQUE (energy_profile_id, valid_from),
    CONSTRAINT profile_tariff_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT profile_tariff_tariff_fkey FOREIGN KEY (tariff_slug) REFERENCES tariff,
    CONSTRAINT profile_tariff_one_check CHECK ((tariff_slug IS NULL) <> (document IS NULL))
);

-- Days on which nobody is at home.
CREATE TABLE away_period (
    energy_profile_id uuid NOT NULL,
    away_period_id    uuid NOT NULL,
    first_day         date NOT NULL,
    last_day          date NOT NULL,
    note              text,
    version           bigint NOT NULL DEFAULT 1,
    CONSTRAINT away_period_pkey PRIMARY KEY (energy_profile_id, away_period_id),
    CONSTRAINT away_period_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT away_period_span_check CHECK (first_day <= last_day)
);

-- The day's mean temperature outside.
CREATE TABLE weather_observation (
    energy_profile_id uuid NOT NULL,
    local_date        date NOT NULL,
    mean_temp_c       numeric(5,2) NOT NULL,
    source            text NOT NULL,
    CONSTRAINT weather_observation_pkey PRIMARY KEY (energy_profile_id, local_date),
    CONSTRAINT weather_observation_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT weather_observation_mean_temp_c_check CHECK (mean_temp_c BETWEEN -90 AND 70),
    -- A person's file, the online source's archive, or its word on the days that the archive gets later.
    CONSTRAINT weather_observation_source_check CHECK (source IN ('file', 'archive', 'recent'))
);

-- How it went the last time, for the operator (`ecotrack-server doctor`), and the place that the
-- online temperatures of the home are of: where the home's is another, they are asked for anew.
CREATE TABLE weather_fetch (
    energy_profile_id uuid PRIMARY KEY,
    latitude          numeric(9,6) NOT NULL,
    longitude         numeric(9,6) NOT NULL,
    tried_at          timestamptz NOT NULL,
    succeeded_at      timestamptz,
    failure           text,
    CONSTRAINT weather_fetch_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE
);

-- Days of which the archive said that it knows nothing, and said so late enough to be believed: they
-- are not asked for again. Apart from the temperatures, where a gap is a day without a row.
CREATE TABLE weather_unknown (
    energy_profile_id uuid NOT NULL,
    local_date        date NOT NULL,
    CONSTRAINT weather_unknown_pkey PRIMARY KEY (energy_profile_id, local_date),
    CONSTRAINT weather_unknown_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE
);

-- Who changed what: one operation is one act of one person and the unit of undo; its entries are
-- the rows it changed, whole, before and after. An undo is an operation too, so it can be undone.
CREATE TABLE audit_operation (
    energy_profile_id uuid NOT NULL,
    operation_id      uuid NOT NULL,
    account_id        uuid,
    at                timestamptz NOT NULL,
    undoes            uuid,
    CONSTRAINT audit_operation_pkey PRIMARY KEY (energy_profile_id, operation_id),
    CONSTRAINT audit_operation_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT audit_operation_account_fkey FOREIGN KEY (account_id) REFERENCES account ON DELETE SET NULL,
    -- An operation is taken back at most once.
    CONSTRAINT audit_operation_undoes_key UNIQUE (energy_profile_id, undoes)
);

CREATE TABLE audit_entry (
    energy_profile_id uuid NOT NULL,
    operation_id      uuid NOT NULL,
    entry             integer NOT NULL,
    entity            text NOT NULL,
    act               text NOT NULL,
    before            jsonb,
    after             jsonb,
    CONSTRAINT audit_entry_pkey PRIMARY KEY (energy_profile_id, operation_id, entry),
    CONSTRAINT audit_entry_operation_fkey FOREIGN KEY (energy_profile_id, operation_id)
        REFERENCES audit_operation ON DELETE CASCADE,
    CONSTRAINT audit_entry_act_check CHECK (act IN ('insert', 'update', 'delete')),
    CONSTRAINT audit_entry_images_check CHECK (
        (act = 'insert') = (before IS NULL) AND (act = 'delete') = (after IS NULL)
    )
);
