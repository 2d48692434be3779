"""Who speaks for us: qualification, consent, assets, references."""
