"""What a page's own meta tags say about its use: robots directives and the TDM Reservation Protocol, as printed."""

from tasks.extract.page import Said, Statements

# Robots directives for everybody, and those for our product token (the user agent's first word).
_ROBOTS = ("robots", "newstape")
_MAX_CHARACTERS = 200


def find_rights(page: Statements) -> dict[str, Said]:
    """meta_robots, tdm_reservation and tdm_policy, those that the page has; several robots tags are joined."""
    robots = [value for name in _ROBOTS for value in page.metas.get(name, ())]
    stated = {
        "meta_robots": ", ".join(dict.fromkeys(robots)),
        "tdm_reservation": page.meta("tdm-reservation"),
        "tdm_policy": page.meta("tdm-policy"),
    }
    return {name: Said(value[:_MAX_CHARACTERS].strip(), "meta") for name, value in stated.items() if value}
