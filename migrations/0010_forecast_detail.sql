-- Forecasts by the hour and by the month, what a model is made of, how intervals turned out, and whether
-- a new model was better than the one in use.

-- The hours of the first seven days after the origin, from its midnight on (of 167 to 169 hours where
-- the clock changes), and the calendar months after the days ahead. Empty where they are not known, and of
-- every origin but the newest: only days are held against what happens, and hours take ten times their room.
ALTER TABLE consumption_prediction
    ADD COLUMN hours       numeric(14,6)[] NOT NULL DEFAULT '{}',
    ADD COLUMN hours_lo80  numeric(14,6)[] NOT NULL DEFAULT '{}',
    ADD COLUMN hours_hi80  numeric(14,6)[] NOT NULL DEFAULT '{}',
    ADD COLUMN hours_lo95  numeric(14,6)[] NOT NULL DEFAULT '{}',
    ADD COLUMN hours_hi95  numeric(14,6)[] NOT NULL DEFAULT '{}',
    ADD COLUMN months_from date,
    ADD COLUMN months      numeric(14,6)[] NOT NULL DEFAULT '{}',
    ADD COLUMN months_lo80 numeric(14,6)[] NOT NULL DEFAULT '{}',
    ADD COLUMN months_hi80 numeric(14,6)[] NOT NULL DEFAULT '{}',
    ADD COLUMN months_lo95 numeric(14,6)[] NOT NULL DEFAULT '{}',
    ADD COLUMN months_hi95 numeric(14,6)[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT consumption_prediction_hours_check CHECK (
        cardinality(hours) <= 200
        AND cardinality(hours_lo80) = cardinality(hours) AND cardinality(hours_hi80) = cardinality(hours)
        AND cardinality(hours_lo95) = cardinality(hours) AND cardinality(hours_hi95) = cardinality(hours)),
    ADD CONSTRAINT consumption_prediction_months_check CHECK (
        cardinality(months) <= 12 AND (cardinality(months) = 0 OR months_from IS NOT NULL)
        AND cardinality(months_lo80) = cardinality(months) AND cardinality(months_hi80) = cardinality(months)
        AND cardinality(months_lo95) = cardinality(months) AND cardinality(months_hi95) = cardinality(months));

-- What is shown of a model, as the wire says it; the artefact is for the program alone, and goes when another
-- model takes its place: the row stays for the name of what it predicted. What was known of the home then
-- (days that count, their mean) says later whether much has changed since.
ALTER TABLE forecast_model
    ADD COLUMN card       jsonb,
    ADD COLUMN known_days integer,
    ADD COLUMN mean_kwh   numeric(14,6),
    ALTER COLUMN artefact DROP NOT NULL,
    ADD CONSTRAINT forecast_model_artefact_check CHECK (NOT in_use OR artefact IS NOT NULL),
    ADD CONSTRAINT forecast_model_known_check CHECK ((known_days IS NULL) = (mean_kwh IS NULL));

ALTER TABLE model_accuracy_score ADD COLUMN total_error numeric(10,4);

-- The interval that was promised, so that what was kept of the promise can be counted.
ALTER TABLE historical_prediction_comparison
    ADD COLUMN lo80 numeric(14,6),
    ADD COLUMN hi80 numeric(14,6),
    ADD COLUMN lo95 numeric(14,6),
    ADD COLUMN hi95 numeric(14,6);

-- The model in use beside the new one, over the same days, in kWh a day.
ALTER TABLE training_run
    ADD COLUMN champion           text,
    ADD COLUMN champion_mae_kwh   numeric(14,6),
    ADD COLUMN challenger         text,
    ADD COLUMN challenger_mae_kwh numeric(14,6),
    ADD COLUMN adopted            boolean,
    DROP CONSTRAINT training_run_trigger_check,
    ADD CONSTRAINT training_run_trigger_check CHECK (trigger IN ('schedule', 'request', 'data', 'drift', 'demo')),
    ADD CONSTRAINT training_run_challenge_check CHECK (num_nulls(champion, champion_mae_kwh, challenger, challenger_mae_kwh, adopted) IN (0, 5));
