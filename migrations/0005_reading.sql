-- Meters and what was read off them. Two ways of knowing, two tables, one way of asking.
--
-- `energy_reading` is what a person or an irregular source said, as said: some rows a week.
-- `consumption_day` is a meter's local day: for a meter of steps this row *is* the reading, for the
-- others it is derived from `energy_reading`, in the same transaction, under a lock on the meter.
--
-- Why a row per day and not per step: a million quarter-hours are 10,417 rows and 12 MB instead of
-- a million and 136 MB, a year for a chart or a model is 365 rows, and there is no roll-up that
-- could disagree.

CREATE TABLE meter (
    energy_profile_id uuid NOT NULL,
    meter_id          uuid NOT NULL,
    name              text NOT NULL,
    channel           text NOT NULL,
    -- A meter's facts are registers and periods, or steps; never both.
    reading_kind      text NOT NULL,
    register_digits   smallint,
    profile_device_id uuid,
    -- Another meter of the home that knows the same flow: one connection that is read by hand and
    -- by file. Of the two a day counts once, from whichever knows more of it.
    same_as           uuid,
    removed_at        timestamptz,
    version           bigint NOT NULL DEFAULT 1,
    CONSTRAINT meter_pkey PRIMARY KEY (energy_profile_id, meter_id),
    CONSTRAINT meter_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT meter_device_fkey FOREIGN KEY (energy_profile_id, profile_device_id) REFERENCES profile_device,
    CONSTRAINT meter_same_as_fkey FOREIGN KEY (energy_profile_id, same_as) REFERENCES meter,
    CONSTRAINT meter_same_as_check CHECK (same_as <> meter_id),
    CONSTRAINT meter_name_check CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT meter_channel_check CHECK (channel IN (
        'grid_import', 'grid_export', 'solar_production', 'battery_charge', 'battery_discharge', 'device', 'gas', 'water')),
    CONSTRAINT meter_reading_kind_check CHECK (reading_kind IN ('register', 'step')),
    CONSTRAINT meter_register_digits_check CHECK (register_digits BETWEEN 3 AND 8)
);
-- A removed meter leaves its name to another.
CREATE UNIQUE INDEX meter_name_key ON meter (energy_profile_id, name) WHERE removed_at IS NULL;

-- One imported file; undone as a whole through its operation.
CREATE TABLE import_batch (
    energy_profile_id uuid NOT NULL,
    import_batch_id   uuid NOT NULL,
    meter_id          uuid NOT NULL,
    operation_id      uuid NOT NULL,
    file_name         text,
    file_sha256       bytea NOT NULL,
    row_count         bigint NOT NULL,
    created_by        uuid,
    created_at        timestamptz NOT NULL,
    CONSTRAINT import_batch_pkey PRIMARY KEY (energy_profile_id, import_batch_id),
    CONSTRAINT import_batch_meter_fkey FOREIGN KEY (energy_profile_id, meter_id) REFERENCES meter ON DELETE CASCADE,
    CONSTRAINT import_batch_operation_fkey FOREIGN KEY (energy_profile_id, operation_id) REFERENCES audit_operation ON DELETE CASCADE,
    CONSTRAINT import_batch_account_fkey FOREIGN KEY (created_by) REFERENCES account ON DELETE SET NULL,
    CONSTRAINT import_batch_file_name_check CHECK (length(file_name) <= 255)
);

CREATE TABLE energy_reading (
    energy_profile_id  uuid NOT NULL,
    meter_id           uuid NOT NULL,
    -- The instant of a register, or the start of a period.
    read_at            timestamptz NOT NULL,
    kind               text NOT NULL,
    -- The counter's value, or the energy of the period.
    kwh                numeric(14,6) NOT NULL,
    -- The end of a period, itself not included.
    ends_at            timestamptz,
    -- The counter began anew here: the meter was replaced, reset or rolled over, and the energy
    -- since the register before is not known.
    register_restarted boolean NOT NULL DEFAULT false,
    estimated          boolean NOT NULL DEFAULT false,
    note               text,
    source             text NOT NULL,
    entered_by         uuid,
    entered_at         timestamptz NOT NULL,
    version            bigint NOT NULL DEFAULT 1,
    CONSTRAINT energy_reading_pkey PRIMARY KEY (energy_profile_id, meter_id, read_at),
    CONSTRAINT energy_reading_meter_fkey FOREIGN KEY (energy_profile_id, meter_id) REFERENCES meter ON DELETE CASCADE,
    CONSTRAINT energy_reading_account_fkey FOREIGN KEY (entered_by) REFERENCES account ON DELETE SET NULL,
    CONSTRAINT energy_reading_kind_check CHECK (kind IN ('register', 'period')),
    CONSTRAINT energy_reading_kwh_check CHECK (kwh >= 0),
    CONSTRAINT energy_reading_ends_at_check CHECK (
        CASE kind WHEN 'period' THEN ends_at IS NOT NULL AND ends_at > read_at ELSE ends_at IS NULL END),
    CONSTRAINT energy_reading_note_check CHECK (length(note) <= 500),
    CONSTRAINT energy_reading_source_check CHECK (source IN ('manual', 'import', 'api', 'demo'))
);

