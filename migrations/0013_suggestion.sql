-- Measures as rules, and what a home said and did with each.

-- Condition and formula as expressions, with what is asked of a home: a document in the types of
-- `ecotrack_common::measure`, never queried by its parts. A measure without one is a tip.
ALTER TABLE optimization_suggestion ADD COLUMN rule jsonb;

-- Who changed it and when stands in the audit entries, as of every row that people edit.
-- `baseline` is the forecast as it was when the measure was accepted, days and half widths of the bands
-- of their sums: the effect is told against it, and forecasts as old as that are swept.
ALTER TABLE profile_suggestion
    DROP COLUMN changed_by,
    DROP COLUMN changed_at,
    ADD COLUMN dismissed_until date,
    ADD COLUMN answers         jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN accepted_on     date,
    ADD COLUMN baseline        jsonb,
    ADD COLUMN version         bigint NOT NULL DEFAULT 1,
    DROP CONSTRAINT profile_suggestion_state_check,
    ADD CONSTRAINT profile_suggestion_state_check CHECK (state IN ('open', 'accepted', 'dismissed', 'done')),
    ADD CONSTRAINT profile_suggestion_until_check CHECK (dismissed_until IS NULL OR state = 'dismissed'),
    ADD CONSTRAINT profile_suggestion_accepted_check CHECK (state <> 'accepted' OR accepted_on IS NOT NULL);
