-- Devices of a home. Their energy is derived, never stored: correcting a figure corrects all that
-- follows from it. A device outlives the catalogue row that it was taken from.

CREATE TABLE profile_device (
    energy_profile_id uuid NOT NULL,
    profile_device_id uuid NOT NULL,
    catalog_slug      text,
    name              text NOT NULL,
    category          text NOT NULL,
    quantity          smallint NOT NULL,
    power_w           numeric(10,3) NOT NULL,
    standby_w         numeric(10,3) NOT NULL,
    hours_per_day     numeric(8,4) NOT NULL,
    days_per_month    numeric(8,4) NOT NULL,
    duty_cycle        numeric(6,5) NOT NULL,
    -- The figures are engineering judgement; the screen says so.
    estimate          boolean NOT NULL DEFAULT false,
    -- Made up for the demo; the screen says so.
    example           boolean NOT NULL DEFAULT false,
    removed_at        timestamptz,
    version           bigint NOT NULL DEFAULT 1,
    CONSTRAINT profile_device_pkey PRIMARY KEY (energy_profile_id, profile_device_id),
    CONSTRAINT profile_device_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT profile_device_catalog_fkey FOREIGN KEY (catalog_slug) REFERENCES device_catalog,
    CONSTRAINT profile_device_name_check CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT profile_device_quantity_check CHECK (quantity BETWEEN 1 AND 999),
    CONSTRAINT profile_device_power_check CHECK (power_w BETWEEN 0 AND 1000000 AND standby_w BETWEEN 0 AND 1000000),
    CONSTRAINT profile_device_hours_check CHECK (hours_per_day BETWEEN 0 AND 24),
    CONSTRAINT profile_device_days_check CHECK (days_per_month BETWEEN 0 AND 31),
    CONSTRAINT profile_device_duty_cycle_check CHECK (duty_cycle BETWEEN 0 AND 1)
);

-- When a device runs: minutes of each hour of a weekday (1 Monday to 7 Sunday), in a season.
CREATE TABLE device_usage_pattern (
    energy_profile_id uuid NOT NULL,
    profile_device_id uuid NOT NULL,
    season            text NOT NULL,
    weekday           smallint NOT NULL,
    hour_minutes      smallint[] NOT NULL,
    CONSTRAINT device_usage_pattern_pkey PRIMARY KEY (energy_profile_id, profile_device_id, season, weekday),
    CONSTRAINT device_usage_pattern_device_fkey FOREIGN KEY (energy_profile_id, profile_device_id)
        REFERENCES profile_device ON DELETE CASCADE,
    CONSTRAINT device_usage_pattern_season_check CHECK (season IN ('all', 'spring', 'summer', 'autumn', 'winter')),
    CONSTRAINT device_usage_pattern_weekday_check CHECK (weekday BETWEEN 1 AND 7),
    CONSTRAINT device_usage_pattern_hours_check CHECK (cardinality(hour_minutes) = 24),
    CONSTRAINT device_usage_pattern_minutes_check CHECK (0 <= ALL (hour_minutes) AND 60 >= ALL (hour_minutes))
);
