"""WHAT may vary: settings, sources, lexicons. Values, no behaviour; imports nothing of ours."""
