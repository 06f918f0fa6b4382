-- What a member should know. `fact` names the thing that is so (a meter that is silent, a day, a
-- goal in a cycle): the same fact found again is the same alert, however often the job runs.

CREATE TABLE alert (
    energy_profile_id uuid NOT NULL,
    alert_id          uuid NOT NULL,
    rule              text NOT NULL,
    fact              text NOT NULL,
    severity          text NOT NULL,
    evidence          jsonb NOT NULL,
    raised_at         timestamptz NOT NULL,
    resolved_at       timestamptz,
    acknowledged_by   uuid,
    acknowledged_at   timestamptz,
    CONSTRAINT alert_pkey PRIMARY KEY (energy_profile_id, alert_id),
    CONSTRAINT alert_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT alert_account_fkey FOREIGN KEY (acknowledged_by) REFERENCES account ON DELETE SET NULL,
    CONSTRAINT alert_fact_key UNIQUE (energy_profile_id, rule, fact),
    CONSTRAINT alert_severity_check CHECK (severity IN ('info', 'warning', 'urgent'))
);
CREATE INDEX alert_open_idx ON alert (energy_profile_id, raised_at DESC) WHERE resolved_at IS NULL;
