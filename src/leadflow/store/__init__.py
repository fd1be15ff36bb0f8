"""Keep everything in PostgreSQL: the only package that speaks SQL."""
