"""The study: arms, runs, statistics and the report that says what augmentation was worth."""
