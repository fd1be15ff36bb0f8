-- Who is logged in to the console. A row is made with a login link, and becomes a session when the
-- link is used, once. Of both tokens only digests are kept.
CREATE TABLE console_sessions (
  id             uuid        PRIMARY KEY,
  login_digest   bytea       NOT NULL,
  login_until    timestamptz NOT NULL,
  session_digest bytea,                -- null: the link has not been used
  session_until  timestamptz,
  created_at     timestamptz NOT NULL,
  CONSTRAINT console_sessions_login_is_unique UNIQUE (login_digest),
  CONSTRAINT console_sessions_session_is_unique UNIQUE (session_digest),
  CONSTRAINT console_sessions_session_has_an_end
    CHECK ((session_digest IS NULL) = (session_until IS NULL))
);

GRANT SELECT, INSERT, UPDATE, DELETE ON console_sessions TO leadflow_service;
