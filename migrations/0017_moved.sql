-- A home that came from another server brings its history along. Who did what there has no account here:
-- the name is all that is known of them, and what they did cannot be taken back, since it stands on rows
-- and files of that server.
ALTER TABLE audit_operation
    ADD COLUMN by_name text,
    ADD COLUMN moved   boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT audit_operation_by_name_check CHECK (by_name IS NULL OR (moved AND account_id IS NULL));
