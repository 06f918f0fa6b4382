-- Imports of several meters at once, of steps and of readings.
--
-- A row that an import wrote carries the import's key, as long as it is what the import made it. So
-- "was anything of it written on since?" is a count, and a file that replaced nothing leaves nothing
-- behind for its undo but that count, however many rows it had. What it replaced is kept whole, in
-- the form in which it stood. The marks have no foreign key: an import is removed with its home only,
-- and checking them would cost as much as writing the days.
--
-- Imports of before had their days as JSON. They stay listed, and cannot be taken back any more.
ALTER TABLE consumption_day ADD COLUMN import_batch_id uuid;
ALTER TABLE energy_reading ADD COLUMN import_batch_id uuid;

ALTER TABLE import_batch DROP CONSTRAINT import_batch_meter_fkey;
ALTER TABLE import_batch DROP COLUMN meter_id;
DROP TABLE import_batch_day;

-- What an import wrote of a meter.
CREATE TABLE import_batch_meter (
    energy_profile_id uuid NOT NULL,
    import_batch_id   uuid NOT NULL,
    meter_id          uuid NOT NULL,
    -- Days and readings that carry the import's key, unless they were written on since.
    day_count         bigint NOT NULL,
    reading_count     bigint NOT NULL,
    CONSTRAINT import_batch_meter_pkey PRIMARY KEY (energy_profile_id, import_batch_id, meter_id),
    CONSTRAINT import_batch_meter_batch_fkey FOREIGN KEY (energy_profile_id, import_batch_id)
        REFERENCES import_batch ON DELETE CASCADE,
    CONSTRAINT import_batch_meter_meter_fkey FOREIGN KEY (energy_profile_id, meter_id) REFERENCES meter ON DELETE CASCADE,
    CONSTRAINT import_batch_meter_count_check CHECK (day_count >= 0 AND reading_count >= 0)
);

-- The days that it replaced, as they were.
CREATE TABLE import_batch_day (
    energy_profile_id uuid NOT NULL,
    import_batch_id   uuid NOT NULL,
    meter_id          uuid NOT NULL,
    local_date        date NOT NULL,
    starts_at         timestamptz NOT NULL,
    day_minutes       smallint NOT NULL,
    step_minutes      smallint NOT NULL,
    step_mwh          integer[] NOT NULL,
    step_estimated    boolean[],
    -- The import that had written it.
    written_by        uuid,
    CONSTRAINT import_batch_day_pkey PRIMARY KEY (energy_profile_id, import_batch_id, meter_id, local_date),
    CONSTRAINT import_batch_day_meter_fkey FOREIGN KEY (energy_profile_id, import_batch_id, meter_id)
        REFERENCES import_batch_meter ON DELETE CASCADE
);

-- The readings that it replaced, as they were.
CREATE TABLE import_batch_reading (
    energy_profile_id uuid NOT NULL,
    import_batch_id   uuid NOT NULL,
    meter_id          uuid NOT NULL,
    read_at           timestamptz NOT NULL,
    kind              text NOT NULL,
    kwh               numeric(14,6) NOT NULL,
    ends_at           timestamptz,
    register_restarted boolean NOT NULL,
    estimated         boolean NOT NULL,
    note              text,
    source            text NOT NULL,
    entered_by        uuid,
    entered_at        timestamptz NOT NULL,
    written_by        uuid,
    CONSTRAINT import_batch_reading_pkey PRIMARY KEY (energy_profile_id, import_batch_id, meter_id, read_at),
    CONSTRAINT import_batch_reading_meter_fkey FOREIGN KEY (energy_profile_id, import_batch_id, meter_id)
        REFERENCES import_batch_meter ON DELETE CASCADE,
    CONSTRAINT import_batch_reading_account_fkey FOREIGN KEY (entered_by) REFERENCES account ON DELETE SET NULL
);
