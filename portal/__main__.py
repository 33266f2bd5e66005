"""`python -m portal`: starts the sample portals, prints where they are as one JSON line, serves until stopped."""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from portal import faults
from portal.control import serve_control
from portal.doors import Door, listen, open_door, shut_door
from portal.past import MOST_SCALE
from portal.reading import read_yaml
from portal.server import Server, described, serve_portal
from portal.world import DEFAULT_ARTICLES, REFERENCE, Options, World


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(
        prog="python -m portal",
        description="Invented finance portals on loopback.",
        epilog=f"faults that can be switched on (docs/portal.md):\n{faults.described()}".replace("%", "%%"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--sources-dir", type=Path, help="write one source file per portal there")
    add("--articles", type=int, default=DEFAULT_ARTICLES, help="how many articles in all")
    add("--feed-size", type=int, help="split each portal's feeds so that they start with at most so many entries")
    add("--archive-scale", type=_scale, default=1, help="how many times as many articles in the archives (up to 250)")
    add("--page-kb", type=int, default=0, help="ballast per page in KiB")
    add("--latency-ms", type=float, default=0.0, help="wait before every answer")
    add("--seed", type=int, default=1, help="same seed, same articles")
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port-base", type=int, default=0, help="ports from here on (default: chosen by the system)")
    add("--ready-file", type=Path, help="write the ready line there too")
    add("--real-time", action="store_true", help="publish relative to now instead of 2025-09-24T12:00Z")
    add("--warm", action="store_true", help="make every page before reporting ready")
    add("--tls", type=Path, help="serve the first portal over TLS too, certificates good and bad made in that folder")
    add("--end-with-stdin", action="store_true", help="stop when standard input closes")
    return parser.parse_args(arguments)


def _scale(text: str) -> int:
    scale = int(text)
    if not 1 <= scale <= MOST_SCALE:
        raise argparse.ArgumentTypeError(f"{scale} is not between 1 and {MOST_SCALE}")
    return scale


def main() -> None:
    """Runs until SIGTERM, SIGINT or, if asked, the end of standard input."""
    asyncio.run(run(parse_arguments()))


async def run(chosen: argparse.Namespace) -> None:
    """Listens, reports ready, serves."""
    count = len(read_yaml("portals.yaml")) + 1
    listeners = [listen(chosen.host, chosen.port_base + k if chosen.port_base else 0) for k in range(count)]
    *bases, control = (_address(chosen.host, listener.getsockname()[1]) for listener in listeners)
    options = Options(
        articles=chosen.articles,
        page_kb=chosen.page_kb,
        seed=chosen.seed,
        feed_size=chosen.feed_size,
        archive_scale=chosen.archive_scale,
        is_live=chosen.real_time,
        reference=datetime.now(UTC).replace(microsecond=0) if chosen.real_time else REFERENCE,
    )
    server = Server(World(options, bases), chosen.latency_ms / 1000)
    if chosen.warm:
        server.world.warm()
    stop = _stop_event(watch_stdin=chosen.end_with_stdin)
    control_door = await _open_doors(server, chosen.host, listeners)
    tls = await _open_tls(server, chosen) if chosen.tls else {}
    _report(server.world, control, chosen, tls)
    await stop.wait()
    await asyncio.gather(*map(shut_door, [*server.doors.values(), control_door]))


async def _open_doors(server: Server, host: str, listeners: list[socket.socket]) -> Door:
    """Opens a door per portal, and the one of the control on the last socket; that one."""
    for slug, listener in zip(server.world.portals, listeners, strict=False):
        server.doors[slug] = Door(partial(serve_portal, server, slug), host, listener.getsockname()[1])
        await open_door(server.doors[slug], listener)
    control = Door(partial(serve_control, server), host, listeners[-1].getsockname()[1])
    await open_door(control, listeners[-1])
    return control


async def _open_tls(server: Server, chosen: argparse.Namespace) -> dict[str, str]:
    """Opens a door per kind of certificate to the first portal; their addresses, and the authority's file."""
    # Imported here: no other portal needs certificates, and a library for them costs its import.
    from portal.certificates import AUTHORITY_FILE, make_certificates

    slug, addresses = next(iter(server.world.portals)), {"authority": str(chosen.tls / AUTHORITY_FILE)}
    for kind, context in make_certificates(chosen.tls, chosen.host).items():
        listener = listen(chosen.host, 0)
        port = listener.getsockname()[1]
        server.doors[kind] = Door(partial(serve_portal, server, slug), chosen.host, port, context)
        await open_door(server.doors[kind], listener)
        addresses[kind] = _address(chosen.host, port).replace("http://", "https://")
    return addresses


def source_files(world: World) -> dict[str, dict[str, Any]]:
    """One source description per portal, by file name, in the form that the pipeline reads."""
    return {
        f"{portal['slug']}.yaml": {
            **portal,
            "feeds": [dict(feed) for feed in portal["feeds"]],
            "verified": None,
            "every": "1m",
            "delay": "0s",
            "concurrency": 8,
            "notes": "Sample portal on loopback: texts and figures are invented.",
        }
        for portal in described(world, "")["portals"]
    }


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _stop_event(*, watch_stdin: bool) -> asyncio.Event:
    """Set when the program shall end."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if watch_stdin:
        # A killed parent closes the pipe; whatever is written into it is read and forgotten.
        def look() -> None:
            if not os.read(sys.stdin.fileno(), 4096):
                stop.set()

        loop.add_reader(sys.stdin.fileno(), look)
    return stop


def _report(world: World, control: str, chosen: argparse.Namespace, tls: dict[str, str]) -> None:
    """Source files first, then the ready line, so that who reads the line finds the files."""
    if chosen.sources_dir is not None:
        chosen.sources_dir.mkdir(parents=True, exist_ok=True)
        for name, source in source_files(world).items():
            text = yaml.safe_dump(source, allow_unicode=True, sort_keys=False)
            (chosen.sources_dir / name).write_text(text, "utf-8")
    line = json.dumps(described(world, control) | ({"tls": tls} if tls else {}), ensure_ascii=False)
    if chosen.ready_file is not None:
        partial = chosen.ready_file.with_suffix(".partial")
        partial.write_text(line + "\n", "utf-8")
        partial.replace(chosen.ready_file)
    print(line, flush=True)


if __name__ == "__main__":
    main()
