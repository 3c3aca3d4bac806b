"""What an operator copies from deploy/: units, proxies, container, monitoring. Each is read by its own program where that is installed."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import pytest
import trustme
from starlette.requests import Request

from pipeline.cli.app import gleanings
from pipeline.config import environment
from pipeline.watch.metrics import TABLE
from pipeline.web import security, upload
from tests.desk import PATIENCE

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
MONITORING = DEPLOY / "monitoring"
PROGRAM = "/opt/gleanings/bin/gleanings"
NAME = "digest.example.org"


def needs(program: str) -> str:
    """Give the path of a program that a machine may lack."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    if path is None:
        pytest.skip(f"{program} is not installed here")
    return path


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, check=False)


def values(unit: Path, key: str) -> list[str]:
    return [line.partition("=")[2] for line in unit.read_text().splitlines() if line.startswith(f"{key}=")]


def assert_is_understood(arguments: list[str]) -> None:
    """Read a command line as the program would, and do nothing."""
    option, _folder, name, *rest = arguments
    assert option == "--dir"
    context = click.Context(gleanings)
    command = gleanings.get_command(context, name)
    assert command is not None, name
    command.make_context(name, rest, parent=context)


# systemd


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units as they would be installed, with a program that is there, and all secrets."""
    for path in UNITS.iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace(PROGRAM, "/bin/true"))
    drop_in = tmp_path / "gleanings.service.d"
    drop_in.mkdir()
    (tmp_path / "credentials.conf").rename(drop_in / "credentials.conf")
    return sorted(path for path in tmp_path.iterdir() if path.is_file())


def test_systemd_finds_nothing_wrong_with_the_units(units: list[Path]) -> None:
    done = run(needs("systemd-analyze"), "verify", "--recursive-errors=no", *units)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ["gleanings.service", "gleanings-backup.service"])
def test_systemd_calls_the_services_hardened(units: list[Path], name: str) -> None:
    unit = next(path for path in units if path.name == name)
    done = run(needs("systemd-analyze"), "security", "--offline=yes", "--threshold=15", unit)
    assert done.returncode == 0, done.stdout  # the threshold is ten times the exposure


@pytest.mark.parametrize("unit", sorted(UNITS.glob("*.service")), ids=lambda path: path.name)
def test_the_units_call_commands_that_there_are(unit: Path) -> None:
    for line in values(unit, "ExecStart"):
        program, *arguments = shlex.split(line)
        assert program == PROGRAM
        assert_is_understood(arguments)


def test_every_secret_can_come_as_a_credential() -> None:
    unit = UNITS / "credentials.conf"
    loaded = dict(value.split(":") for value in values(unit, "LoadCredential"))
    named = dict(value.split("=") for value in values(unit, "Environment"))
    assert set(named) == {f"{name}_FILE" for name in (*environment.SECRETS, environment.MAILBOXES)}
    assert sorted(named.values()) == sorted(f"%d/{name}" for name in loaded)
    assert set(loaded.values()) == {f"/etc/gleanings/{name}" for name in loaded}


def test_a_command_by_hand_has_the_secrets_of_the_service(tmp_path: Path) -> None:
    secrets, desk = tmp_path / "secrets", tmp_path / "desk"
    secrets.mkdir()
    desk.mkdir()
    (secrets / "smtp-password").write_text("two words\n")
    (secrets / "imap-password-alerts").write_text("$HOME `id`")
    words = (DEPLOY / "as-gleanings").read_text()
    assert "setpriv --reuid=gleanings --regid=gleanings --init-groups --no-new-privs" in words
    words = re.sub(r"setpriv .*? " + PROGRAM, 'env printf \'%s|\' "$GLEANINGS_SMTP_PASSWORD" "$GLEANINGS_IMAP_PASSWORD_ALERTS"', words)
    script = tmp_path / "as-gleanings"
    script.write_text(words.replace("/etc/gleanings", str(secrets)).replace("/var/lib/gleanings", str(desk)))
    done = run("sh", script, "outbox", "2026-12")
    assert (done.stdout, done.stderr) == (f"two words|$HOME `id`|--dir|{desk}|outbox|2026-12|", "")


# the container


def steps() -> list[tuple[str, str]]:
    words = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in words.splitlines() if line and line[0] not in "# "]


def test_the_container_runs_as_nobody_in_particular_and_says_whether_it_is_ready() -> None:
    found = steps()
    stages = [rest.split()[0] for step, rest in found if step == "FROM"]
    assert len(stages) == 2
    assert all(re.fullmatch(r"[a-z]+:[a-z0-9.-]+", stage) and not stage.endswith(":latest") for stage in stages)
    last = dict(found[max(number for number, (step, _) in enumerate(found) if step == "FROM") :])
    assert int(last["USER"].split(":")[0]) > 0
    assert "/readyz" in last["HEALTHCHECK"]
    assert "pip" not in last["RUN"]
    assert_is_understood([*json.loads(last["ENTRYPOINT"])[1:], *json.loads(last["CMD"])])


def test_what_the_container_is_built_from_is_there_and_enough() -> None:
    copied = [part for step, rest in steps() if step == "COPY" and not rest.startswith("--from") for part in rest.split()[:-1]]
    assert all((ROOT / part).exists() for part in copied)
    assert {"pyproject.toml", "README.md", "LICENSE", "pipeline"} <= set(copied)  # what the build backend asks for


# proxies


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "version": self.request_version, "headers": [(k.lower(), v) for k, v in self.headers.items()]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def desk() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def free_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        return server.server_port


@contextmanager
def running(command: list[str], port: int, environ: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **environ})
    try:
        for _ in range(1200):
            if answers(port) or ends(process):
                break
        assert process.poll() is None, process.communicate()[0].decode()
        yield
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def ends(process: subprocess.Popen[bytes]) -> bool:
    """Give a program a moment, and say whether it ended in it."""
    try:
        process.wait(0.05)
    except subprocess.TimeoutExpired:
        return False
    return True


def answers(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=1)) as visit:
        try:
            visit.connect()
        except OSError:
            return False
        return True


def nginx(folder: Path, port: int, desk: int, inside: str) -> list[str]:
    trustme.CA().issue_cert(NAME).private_key_and_cert_chain_pem.write_to_path(str(folder / "both.pem"))
    words = (DEPLOY / "proxy" / "nginx.conf").read_text()
    words = re.sub(r"/etc/letsencrypt/live/\S+\.pem", str(folder / "both.pem"), words)
    words = re.sub(r"listen \[::\]:\d+[^;]*;", "", words).replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    words = words.replace("listen 443", f"listen 127.0.0.1:{port}").replace("127.0.0.1:8765", f"127.0.0.1:{desk}")
    words = words.replace("/var/log/nginx", str(folder)).replace("192.0.2.0/24", inside)
    kept = " ".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "main.conf").write_text(f"daemon off; pid {folder}/pid; error_log {folder}/log;\nevents {{}}\nhttp {{ {kept} {words} }}")
    tried = run(needs("nginx"), "-t", "-q", "-p", folder, "-e", folder / "log", "-c", folder / "main.conf")
    assert (tried.returncode, tried.stderr) == (0, "")
    return [needs("nginx"), "-p", str(folder), "-e", str(folder / "log"), "-c", str(folder / "main.conf")]


def caddy(folder: Path, port: int, desk: int, inside: str) -> list[str]:
    trustme.CA().issue_cert(NAME).private_key_and_cert_chain_pem.write_to_path(str(folder / "both.pem"))
    words = (DEPLOY / "proxy" / "Caddyfile").read_text()
    words = words.replace(f"{NAME} {{", f"{NAME}:{port} {{\n\tbind 127.0.0.1\n\ttls {folder}/both.pem {folder}/both.pem", 1)
    words = words.replace("127.0.0.1:8765", f"127.0.0.1:{desk}").replace("192.0.2.0/24", inside)
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + words)
    return [needs("caddy"), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


class Secure(HTTPSConnection):
    """Asks this machine for a name that leads elsewhere."""

    def connect(self) -> None:
        plain = HTTPConnection("127.0.0.1", self.port, timeout=5)
        plain.connect()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.sock = context.wrap_socket(plain.sock, server_hostname=NAME)


def asked(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes, dict[str, str]]:
    with closing(Secure(NAME, port, timeout=5)) as visit:
        visit.request("GET", path, headers={"Host": NAME, **(headers or {})})
        answer = visit.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}


Proxy = Callable[[Path, int, int, str], list[str]]
EACH = pytest.mark.parametrize("proxy", [nginx, caddy], ids=["nginx", "caddy"])


@EACH
def test_nobody_who_comes_by_a_proxy_is_taken_for_somebody_at_this_machine(tmp_path: Path, desk: int, proxy: Proxy) -> None:
    port = free_port()
    with running(proxy(tmp_path, port, desk, "127.0.0.1/32"), port, {"HOME": str(tmp_path)}):
        for path in ("/", "/editions/2026-12?q=x", "/desk/queue", "/desk"):
            lies = {"X-Forwarded-For": "127.0.0.1, ::1", "Remote-User": "Priya Nair", "X-Forwarded-Proto": "gopher"}
            status, body, headers = asked(port, path, lies)
            told: dict[str, Any] = json.loads(body)
            assert (status, told["path"]) == (200, path)
            brought = [(name.encode(), value.encode()) for name, value in told["headers"]]
            scope = {"type": "http", "http_version": told["version"][5:], "client": ("127.0.0.1", 1), "headers": brought}
            request = Request(scope)
            assert not security.is_local(request)
            assert request.headers["host"] == NAME
            assert not request.headers.get("remote-user")
            assert request.headers["x-forwarded-for"] == "127.0.0.1"  # what the proxy saw; nothing of what the visitor wrote
            assert request.headers["x-forwarded-proto"] == "https"
            assert "max-age" in headers["strict-transport-security"]


@EACH
def test_what_is_not_for_the_public_stays_inside(tmp_path: Path, desk: int, proxy: Proxy) -> None:
    port = free_port()
    with running(proxy(tmp_path, port, desk, "192.0.2.0/24"), port, {"HOME": str(tmp_path)}):
        for path in ("/desk", "/desk/", "/desk/queue", "//desk/queue", "/%64esk/queue", "/x/../desk/queue", "/metrics", "/readyz"):
            status, body, _ = asked(port, path)
            assert status in (403, 404), path
            assert b"headers" not in body
        assert [asked(port, path)[0] for path in ("/healthz", "/desks", "/unsubscribe/x", "/api/v1/items")] == [200, 200, 200, 200]


@EACH
def test_a_phone_on_a_bad_line_gets_pages_compressed(tmp_path: Path, desk: int, proxy: Proxy) -> None:
    port = free_port()
    with running(proxy(tmp_path, port, desk, "127.0.0.1/32"), port, {"HOME": str(tmp_path)}):
        status, _, headers = asked(port, f"/desk/queue?q={'x' * 2_000}", {"Accept-Encoding": "gzip"})
        assert (status, headers.get("content-encoding")) == (200, "gzip")


def test_the_proxies_write_no_reader_s_link_into_a_log_and_let_an_upload_through() -> None:
    nginx_words, caddy_words = ((DEPLOY / "proxy" / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    assert nginx_words.count("access_log off;") == nginx_words.count("server {") == 2
    assert not re.search(r"^\s*log\b", caddy_words, re.MULTILINE)
    assert upload.MOST <= 4_000_000  # `client_max_body_size 4m`, `max_size 4MB`


# monitoring


def metrics_in(words: str) -> set[str]:
    names = {re.sub(r"_bucket$", "", name) for name in re.findall(r"\bgleanings_[a-z_]+", words)}
    return {name for name in names if not name.startswith("gleanings_process_")}  # those are the library's


@pytest.mark.parametrize("name", ["gleanings.rules.yml", "grafana.json"])
def test_what_is_watched_is_what_the_desk_tells(name: str) -> None:
    asked_for = metrics_in((MONITORING / name).read_text())
    assert asked_for
    assert asked_for <= {row.name for row in TABLE}


def test_the_dashboard_has_room_for_every_panel() -> None:
    dashboard = json.loads((MONITORING / "grafana.json").read_text())
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
        assert all(target["expr"] for target in panel["targets"])
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_prometheus_takes_the_settings_and_the_rules() -> None:
    done = run(needs("promtool"), "check", "config", MONITORING / "prometheus.yml")
    assert done.returncode == 0, done.stderr
    assert "11 rules found" in done.stdout


MINUTES = """
      - {series: 'up{job="gleanings"}', values: '1x10 0x20'}
      - {series: 'gleanings_harvest_deaths', values: '0x5 2x5 3x10'}
    alert_rule_test:
      - {eval_time: 12m, alertname: GleaningsDown, exp_alerts: []}
      - eval_time: 17m
        alertname: GleaningsDown
        exp_alerts:
          - exp_labels: {severity: critical, job: gleanings}
            exp_annotations:
              summary: The desk does not answer
              description: "`systemctl status gleanings` and `journalctl -u gleanings` say why."
      - {eval_time: 8m, alertname: GleaningsHarvestDies, exp_alerts: []}
