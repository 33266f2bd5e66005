"""Asking portals, politely and concurrently: the only async code, the only HTTP.

address.py guards where we connect to, client.py makes one request, robots.py reads the rules, spacing.py keeps the
distance between requests to a host, polling.py asks feeds, pages.py asks for articles.
"""
