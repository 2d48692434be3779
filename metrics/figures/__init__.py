"""From facts to figures: the tables of the night, the questions that read them, and the way back to their rows."""
