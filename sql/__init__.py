"""WHERE rows live: the only folder with SQL or SQLAlchemy.

connect.py opens the database (starting the embedded Postgres where none is named), migrate.py brings a schema to
this version, roles.py makes the three roles, tables/ declares, store/ holds every statement (one function per
intention, a module per noun), views/ is the analysts' product. It speaks rows, not nouns: what an Article is,
tasks/ knows.
"""
