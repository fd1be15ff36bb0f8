-- A person whom partners share may be with them through several leads, and the row names the last. It
-- then stands until all of their times are over: not even one of those leads may be given to somebody
-- who wants the person alone, and taking one of them back leaves the others.
ALTER TABLE placement_keys ADD COLUMN several boolean NOT NULL DEFAULT false;
