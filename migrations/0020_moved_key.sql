-- A key that came with a home from another server. What it says stayed there, where only its hash was: so here it
-- is a name, a meter and a day, with which nobody can send. It stands among the keys until it is made anew
-- under its name; what it sends then goes on where it was, since a source is known by its key's name.
ALTER TABLE api_key ALTER COLUMN key_hash DROP NOT NULL;
