-- Administration of the server: reference data is edited in the program, and who did what is kept.

-- An edit says which version of a row it saw. `edited_at` cannot tell: it is null on every row that
-- follows what ships, and a load of new defaults leaves it so while it changes the row. A trigger
-- counts, so that no statement can forget to, the loader's included.
CREATE FUNCTION count_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;

ALTER TABLE device_catalog ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE optimization_suggestion ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE tariff ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE tariff_flag ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE tariff_flag_rate ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE emission_factor ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE tax_rate ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE holiday ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE price_series ADD COLUMN version bigint NOT NULL DEFAULT 1;

CREATE TRIGGER device_catalog_version BEFORE UPDATE ON device_catalog
    FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER optimization_suggestion_version BEFORE UPDATE ON optimization_suggestion
    FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER tariff_version BEFORE UPDATE ON tariff
    FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER tariff_flag_version BEFORE UPDATE ON tariff_flag
    FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER tariff_flag_rate_version BEFORE UPDATE ON tariff_flag_rate
    FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER emission_factor_version BEFORE UPDATE ON emission_factor
    FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER tax_rate_version BEFORE UPDATE ON tax_rate
    FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER holiday_version BEFORE UPDATE ON holiday
    FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER price_series_version BEFORE UPDATE ON price_series
    FOR EACH ROW EXECUTE FUNCTION count_version();

-- A row that ships cannot be removed: the next load would bring it back. What people choose from can
-- be hidden instead: it is offered to nobody, and homes that have it keep it.
ALTER TABLE device_catalog ADD COLUMN hidden boolean NOT NULL DEFAULT false;
ALTER TABLE optimization_suggestion ADD COLUMN hidden boolean NOT NULL DEFAULT false;
ALTER TABLE tariff ADD COLUMN hidden boolean NOT NULL DEFAULT false;

-- The trail of administration, which belongs to the server and to no home. `entity` is a table,
-- `subject` the key of a row in it; what was done to an account or a job has no images.
CREATE TABLE admin_entry (
    admin_entry_id uuid PRIMARY KEY,
    at             timestamptz NOT NULL,
    account_id     uuid,
    entity         text NOT NULL,
    subject        text NOT NULL,
    act            text NOT NULL,
    before         jsonb,
    after          jsonb,
    CONSTRAINT admin_entry_account_fkey FOREIGN KEY (account_id) REFERENCES account ON DELETE SET NULL,
    CONSTRAINT admin_entry_act_check CHECK (act IN
        ('insert', 'update', 'delete', 'reset', 'promote', 'demote', 'recover', 'sign_out', 'retry'))
);
CREATE INDEX admin_entry_account_idx ON admin_entry (account_id);

-- Administrators see the trainings of all homes, newest first; the keys sort by time.
CREATE INDEX training_run_id_idx ON training_run (training_run_id DESC);
