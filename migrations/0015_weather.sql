-- Temperatures from an online source: what was asked and what came of it.

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

ALTER TABLE weather_observation
    ADD CONSTRAINT weather_observation_source_check CHECK (source IN ('file', 'archive', 'recent'));
