-- Several sources of one meter, summed: the registers of its tariffs, its phases. One that is added to others says
-- so, since two that count the same energy would be counted on top of each other.
ALTER TABLE live_source
    ADD COLUMN summed boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT live_source_summed_check CHECK (NOT summed OR meter_id IS NOT NULL);
DROP INDEX live_source_meter_key;
CREATE UNIQUE INDEX live_source_meter_key ON live_source (energy_profile_id, meter_id)
    WHERE meter_id IS NOT NULL AND NOT summed;

-- A step is placed when all sources of its meter know it. It stays for a while, so that what a source brings that
-- is added later can be told from what stood there before.
ALTER TABLE live_step ADD COLUMN placed boolean NOT NULL DEFAULT false;
CREATE INDEX live_step_waiting_idx ON live_step (energy_profile_id, live_source_id) WHERE NOT placed;
