"""Stage extract: a page becomes an article. Pure: no network, no database, no clock."""

from tasks.extract.article import extract_article, extract_html

__all__ = ["extract_article", "extract_html"]
