"""Figures as people read them: text, charts, tiles and definitions that several pages share."""
