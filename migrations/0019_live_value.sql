-- Values that were answered for and are not in their sources yet. When many come at once they are put
-- here by one statement, and taken further together a moment later. Nothing else is done here with every
-- value: no key, no index, and no foreign key, of which each row would be looked up. Of a source that is
-- forgotten meanwhile they are dropped.
CREATE TABLE live_value (
    energy_profile_id uuid NOT NULL,
    live_source_id    uuid NOT NULL,
    -- Milliseconds since 1970, and billionths of the source's unit.
    at_ms             bigint NOT NULL,
    nano              bigint NOT NULL
);
