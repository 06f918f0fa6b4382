-- People who sign in.
--
-- An e-mail address is compared without case: `email` is stored lower-cased by the server, and the
-- check keeps it so.

CREATE TABLE account (
    account_id    uuid PRIMARY KEY,
    email         text NOT NULL,
    display_name  text NOT NULL,
    password_hash text NOT NULL,
    language      text NOT NULL,
    server_admin  boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL,
    version       bigint NOT NULL DEFAULT 1,
    CONSTRAINT account_email_key UNIQUE (email),
    CONSTRAINT account_email_check CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    CONSTRAINT account_display_name_check CHECK (length(display_name) BETWEEN 1 AND 80),
    CONSTRAINT account_language_check CHECK (language IN ('en', 'pt-BR'))
);

-- A sign-in. Only the SHA-256 of its token is here, so a stolen backup signs nobody in. Finding a
-- session is one look-up by the hash.
CREATE TABLE session (
    session_id   uuid PRIMARY KEY,
    account_id   uuid NOT NULL,
    token_hash   bytea NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    client       text,
    CONSTRAINT session_account_fkey FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT session_token_hash_key UNIQUE (token_hash),
    CONSTRAINT session_token_hash_check CHECK (length(token_hash) = 32),
    CONSTRAINT session_client_check CHECK (length(client) <= 200)
);
CREATE INDEX session_account_idx ON session (account_id);

-- A one-time code by which somebody who forgot the password sets a new one. Who runs the server makes
-- it and passes it on; only its SHA-256 is here. A new one replaces the old, using it removes it, and
-- some wrong tries end it, so that nobody sits guessing beside the one who has it.
CREATE TABLE account_recovery (
    account_id      uuid PRIMARY KEY,
    code_hash       bytea NOT NULL,
    expires_at      timestamptz NOT NULL,
    failed_attempts smallint NOT NULL DEFAULT 0,
    CONSTRAINT account_recovery_account_fkey FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT account_recovery_code_hash_check CHECK (length(code_hash) = 32)
);

-- What a write answered, so that the same write sent again gets the same answer and changes
-- nothing. The row is inserted in the transaction of the write: there is no moment at which the
-- write stands and its key does not. Kept longer than any client keeps an entry to deliver.
CREATE TABLE idempotency_key (
    account_id      uuid NOT NULL,
    idempotency_key text NOT NULL,
    request_hash    bytea NOT NULL,
    status          smallint NOT NULL,
    response        jsonb NOT NULL,
    created_at      timestamptz NOT NULL,
    CONSTRAINT idempotency_key_pkey PRIMARY KEY (account_id, idempotency_key),
    CONSTRAINT idempotency_key_account_fkey FOREIGN KEY (account_id) REFERENCES account ON DELETE CASCADE,
    CONSTRAINT idempotency_key_length_check CHECK (length(idempotency_key) BETWEEN 1 AND 200)
);
CREATE INDEX idempotency_key_created_at_idx ON idempotency_key (created_at);
