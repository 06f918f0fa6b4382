-- The public page's totals: months, each published once and never changed (docs/public-totals.md says why
-- neither daily nor with the figures of fewer homes). What is here tells of no home, and no home is named:
-- the rows stay when homes leave, and show no more after two months.

-- A month of which totals were published. Its row is the one that several servers, or a job that is done
-- twice, compete for.
CREATE TABLE public_month (
    month        date PRIMARY KEY,
    published_on date NOT NULL,
    CONSTRAINT public_month_month_check CHECK (extract(day FROM month) = 1),
    -- Not before it is over.
    CONSTRAINT public_month_published_on_check CHECK (published_on >= month + interval '1 month')
);

-- Totals of the homes of a grid region. CO2e follows from the factors, as everywhere, and is not here.
CREATE TABLE public_total (
    month       date NOT NULL,
    -- A region that has emission factors; empty for homes of any other, since what people type as the
    -- region of their home is nobody's to read.
    grid_region text NOT NULL,
    homes       integer NOT NULL,
    kwh         numeric(14,6) NOT NULL,
    step_kwh    numeric(14,6) NOT NULL,
    CONSTRAINT public_total_pkey PRIMARY KEY (month, grid_region),
    CONSTRAINT public_total_month_fkey FOREIGN KEY (month) REFERENCES public_month ON DELETE CASCADE,
    CONSTRAINT public_total_homes_check CHECK (homes >= 5 AND homes % 5 = 0),
    CONSTRAINT public_total_step_kwh_check CHECK (step_kwh > 0),
    -- A multiple of the step, so that nothing finer can be stored by accident.
    CONSTRAINT public_total_kwh_check CHECK (kwh >= 0 AND kwh % step_kwh = 0)
);
