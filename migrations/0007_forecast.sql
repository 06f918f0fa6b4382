-- Models, their predictions, and how both turned out.

CREATE TABLE training_run (
    energy_profile_id uuid NOT NULL,
    training_run_id   uuid NOT NULL,
    trigger           text NOT NULL,
    state             text NOT NULL,
    started_at        timestamptz NOT NULL,
    finished_at       timestamptz,
    -- Why it ended as it did, for people: an error, or what was missing.
    message           text,
    -- For `too_little`: usable days, and how many are needed.
    have_days         integer,
    need_days         integer,
    CONSTRAINT training_run_pkey PRIMARY KEY (energy_profile_id, training_run_id),
    CONSTRAINT training_run_energy_profile_fkey FOREIGN KEY (energy_profile_id) REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT training_run_trigger_check CHECK (trigger IN ('schedule', 'request', 'data', 'demo')),
    CONSTRAINT training_run_state_check CHECK (state IN ('running', 'succeeded', 'too_little', 'failed')),
    CONSTRAINT training_run_finished_check CHECK ((state = 'running') = (finished_at IS NULL))
);
CREATE INDEX training_run_started_at_idx ON training_run (energy_profile_id, started_at DESC);

-- A fitted model as data: parameters as JSON with a checksum, the version of the features that it
-- reads, what it was trained on. One of a home's models is in use.
CREATE TABLE forecast_model (
    energy_profile_id uuid NOT NULL,
    forecast_model_id uuid NOT NULL,
    training_run_id   uuid NOT NULL,
    model             text NOT NULL,
    features_version  smallint NOT NULL,
    artefact          jsonb NOT NULL,
    trained_from      date NOT NULL,
    trained_to        date NOT NULL,
    in_use            boolean NOT NULL,
    created_at        timestamptz NOT NULL,
    CONSTRAINT forecast_model_pkey PRIMARY KEY (energy_profile_id, forecast_model_id),
    CONSTRAINT forecast_model_training_run_fkey FOREIGN KEY (energy_profile_id, training_run_id)
        REFERENCES training_run ON DELETE CASCADE,
    CONSTRAINT forecast_model_trained_check CHECK (trained_from <= trained_to)
);
CREATE UNIQUE INDEX forecast_model_in_use_key ON forecast_model (energy_profile_id) WHERE in_use;

-- One forecast in one row: arrays over the days after `origin`, the last day that was known. The
-- totals are bands of the sum of the first n days, which daily bands do not give.
CREATE TABLE consumption_prediction (
    energy_profile_id uuid NOT NULL,
    origin            date NOT NULL,
    forecast_model_id uuid NOT NULL,
    made_at           timestamptz NOT NULL,
    kwh               numeric(14,6)[] NOT NULL,
    lo80              numeric(14,6)[] NOT NULL,
    hi80              numeric(14,6)[] NOT NULL,
    lo95              numeric(14,6)[] NOT NULL,
    hi95              numeric(14,6)[] NOT NULL,
    total_lo80        numeric(14,6)[] NOT NULL,
    total_hi80        numeric(14,6)[] NOT NULL,
    total_lo95        numeric(14,6)[] NOT NULL,
    total_hi95        numeric(14,6)[] NOT NULL,
    CONSTRAINT consumption_prediction_pkey PRIMARY KEY (energy_profile_id, origin),
    CONSTRAINT consumption_prediction_model_fkey FOREIGN KEY (energy_profile_id, forecast_model_id)
        REFERENCES forecast_model ON DELETE CASCADE,
    CONSTRAINT consumption_prediction_lengths_check CHECK (
        cardinality(kwh) BETWEEN 1 AND 400
        AND cardinality(lo80) = cardinality(kwh) AND cardinality(hi80) = cardinality(kwh)
        AND cardinality(lo95) = cardinality(kwh) AND cardinality(hi95) = cardinality(kwh)
        AND cardinality(total_lo80) = cardinality(kwh) AND cardinality(total_hi80) = cardinality(kwh)
        AND cardinality(total_lo95) = cardinality(kwh) AND cardinality(total_hi95) = cardinality(kwh))
);

-- How good each candidate was in the backtest that chose the model, per block of days ahead.
CREATE TABLE model_accuracy_score (
    energy_profile_id uuid NOT NULL,
    forecast_model_id uuid NOT NULL,
    candidate         text NOT NULL,
    from_horizon      smallint NOT NULL,
    to_horizon        smallint NOT NULL,
    mae_kwh           numeric(14,6) NOT NULL,
    naive_mae_kwh     numeric(14,6) NOT NULL,
    mase              numeric(10,4),
    swis              numeric(10,4),
    coverage80        numeric(5,4),
    coverage95        numeric(5,4),
    chosen            boolean NOT NULL,
    CONSTRAINT model_accuracy_score_pkey PRIMARY KEY (energy_profile_id, forecast_model_id, candidate, from_horizon, to_horizon),
    CONSTRAINT model_accuracy_score_model_fkey FOREIGN KEY (energy_profile_id, forecast_model_id)
        REFERENCES forecast_model ON DELETE CASCADE
);

-- A prediction beside what happened. The errors are generated, so they cannot disagree with the
-- figures; the percentage of a day without use is not defined.
CREATE TABLE historical_prediction_comparison (
    energy_profile_id uuid NOT NULL,
    local_date        date NOT NULL,
    horizon           smallint NOT NULL,
    origin            date NOT NULL,
    model             text NOT NULL,
    predicted_kwh     numeric(14,6) NOT NULL,
    actual_kwh        numeric(14,6) NOT NULL,
    error_kwh         numeric(14,6) NOT NULL GENERATED ALWAYS AS (actual_kwh - predicted_kwh) STORED,
    percentage_error  numeric(12,4) GENERATED ALWAYS AS (
        CASE WHEN actual_kwh = 0 THEN NULL
             ELSE least(greatest(100 * (actual_kwh - predicted_kwh) / actual_kwh, -99999999), 99999999) END) STORED,
    CONSTRAINT historical_prediction_comparison_pkey PRIMARY KEY (energy_profile_id, local_date, horizon),
    CONSTRAINT historical_prediction_comparison_profile_fkey FOREIGN KEY (energy_profile_id)
        REFERENCES energy_profile ON DELETE CASCADE,
    CONSTRAINT historical_prediction_comparison_horizon_check CHECK (horizon >= 1)
);
