"""The commands that need neither Prefect nor a portal, as their user types them."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from sql import connect

BODY = "".join(
    f"<p>Absatz {n}: Der Umsatz stieg im Quartal um {n} Prozent auf {n}00 Millionen Euro.</p>" for n in range(2, 9)
)
PAGE = (
    "<html lang='de'><head><title>Muster AG hebt Prognose an | cash.ch</title></head><body><article>"
    f"<h1>Muster AG hebt Prognose an</h1><p>24.09.2025 12:39</p>{BODY}</article></body></html>"
)


def newstape(*arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *arguments],
        env=os.environ | settings,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_teaches_the_first_steps_and_the_exit_codes() -> None:
    said = newstape("--help").stdout
    for word in ("newstape demo", "newstape db psql", "Exit codes", "NEWSTAPE_"):
        assert word in said


COMMANDS = [
    "demo", "ingest", "reprocess", "extract", "enrich", "search", "status", "why", "entries", "sources", "db", "serve",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_of_its_own(command: str) -> None:
    done = newstape(command, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 4


def test_the_command_line_starts_without_prefect() -> None:
    code = "import sys, flows.cli; print('prefect' in sys.modules, 'trafilatura' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_extract_reads_json_lines_and_writes_one_answer_a_page() -> None:
    article = base64.b64encode(PAGE.encode()).decode()
    pages = [
        {"id": "good", "url": "https://www.cash.ch/news/muster-123", "html_b64": article},
        {"id": "pdf", "url": "https://www.cash.ch/x.pdf", "html_b64": base64.b64encode(b"%PDF-1.7 ...").decode()},
    ]  # fmt: skip
    done = newstape("extract", "--jsonl", stdin="\n".join(json.dumps(page) for page in pages))
    good, pdf = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 0, done.stderr
    assert (good["id"], good["title"], good["error"]) == ("good", "Muster AG hebt Prognose an", None)
    assert good["published"] == "2025-09-24T10:39:00+00:00"
    assert good["cpu_ms"] > 0
    assert {"kicker", "summary", "text", "authors", "modified", "agency", "image_credit", "paywall"} <= set(good)
    assert (pdf["id"], pdf["error"]) == ("pdf", "not_a_page")


def test_extract_names_the_line_that_is_no_page() -> None:
    done = newstape("extract", "--jsonl", stdin='{"id": "x", "url": "https://x.example/"}\n')
    assert done.returncode == 2
    assert "Line 1" in done.stderr
    assert "html_b64" in done.stderr


def test_extract_reads_a_file(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(PAGE, encoding="utf-8")
    done = newstape("extract", str(file), "--url", "https://www.cash.ch/news/muster-123")
    assert json.loads(done.stdout)["title"] == "Muster AG hebt Prognose an"
    assert newstape("extract", str(tmp_path / "none.html")).returncode == 2


def test_extract_refuses_a_private_address() -> None:
    done = newstape("extract", "http://127.0.0.1:9/page")
    assert json.loads(done.stdout)["error"] == "forbidden_address"
    assert done.returncode == 1


def test_sources_list_and_check_read_the_shipped_files(tape: Engine) -> None:
    listed = newstape("sources", "list").stdout.splitlines()
    assert len(listed) >= 40
    checked = newstape("sources", "check", "--diff")
    assert checked.returncode == 0, checked.stderr
    assert "new source: cash-ch" in checked.stdout
    shown = newstape("sources", "show", "cash-ch")
    assert '"time_zone": "Europe/Zurich"' in shown.stdout
    assert "not in the database yet" in shown.stdout


def test_bad_source_files_end_with_every_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("slug: a\nwrong: 1\n", encoding="utf-8")
    done = newstape("sources", "check", "--sources", str(tmp_path))
    assert done.returncode == 2
    assert "a.yaml:2" in done.stderr


def test_db_commands_show_and_open_the_database(tape: Engine) -> None:
    assert newstape("db", "url").stdout.strip() == connect.plain(tape.url)
    status = newstape("db", "status").stdout
    assert "Postgres 18" in status
    assert "newstape_analyst: exists" in status
    assert newstape("db", "upgrade").stdout.startswith("schema version")
    as_analyst = newstape("db", "psql", "--", "-Atc", "SELECT current_user, count(*) FROM articles")
    assert as_analyst.stdout.strip() == "newstape_analyst|0"
    denied = newstape("db", "psql", "--", "-Atc", "SELECT * FROM tape.articles")
    assert "permission denied" in denied.stderr
    assert denied.returncode != 0


def test_search_and_status_answer_on_an_empty_tape(tape: Engine) -> None:
    assert "Nothing found" in newstape("search", "Alibaba").stdout
    assert "0 articles" in newstape("status").stdout


def test_without_a_database_url_the_embedded_postgres_is_made_and_upgraded(embedded: URL) -> None:
    done = newstape("status", NEWSTAPE_DATABASE_NAME="never_seen_before")
    assert done.returncode == 0, done.stderr
    assert "0 articles" in done.stdout


def test_the_demo_option_never_reads_the_users_database(embedded: URL) -> None:
    done = newstape("--demo", "db", "url", NEWSTAPE_DATABASE_URL="postgresql://127.0.0.1:9/theirs")
    assert "/newstape_demo" in done.stdout
