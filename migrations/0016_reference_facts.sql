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
