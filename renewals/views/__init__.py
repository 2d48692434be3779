"""Pages of renewals: what comes due, one renewal with its forms, closing, the settings of runways."""
