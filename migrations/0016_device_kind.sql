-- What a device is, of one that was typed and not taken from the catalogue: saving measures are about kinds of devices, and
-- else match none of its. The words are those of `ecotrack_common::device_kind`. Rows that stand have none until somebody
-- says so: it cannot be told from a name or from watts.
ALTER TABLE profile_device
    ADD COLUMN kind text,
    ADD CONSTRAINT profile_device_kind_check CHECK (kind IS NULL OR catalog_slug IS NULL);
