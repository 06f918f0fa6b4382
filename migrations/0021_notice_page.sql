-- A notice carries no file of its own: the page of a report is what a mail carries, to be read in it and as a file, and
-- it stands in `html`.
ALTER TABLE notice
    DROP CONSTRAINT notice_file_check,
    DROP COLUMN file_name,
    DROP COLUMN file_type,
    DROP COLUMN file_bytes;
