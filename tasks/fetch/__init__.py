"""Asking portals, politely and concurrently: the only HTTP.

address.py guards where we connect to, client.py makes one request, robots.py reads the rules, pages.py asks for
articles. tasks/spacing.py keeps the distance between requests to a host, here and where feeds are polled.
"""
