"""The examples of deployments: each is valid for its tool, and names settings, probes and files that exist."""

import re
import subprocess
import sys
from pathlib import Path
from shutil import which
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # it ships no types
import pytest
import yaml  # type: ignore[import-untyped]  # PyYAML ships no types

from server.settings import Settings, variable
from tests.support.commands import ROOT

SETTINGS = {variable(name) for name in Settings.model_fields}
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
KUBERNETES: list[dict[str, Any]] = list(yaml.safe_load_all((ROOT / "deploy/kubernetes/enfilade.yaml").read_text()))
DEPLOYMENT = next(each for each in KUBERNETES if each["kind"] == "Deployment")["spec"]["template"]["spec"]
PROBES = {"/healthz", "/readyz"}


def run(*command: str | Path, **environment: str) -> None:
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": "/usr/sbin:/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def needs(tool: str) -> str:
    """Returns the tool's path, or skips the test."""
    found = which(tool, path="/usr/local/bin:/usr/sbin:/usr/bin:/bin")
    return found or pytest.skip(f"{tool}, which checks this file, is not installed")


def test_hadolint_has_no_complaint() -> None:
    run(Path(sys.executable).parent / "hadolint", "--failure-threshold", "warning", "Dockerfile")


def test_the_image_gets_what_it_copies() -> None:
    sent = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for name in (each for line in copied for each in line.split()):
        assert list(ROOT.glob(name)), name
        assert any(name == each or name.startswith(f"{each}/") for each in sent), name


def test_compose_names_known_settings_and_variables() -> None:
    text = (ROOT / "compose.yaml").read_text()
    offered = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy/compose.env.example").read_text(), re.MULTILINE))
    assert set(re.findall(r"\$\{(\w+)", text)) == offered
    for name in ("migrate", "server-a", "server-b"):
        assert set(COMPOSE["services"][name]["environment"]) <= SETTINGS
    for service in COMPOSE["services"].values():
        assert set(service.get("depends_on", ())) <= set(COMPOSE["services"])


def test_compose_gives_a_process_the_time_to_drain() -> None:
    service = COMPOSE["services"]["server-a"]
    assert int(service["stop_grace_period"].removesuffix("s")) > 2 * service["environment"]["ENFILADE_DRAIN_SECONDS"]


def test_docker_reads_the_compose_file(tmp_path: Path) -> None:
    docker = needs("docker")
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("docker compose, which checks this file, is not installed")
    filled = (ROOT / "deploy/compose.env.example").read_text().replace("=\n", "=filled-in\n")
    (tmp_path / "env").write_text(filled)
    run(docker, "compose", "--env-file", tmp_path / "env", "config", "--quiet")


@pytest.mark.parametrize("document", KUBERNETES, ids=lambda each: str(each["kind"]))
def test_kubernetes_accepts_each_document(document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_the_pods_name_known_settings_and_probes() -> None:
    names = {name for each in KUBERNETES for name in (each.get("data") or each.get("stringData") or {})}
    assert {"DATABASE_URL", "ENFILADE_CURSOR_SECRET"} < names <= SETTINGS
    (server,) = DEPLOYMENT["containers"]
    assert {value["httpGet"]["path"] for name, value in server.items() if name.endswith("Probe")} == PROBES


def test_a_pod_has_the_time_to_drain() -> None:
    config = next(each for each in KUBERNETES if each["kind"] == "ConfigMap")["data"]
    assert DEPLOYMENT["terminationGracePeriodSeconds"] > 2 * int(config["ENFILADE_DRAIN_SECONDS"])


def test_caddy_accepts_its_file(tmp_path: Path) -> None:
    file = ROOT / "deploy/Caddyfile"
    run(
        needs("caddy"),
        "validate",
        "--adapter",
        "caddyfile",
        "--config",
        file,
        SITE=":8443",
        SERVERS="127.0.0.1:8001",
        HOME=str(tmp_path),
    )


def test_prometheus_accepts_its_files() -> None:
    run(needs("promtool"), "check", "config", ROOT / "deploy/prometheus/prometheus.yml")


def test_each_alert_fires_for_what_it_is_about() -> None:
    rules, tests = (
        yaml.safe_load((ROOT / "deploy/prometheus" / name).read_text()) for name in ("alerts.yml", "alerts_test.yml")
    )
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    fired = {each["alertname"] for test in tests["tests"] for each in test["alert_rule_test"] if "exp_alerts" in each}
    assert fired == alerts
    run(needs("promtool"), "test", "rules", ROOT / "deploy/prometheus/alerts_test.yml")


def test_systemd_accepts_its_units(tmp_path: Path) -> None:
    """In a copy whose commands exist on this machine."""
    tool = needs("systemd-analyze")
    for unit in (ROOT / "deploy").glob("*.service"):
        text = (
            unit.read_text()
            .replace("/opt/enfilade/.venv/bin/python", sys.executable)
            .replace("User=enfilade", "User=nobody")
        )
        (tmp_path / unit.name.replace("@", "@8001")).write_text(text)
    run(tool, "verify", *sorted(tmp_path.glob("*.service")), SYSTEMD_UNIT_PATH=f"{tmp_path}:")


@pytest.mark.parametrize("unit", sorted((ROOT / "deploy").glob("*.service")), ids=lambda each: str(each.stem))
def test_units_run_commands_of_the_server(unit: Path) -> None:
    (command,) = re.findall(r"^ExecStart=.+ -m server (\w+)$", unit.read_text(), re.MULTILINE)
    assert (ROOT / "server" / "commands" / f"{command}.py").exists()
