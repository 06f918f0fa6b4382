-- Reference data: shipped with the program as data files, loaded at start, editable here.
--
-- Every row holds what was shipped (`shipped`, the row of the data file) beside what is in force
-- (its columns). An update of the program rewrites `shipped`, and the columns only where nobody
-- edited them (`edited_at` is null), so an edit survives and the screen can show where it differs.
-- `shipped` is null for a row that was added here.

-- Which shipped data set is loaded, by checksum: loading again is a look at this table.
CREATE TABLE reference_set (
    name      text PRIMARY KEY,
    checksum  text NOT NULL,
    rows      integer NOT NULL,
    loaded_at timestamptz NOT NULL
);

-- Bumped by every change of reference data; part of the ETag of what homes read.
CREATE TABLE reference_revision (
    only_row boolean PRIMARY KEY DEFAULT true,
    revision bigint NOT NULL,
    CONSTRAINT reference_revision_only_row_check CHECK (only_row)
);
INSERT INTO reference_revision (revision) VALUES (1);

CREATE TABLE device_catalog (
    slug                   text PRIMARY KEY,
    name_en                text NOT NULL,
    name_pt                text NOT NULL,
    category               text NOT NULL,
    typical_power_w        numeric(10,3) NOT NULL,
    standby_w              numeric(10,3) NOT NULL,
    typical_hours_per_day  numeric(8,4) NOT NULL,
    typical_days_per_month numeric(8,4) NOT NULL,
    duty_cycle             numeric(6,5) NOT NULL,
    source                 text NOT NULL,
    confidence             text NOT NULL,
    shipped                jsonb,
    edited_at              timestamptz,
    CONSTRAINT device_catalog_confidence_check CHECK (confidence IN ('official', 'secondary', 'estimate')),
    CONSTRAINT device_catalog_power_check CHECK (typical_power_w >= 0 AND standby_w >= 0),
    CONSTRAINT device_catalog_hours_check CHECK (typical_hours_per_day BETWEEN 0 AND 24),
    CONSTRAINT device_catalog_days_check CHECK (typical_days_per_month BETWEEN 0 AND 31),
    CONSTRAINT device_catalog_duty_cycle_check CHECK (duty_cycle BETWEEN 0 AND 1)
);

CREATE TABLE optimization_suggestion (
    slug                text PRIMARY KEY,
    title_en            text NOT NULL,
    title_pt            text NOT NULL,
    applies_to_category text NOT NULL,
    condition           text NOT NULL,
    saving_formula      text NOT NULL,
    source              text NOT NULL,
    confidence          text NOT NULL,
    shipped             jsonb,
    edited_at           timestamptz,
    CONSTRAINT optimization_suggestion_confidence_check CHECK (confidence IN ('official', 'secondary', 'estimate'))
);

-- A tariff is a document: dated versions of charges, taxes and minimum, in the types of
-- `ecotrack_common::bill`. Its parts are never queried apart, so they are not rows.
CREATE TABLE tariff (
    slug       text PRIMARY KEY,
    country    text NOT NULL,
    name       text NOT NULL,
    document   jsonb NOT NULL,
    shipped    jsonb,
    edited_at  timestamptz,
    CONSTRAINT tariff_country_check CHECK (country ~ '^[A-Z]{2}$')
);

-- The flag in force in a span of days, with its price before taxes. Two tables as ANEEL has them:
-- what was in force, and what each flag costs.
CREATE TABLE tariff_flag (
    scheme         text NOT NULL,
    valid_from     date NOT NULL,
    valid_to       date NOT NULL,
    flag           text NOT NULL,
    price_per_kwh  numeric(12,8) NOT NULL,
    source         text NOT NULL,
    confidence     text NOT NULL,
    shipped        jsonb,
    edited_at      timestamptz,
    CONSTRAINT tariff_flag_pkey PRIMARY KEY (scheme, valid_from),
    CONSTRAINT tariff_flag_span_check CHECK (valid_from <= valid_to)
);