"""
HOURS = """
      - {series: 'gleanings_sources{state="ok"}', values: '8x50'}
      - {series: 'gleanings_sources{state="silent"}', values: '3x50'}
      - {series: 'gleanings_backup_timestamp_seconds', values: '0x55'}
    alert_rule_test:
      - {eval_time: 23h, alertname: GleaningsSources, exp_alerts: []}
      - eval_time: 25h
        alertname: GleaningsSources
        exp_alerts:
          - exp_labels: {severity: warning}
            exp_annotations:
              summary: "27.27% of the sources fail or have fallen silent"
              description: "So many at once is more often our network than theirs. `gleanings status` names them."
      - {eval_time: 48h, alertname: GleaningsNoBackup, exp_alerts: []}
      - eval_time: 50h
        alertname: GleaningsNoBackup
        exp_alerts:
          - exp_labels: {severity: warning}
            exp_annotations:
              summary: The last copy of the database is 2d 2h 0m 0s old
              description: "`gleanings backup` makes one and says what stands in the way."
"""


@pytest.mark.parametrize(("step", "story"), [("1m", MINUTES), ("1h", HOURS)], ids=["minutes", "hours"])
def test_prometheus_tells_what_is_wrong_when_it_is(tmp_path: Path, step: str, story: str) -> None:
    path = tmp_path / "story.yml"
    rules = MONITORING / "gleanings.rules.yml"
    path.write_text(f"rule_files: [{rules}]\nevaluation_interval: {step}\ntests:\n  - interval: {step}\n    input_series:{story}")
    done = run(needs("promtool"), "test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


# the page about it


def test_the_page_names_every_file_of_deploy() -> None:
    words = (DEPLOY / "README.md").read_text()
    files = {str(path.relative_to(DEPLOY)) for path in DEPLOY.rglob("*") if path.is_file() and path.name != "README.md"}
    assert {name for name in files if name not in words} == set()
    assert {name for name in re.findall(r"deploy/([a-zA-Z/.-]*[a-zA-Z])", words) if not (DEPLOY / name).exists()} == set()
