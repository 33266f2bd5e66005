"""The first stage: which articles a portal announces. Reads bytes that somebody else fetched; asks nothing itself."""
