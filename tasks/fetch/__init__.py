"""Asking portals, politely and concurrently: the only HTTP.

limits.py says what a request may cost, address.py and names.py guard where we connect to, client.py makes one request:
hops.py follows redirects, body.py reads within the limits, walls.py and failures.py name what is no page. robots.py
reads the rules, refresh.py the pages that only lead on, patience.py the wishes for a pause, pages.py asks for articles.
tasks/spacing.py keeps the distance between requests to a host, here and where feeds are polled.
"""
