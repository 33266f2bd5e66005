"""HOW: the stages, plain typed Python; only stages.py knows Prefect, only load.py and steps/ touch sql.

The whole pipeline, as one would type it:

    feeds    = due feeds of the sources, leased                     sql.store.feeds
    polled   = poll(feed) for each                                  fetch.polling > discover.parse_feed
    frontier + entries and sightings of polled; validators after    sql.store.frontier, sql.store.feeds
    again    = loaded entries that changed or are due for it        sql.store.rechecks
    while entries are due:
        batch    = hosts, then their due entries, leased            sql.store.frontier.claim
        pages    = fetch(entry) for each, spaced per host           fetch.pages
        archive  + pages as received; entries are `fetched`         sql.store.pages
        articles = extract(page) for each, in child processes       extract.pool > extract.article
        tape     + articles, revisions, stories; entries settled    load > sql.store.articles
    every item is counted: received == passed + skipped + failed
"""
