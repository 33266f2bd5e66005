"""The three roles and what each may do.

newstape_owner owns the schemas and migrates; newstape_writer reads and writes rows of `ingest` and `tape`;
newstape_analyst reads `news` and nothing else. They carry no password and no login: your login roles become
members (GRANT newstape_analyst TO alice).
"""

from sqlalchemy import Connection, text

from sql.store.schema import SCHEMAS

OWNER, WRITER, ANALYST = "newstape_owner", "newstape_writer", "newstape_analyst"
ROLES = (OWNER, WRITER, ANALYST)

_GRANTS = {
    WRITER: (
        "GRANT USAGE ON SCHEMA ingest, tape, news TO newstape_writer",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ingest, tape TO newstape_writer",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ingest, tape TO newstape_writer",
        "GRANT SELECT ON ALL TABLES IN SCHEMA news TO newstape_writer",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA news TO newstape_writer",
        "REVOKE INSERT, UPDATE, DELETE ON ingest.alembic_version FROM newstape_writer",
    ),
    ANALYST: (
        "GRANT USAGE ON SCHEMA news TO newstape_analyst",
        "GRANT SELECT ON ALL TABLES IN SCHEMA news TO newstape_analyst",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA news TO newstape_analyst",
    ),
}

# Tables, partitions, sequences that no column owns, views; owned sequences follow their table.
_OWNABLE = text("""
    SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
           format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('ingest', 'tape', 'news') AND c.relkind IN ('r', 'p', 'v', 'S')
      AND pg_get_userbyid(c.relowner) <> :owner
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND c.relkind = 'S' AND d.deptype IN ('a', 'i'))
""")


def existing(conn: Connection) -> set[str]:
    """Which of the three roles the server has."""
    rows = conn.execute(text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:roles)"), {"roles": list(ROLES)})
    return set(rows.scalars())


def may_create(conn: Connection) -> bool:
    """Whether we may create roles here."""
    return bool(
        conn.execute(text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")).scalar()
    )


def create_missing(conn: Connection) -> list[str]:
    """Create the roles that the server lacks and make us a member of each; returns the names created."""
    missing = [role for role in ROLES if role not in existing(conn)]
    for role in missing:
        conn.execute(text(f"CREATE ROLE {role} NOLOGIN"))
        conn.execute(text(f"GRANT {role} TO current_user"))
    return missing


def grant(conn: Connection) -> list[str]:
    """Give the schemas to the owner role and the rights to the others; returns the roles that are missing.

    A missing role is skipped, not an error: on a server where only an administrator may create roles the tape
    works without them, and `newstape db status` says so.
    """
    present = existing(conn)
    for role, statements in _GRANTS.items():
        for statement in statements if role in present else ():
            conn.execute(text(statement))
    if OWNER in present and _may_become(conn, OWNER):
        _give_to_owner(conn)
    return [role for role in ROLES if role not in present]


def _may_become(conn: Connection, role: str) -> bool:
    return bool(conn.execute(text("SELECT pg_has_role(current_user, :role, 'MEMBER')"), {"role": role}).scalar())


def _give_to_owner(conn: Connection) -> None:
    database = conn.execute(text("SELECT quote_ident(current_database())")).scalar_one()
    conn.execute(text(f"GRANT CREATE ON DATABASE {database} TO {OWNER}"))
    for schema in SCHEMAS:
        conn.execute(text(f"ALTER SCHEMA {schema} OWNER TO {OWNER}"))
    for kind, name in conn.execute(_OWNABLE, {"owner": OWNER}).all():
        conn.execute(text(f"ALTER {kind} {name} OWNER TO {OWNER}"))