CREATE TABLE tariff_flag_rate (
    scheme         text NOT NULL,
    flag           text NOT NULL,
    valid_from     date NOT NULL,
    valid_to       date,
    price_per_kwh  numeric(12,8) NOT NULL,
    source         text NOT NULL,
    confidence     text NOT NULL,
    shipped        jsonb,
    edited_at      timestamptz,
    CONSTRAINT tariff_flag_rate_pkey PRIMARY KEY (scheme, flag, valid_from),
    CONSTRAINT tariff_flag_rate_span_check CHECK (valid_to IS NULL OR valid_from <= valid_to)
);

-- `basis` keeps generation-only and life-cycle figures apart: they are never mixed silently.
CREATE TABLE emission_factor (
    region           text NOT NULL,
    year             smallint NOT NULL,
    kg_co2e_per_kwh  numeric(10,6) NOT NULL,
    basis            text NOT NULL,
    source           text NOT NULL,
    confidence       text NOT NULL,
    shipped          jsonb,
    edited_at        timestamptz,
    CONSTRAINT emission_factor_pkey PRIMARY KEY (region, year),
    CONSTRAINT emission_factor_basis_check CHECK (basis IN ('generation_only', 'life_cycle', 'direct_co2_only')),
    CONSTRAINT emission_factor_value_check CHECK (kg_co2e_per_kwh >= 0)
);

-- Usual rates of taxes that a home may know better; a row is a band of kWh, and the rows of one tax,
-- region and day make its rate. `region` is a country, or country and state (`BR-MG`).
CREATE TABLE tax_rate (
    region      text NOT NULL,
    tax         text NOT NULL,
    valid_from  date NOT NULL,
    shape       text NOT NULL,
    above_kwh   numeric(12,3) NOT NULL,
    rate        numeric(10,8) NOT NULL,
    source      text NOT NULL,
    confidence  text NOT NULL,
    shipped     jsonb,
    edited_at   timestamptz,
    CONSTRAINT tax_rate_pkey PRIMARY KEY (region, tax, valid_from, above_kwh),
    CONSTRAINT tax_rate_shape_check CHECK (shape IN ('flat', 'whole_bill', 'marginal')),
    CONSTRAINT tax_rate_above_kwh_check CHECK (above_kwh >= 0),
    CONSTRAINT tax_rate_rate_check CHECK (rate >= 0),
    CONSTRAINT tax_rate_confidence_check CHECK (confidence IN ('official', 'secondary', 'estimate'))
);

-- Public holidays as rules, so that they do not run out: `date` is a day of each year, a distance
-- from Easter, a weekday of a month or a single date, as `ecotrack_common::holiday` reads it. `region`
-- is a country, country and state, or the calendar of a tariff that has its own.
CREATE TABLE holiday (
    region      text NOT NULL,
    date        text NOT NULL,
    name        text NOT NULL,
    first_year  smallint,
    last_year   smallint,
    source      text NOT NULL,
    confidence  text NOT NULL,
    shipped     jsonb,
    edited_at   timestamptz,
    CONSTRAINT holiday_pkey PRIMARY KEY (region, date),
    CONSTRAINT holiday_years_check CHECK (first_year <= last_year),
    CONSTRAINT holiday_confidence_check CHECK (confidence IN ('official', 'secondary', 'estimate'))
);

-- Prices by time slot, such as those of a power exchange; `series` is a document as
-- `ecotrack_common::bill::PriceSeries` reads it, since slots are never queried apart.
CREATE TABLE price_series (
    name        text PRIMARY KEY,
    currency    text NOT NULL,
    series      jsonb NOT NULL,
    source      text NOT NULL,
    confidence  text NOT NULL,
    shipped     jsonb,
    edited_at   timestamptz,
    CONSTRAINT price_series_confidence_check CHECK (confidence IN ('official', 'secondary', 'estimate'))
);

-- What an online source of reference data said, and how asking it went.
--
-- The facts are kept as they were said, and not what follows from them: the rows that ship, with the
-- facts, give the rows of the reference tables each time the program loads them (`shipped` then holds
-- both). So an update of the program loses nothing that was fetched, a fact that was fetched is not
-- taken for an edit, and an edit stays over both. They are one document: no part of it is queried.
CREATE TABLE reference_facts (
    source     text PRIMARY KEY,
    facts      jsonb NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE TABLE reference_fetch (
    source       text PRIMARY KEY,
    tried_at     timestamptz NOT NULL,
    succeeded_at timestamptz,
    failure      text
);
