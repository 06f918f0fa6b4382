-- Bills as charged, and limits for a period.
--
-- No day of a home is in two bills. An exclusion constraint on spans within a home would need
-- btree_gist, which not every PostgreSQL has; so a writer of bills locks the home's row first and
-- then looks. The unique first day is a second net.

CREATE TABLE billing_record (
    energy_profile_id uuid NOT NULL,
    billing_record_id uuid NOT NULL,
    -- First and last local day of the cycle, both included.
    first_day         date NOT NULL,
    last_day          date NOT NULL,
    kwh               numeric(14,6) NOT NULL,
    total             numeric(20,8) NOT NULL,
    -- Lines as charged: `[{"label", "amount"}]`; where there are any, they add up to `total`.
    lines             jsonb NOT NULL DEFAULT '[]',
    due_on            date,
    paid_on           date,
    -- The utility estimated the register.
    estimated         boolean NOT NULL DEFAULT false,
    example           boolean NOT NULL DEFAULT false,
    note              text,
    entered_by        uuid,
    entered_at        timestamptz NOT NULL,
    version           bigint NOT NULL DEFAULT 1,
    CONSTRAINT billing_record_pkey PRIMARY KEY (energy_profile_id, billing_record_id),
    CONSTRAINT billing_record_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT billing_record_account_fkey FOREIGN KEY (entered_by) REFERENCES account ON DELETE SET NULL,
    CONSTRAINT billing_record_first_day_key UNIQUE (energy_profile_id, first_day),
    CONSTRAINT billing_record_span_check CHECK (first_day <= last_day AND last_day - first_day < 400),
    CONSTRAINT billing_record_kwh_check CHECK (kwh >= 0),
    CONSTRAINT billing_record_note_check CHECK (length(note) <= 500)
);

CREATE TABLE consumption_goal (
    energy_profile_id   uuid NOT NULL,
    consumption_goal_id uuid NOT NULL,
    measure             text NOT NULL,
    period              text NOT NULL,
    limit_value         numeric(20,8) NOT NULL,
    valid_from          date NOT NULL,
    valid_to            date,
    profile_device_id   uuid,
    example             boolean NOT NULL DEFAULT false,
    version             bigint NOT NULL DEFAULT 1,
    CONSTRAINT consumption_goal_pkey PRIMARY KEY (energy_profile_id, consumption_goal_id),
    CONSTRAINT consumption_goal_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT consumption_goal_device_fkey FOREIGN KEY (energy_profile_id, profile_device_id)
        REFERENCES profile_device ON DELETE CASCADE,
    CONSTRAINT consumption_goal_measure_check CHECK (measure IN ('kwh', 'money', 'co2e')),
    CONSTRAINT consumption_goal_period_check CHECK (period IN ('cycle', 'month')),
    CONSTRAINT consumption_goal_limit_check CHECK (limit_value > 0),
    CONSTRAINT consumption_goal_span_check CHECK (valid_to IS NULL OR valid_from <= valid_to)
);

-- What a home did with a saving measure.
CREATE TABLE profile_suggestion (
    energy_profile_id uuid NOT NULL,
    slug              text NOT NULL,
    state             text NOT NULL,
    changed_by        uuid,
    changed_at        timestamptz NOT NULL,
    CONSTRAINT profile_suggestion_pkey PRIMARY KEY (energy_profile_id, slug),
    CONSTRAINT profile_suggestion_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT profile_suggestion_suggestion_fkey FOREIGN KEY (slug) REFERENCES optimization_suggestion,
    CONSTRAINT profile_suggestion_account_fkey FOREIGN KEY (changed_by) REFERENCES account ON DELETE SET NULL,
    CONSTRAINT profile_suggestion_state_check CHECK (state IN ('accepted', 'dismissed', 'done'))
);
