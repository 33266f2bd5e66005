"""The first stage: which articles a portal announces. feed.py reads feeds (pure), polling.py asks for them politely."""
