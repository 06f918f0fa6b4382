-- Where members are told what they would else see on a screen only.

-- A channel is a member's own: nobody else in the home sees it, and it goes when they leave. It is no row of the audit
-- trail, which everybody in the home reads: an address and a secret would stand in it for good.
CREATE TABLE notice_channel (
    energy_profile_id uuid NOT NULL,
    notice_channel_id uuid NOT NULL,
    account_id        uuid NOT NULL,
    kind              text NOT NULL,
    address           text,
    secret            text,
    min_severity      text NOT NULL,
    alerts            boolean NOT NULL,
    reports           boolean NOT NULL,
    sent_at           timestamptz,
    failure           text,
    version           bigint NOT NULL DEFAULT 1,
    CONSTRAINT notice_channel_pkey PRIMARY KEY (energy_profile_id, notice_channel_id),
    CONSTRAINT notice_channel_member_fkey FOREIGN KEY (energy_profile_id, account_id) REFERENCES profile_member ON DELETE CASCADE,
    CONSTRAINT notice_channel_kind_check CHECK (kind IN ('webhook', 'ntfy', 'email')),
    CONSTRAINT notice_channel_address_check CHECK ((kind = 'email') = (address IS NULL)),
    CONSTRAINT notice_channel_severity_check CHECK (min_severity IN ('info', 'warning', 'urgent'))
);
CREATE INDEX notice_channel_member_idx ON notice_channel (energy_profile_id, account_id);

-- What is to go out through a channel, in the member's words. `about` names what it tells (an alert and which opening of
-- it): the same is told once, however often a job runs, and whoever is told gets it as a key.
CREATE TABLE notice (
    energy_profile_id uuid NOT NULL,
    notice_channel_id uuid NOT NULL,
    about             text NOT NULL,
    severity          text NOT NULL,
    subject           text NOT NULL,
    body              text NOT NULL,
    -- For mails: the same as a page, and a file.
    html              text,
    file_name         text,
    file_type         text,
    file_bytes        bytea,
    created_at        timestamptz NOT NULL,
    sent_at           timestamptz,
    given_up_at       timestamptz,
    CONSTRAINT notice_pkey PRIMARY KEY (energy_profile_id, notice_channel_id, about),
    CONSTRAINT notice_channel_fkey FOREIGN KEY (energy_profile_id, notice_channel_id) REFERENCES notice_channel ON DELETE CASCADE,
    CONSTRAINT notice_file_check CHECK (
        (file_name IS NULL) = (file_bytes IS NULL) AND (file_type IS NULL) = (file_bytes IS NULL)),
    CONSTRAINT notice_severity_check CHECK (severity IN ('info', 'warning', 'urgent'))
);
CREATE INDEX notice_created_idx ON notice (created_at);
