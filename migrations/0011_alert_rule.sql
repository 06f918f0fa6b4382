-- What a home says of the rules that raise alerts, and what becomes of an alert.

-- A row only where the home says something other than the program, so that better defaults reach homes that never
-- touched a rule. Which figures a rule has stands in the program: one that it has no more is not read.
CREATE TABLE alert_rule (
    energy_profile_id uuid NOT NULL,
    rule              text NOT NULL,
    enabled           boolean NOT NULL,
    severity          text NOT NULL,
    cool_down_days    smallint NOT NULL,
    thresholds        jsonb NOT NULL,
    version           bigint NOT NULL DEFAULT 1,
    CONSTRAINT alert_rule_pkey PRIMARY KEY (energy_profile_id, rule),
    CONSTRAINT alert_rule_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT alert_rule_severity_check CHECK (severity IN ('info', 'warning', 'urgent')),
    CONSTRAINT alert_rule_cool_down_check CHECK (cool_down_days BETWEEN 0 AND 365),
    CONSTRAINT alert_rule_thresholds_check CHECK (jsonb_typeof(thresholds) = 'object')
);

-- `about` is what an alert is of (a meter, a goal in its span): while one of a rule about it is open, or was raised
-- within the rule's cool-down, there is no other. `opening` counts how often it was raised: who is told elsewhere is
-- told once for each. It is shown again on the local day `snoozed_until`.
ALTER TABLE alert
    ADD COLUMN about         text,
    ADD COLUMN opening       integer NOT NULL DEFAULT 1,
    ADD COLUMN snoozed_until date,
    ADD COLUMN snoozed_by    uuid,
    ADD CONSTRAINT alert_snoozed_by_fkey FOREIGN KEY (snoozed_by) REFERENCES account ON DELETE SET NULL;
UPDATE alert SET about = fact;
ALTER TABLE alert ALTER COLUMN about SET NOT NULL;
-- Goals that were passed have a rule of their own, and say what they are about in other words.
DELETE FROM alert WHERE resolved_at IS NULL;

-- Seasonal things are noise to some homes: a meter or a device of which no alerts are wanted.
ALTER TABLE meter ADD COLUMN alerts_off boolean NOT NULL DEFAULT false;
ALTER TABLE profile_device ADD COLUMN alerts_off boolean NOT NULL DEFAULT false;
