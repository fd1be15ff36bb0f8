"""Ask for facts about a lead: a question in, an answer out."""
