"""`leadflow demo`: a small believable world, and leads that walk through it."""
