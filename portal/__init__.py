"""The sample portal: several invented finance portals on loopback that publish, correct and misbehave on request.

    texts/*.yaml --> catalogue --> world --> server --> HTTP (a port per portal, one to steer)
                     generate      feeds, pages, faults

A program of its own (`python -m portal`); it imports nothing of the pipeline that reads it.
"""