-- Null when every step is missing, so that a day of gaps has no total.
CREATE FUNCTION sum_of_steps(steps integer[]) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (SELECT sum(step) FROM unnest(steps) AS step);

CREATE FUNCTION known_steps(steps integer[]) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN cardinality(array_remove(steps, NULL));

CREATE TABLE consumption_day (
    energy_profile_id uuid NOT NULL,
    meter_id          uuid NOT NULL,
    local_date        date NOT NULL,
    -- The instant at which the local day starts, and its length: 1380, 1440 or 1500 minutes as the
    -- clock has it, other values in zones that shift by other amounts.
    starts_at         timestamptz NOT NULL,
    day_minutes       smallint NOT NULL,
    -- The energy of each step in milliwatt-hours; null is missing.
    step_minutes      smallint,
    step_mwh          integer[],
    -- Which steps are estimates; null when none is.
    step_estimated    boolean[],
    -- Where there are no steps: what longer readings, spread in proportion to time, say of the day.
    spread_mwh        bigint,
    spread_minutes    smallint,
    kwh               numeric(14,6) GENERATED ALWAYS AS (
        coalesce(sum_of_steps(step_mwh), spread_mwh) / 1000000.0) STORED,
    covered_minutes   smallint NOT NULL GENERATED ALWAYS AS (
        coalesce(known_steps(step_mwh) * step_minutes, spread_minutes)) STORED,
    CONSTRAINT consumption_day_pkey PRIMARY KEY (energy_profile_id, meter_id, local_date),
    CONSTRAINT consumption_day_meter_fkey FOREIGN KEY (energy_profile_id, meter_id) REFERENCES meter ON DELETE CASCADE,
    CONSTRAINT consumption_day_minutes_check CHECK (day_minutes BETWEEN 1320 AND 1560),
    CONSTRAINT consumption_day_step_check CHECK (step_minutes IN (5, 10, 15, 30, 60)),
    CONSTRAINT consumption_day_one_way_check CHECK (
        (step_mwh IS NULL) = (step_minutes IS NULL)
        AND (spread_mwh IS NULL) = (spread_minutes IS NULL)
        AND (step_mwh IS NULL) <> (spread_mwh IS NULL)),
    CONSTRAINT consumption_day_length_check CHECK (
        cardinality(step_mwh) = day_minutes / step_minutes
        AND (step_estimated IS NULL OR cardinality(step_estimated) = cardinality(step_mwh))),
    CONSTRAINT consumption_day_sign_check CHECK (0 <= ALL (step_mwh) AND spread_mwh >= 0),
    CONSTRAINT consumption_day_spread_check CHECK (spread_minutes BETWEEN 1 AND day_minutes)
);

-- What an import replaced: the day as it was, null where there was none. Undoing the batch puts
-- these rows back; its size is the days touched, not the rows of the file.
CREATE TABLE import_batch_day (
    energy_profile_id uuid NOT NULL,
    import_batch_id   uuid NOT NULL,
    local_date        date NOT NULL,
    before            jsonb,
    after             jsonb NOT NULL,
    CONSTRAINT import_batch_day_pkey PRIMARY KEY (energy_profile_id, import_batch_id, local_date),
    CONSTRAINT import_batch_day_batch_fkey FOREIGN KEY (energy_profile_id, import_batch_id)
        REFERENCES import_batch ON DELETE CASCADE
);

-- Steps one by one, for whoever likes SQL. Instants are counted from the day's start: truncating
-- local times would merge the two hours of the clock's return.
CREATE VIEW interval_reading AS
SELECT d.energy_profile_id,
       d.meter_id,
       d.starts_at + make_interval(mins => ((s.step - 1) * d.step_minutes)::integer) AS starts_at,
       d.step_minutes,
       s.mwh / 1000000.0 AS kwh,
       coalesce(d.step_estimated[s.step], false) AS estimated
FROM consumption_day AS d
CROSS JOIN LATERAL unnest(d.step_mwh) WITH ORDINALITY AS s (mwh, step)
WHERE s.mwh IS NOT NULL;
