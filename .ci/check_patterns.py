"""Checks rendered patterns that need more than a compiler: imports and calls the Python ones, parses the data files.

Called by `check-patterns`; the argument is the directory of rendered examples.
"""

import importlib
import json
import re
import sqlite3
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

INSTRUCTIONS = {
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "ONBUILD", "RUN", "SHELL",
    "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
}


def load(path: Path):
    """Imports a rendered file as a top-level module."""
    sys.path.insert(0, str(path.parent))
    try:
        sys.modules.pop(path.stem, None)
        return importlib.import_module(path.stem)
    finally:
        sys.path.pop(0)


def check_python(root: Path) -> None:
    """Every file that needs nothing of the user's program is imported; the web ones answer requests."""
    import django
    from django.conf import settings
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    settings.configure(INSTALLED_APPS=[], DATABASES={})
    django.setup()
    checked = set()
    for path in sorted(root.rglob("*.py")):
        text = path.read_text()
        users_own = "from .models import" in text or path.name.startswith("test_") or path.name == "conftest.py"
        if users_own or "models.Model" in text:
            continue
        module = load(path)
        router = getattr(module, "router", None)
        if router is None:
            continue
        app = FastAPI()
        app.include_router(router)
        client = TestClient(app)
        assert client.get("/openapi.json").status_code == 200, path
        if "registration" in path.name:
            check_registration(client, router.prefix, module)
        else:
            check_crud(client, app, router.prefix, path)
        checked.add(path.name)
    assert len(checked) >= 4, checked
    check_flask(root)
    check_click(root)
    check_retry(root)
    check_logging(root)
    check_httpx(root)
    check_repository(root)
    check_dataclass(root)
    check_cli(root)
    check_fixture(root)


def one(root: Path, pattern: str) -> Path:
    found = sorted(root.glob(pattern))
    assert found, f"nothing was rendered at {pattern}"
    return found[0]


def check_registration(client, prefix: str, module) -> None:
    body = {"email": " Ada@Example.org ", "name": "Ada", "password": "correct horse battery"}
    first = client.post(prefix, json=body)
    assert first.status_code == 201 and first.json()["email"] == "ada@example.org", first.text
    assert "password" not in first.text
    assert client.post(prefix, json=body).status_code == 409
    for wrong in ({"email": "nobody"}, {"password": "short"}, {"name": " "}, {"role": "admin"}):
        answer = client.post(prefix, json=body | {"email": "b@example.org"} | wrong)
        assert answer.status_code == 422, answer.text
    stored = module.hash_password("secret")
    assert module.verify_password("secret", stored) and not module.verify_password("other", stored)


def check_crud(client, app, prefix: str, path: Path) -> None:
    schemas = app.openapi()["components"]["schemas"]
    schema = next(value for name, value in schemas.items() if name.endswith("Create"))
    samples = {"string": "x", "integer": 1, "number": 1, "boolean": True}
    body = {n: samples[p.get("type") or p["anyOf"][0]["type"]] for n, p in schema["properties"].items()}
    created = client.post(prefix, json=body)
    assert created.status_code == 201, (path, created.text)
    url = f"{prefix}/{created.json()['id']}"
    assert client.get(url).json() == created.json()
    assert client.get(prefix).json() == [created.json()]
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert client.post(prefix, json={}).status_code == 422


def check_flask(root: Path) -> None:
    from flask import Flask

    module = load(one(root, "flask-route-0/**/*.py"))
    app = Flask("check")
    app.register_blueprint(module.invoices)
    client = app.test_client()
    created = client.post("/invoices", json={"number": 1, "total": 2.5})
    assert created.status_code == 201, created.text
    assert client.get("/invoices/1").json == created.json
    assert client.get("/invoices/9").status_code == 404
    for wrong in ({"number": 1}, {"number": True, "total": 1}, {"number": 1, "total": 1, "x": 1}, []):
        answer = client.post("/invoices", json=wrong)
        assert answer.status_code == 400 and answer.json["error"], answer.text


def check_click(root: Path) -> None:
    from click.testing import CliRunner

    module = load(one(root, "click-cli-0/**/*.py"))
    runner = CliRunner()
    with runner.isolated_filesystem():
        assert runner.invoke(module.cli, ["add", "a"]).exit_code == 0
        assert runner.invoke(module.cli, ["add", "a"]).exit_code == 1
        assert runner.invoke(module.cli, ["list"]).output == "a\n"
        assert runner.invoke(module.cli, ["remove", "a", "--yes"]).exit_code == 0
        assert runner.invoke(module.cli, ["list"]).output == ""


def check_retry(root: Path) -> None:
    import asyncio

    module = load(one(root, "python-retry-0/**/*.py"))
    calls = []

    @module.retry(ValueError, attempts=3, first_wait=0.001)
    def plain(fail: int) -> int:
        calls.append(1)
        if len(calls) <= fail:
            raise ValueError
        return len(calls)

    @module.retry(ValueError, attempts=2, first_wait=0.001)
    async def slow() -> None:
        calls.append(1)
        raise ValueError

    assert plain(2) == 3
    calls.clear()
    try:
        asyncio.run(slow())
    except ValueError:
        assert len(calls) == 2
    else:
        raise AssertionError("the last failure has to be passed on")


def check_logging(root: Path) -> None:
    path = one(root, "python-logging-0/**/*.py")
    code = (
        "import logging, logging_setup as s; s.set_up_logging('debug');"
        "logging.getLogger('a').info('hi %s', 'you', extra={'k': 1})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=path.parent, capture_output=True, text=True, check=True)
    entry = json.loads(done.stderr)
    assert entry["message"] == "hi you" and entry["k"] == 1 and entry["level"] == "info", entry


def check_httpx(root: Path) -> None:
    import asyncio

    import httpx

    module = load(one(root, "httpx-client-0/**/*.py"))
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path == "/bad":
            return httpx.Response(400, text="no")
        return httpx.Response(503, headers={"Retry-After": "0"}) if len(seen) < 2 else httpx.Response(200, json={"a": 1})

    async def run() -> None:
        async with module.WeatherClient("https://x.test", "t", transport=httpx.MockTransport(answer)) as client:
            assert await client.get("/ok", q="1") == {"a": 1} and len(seen) == 2
            assert seen[0].headers["authorization"] == "Bearer t"
            try:
                await client.get("/bad")
            except module.WeatherError as error:
                assert error.status == 400
            else:
                raise AssertionError("400 has to be an error")

    asyncio.run(run())


def check_repository(root: Path) -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session

    module = load(one(root, "sqlalchemy-repository-0/**/*.py"))
    engine = create_engine("sqlite://")
    module.Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        repository = module.CustomerRepository(session)
        row = repository.add(module.CustomerData(name="a", email="b", active=True))
        repository.replace(row.id, module.CustomerData(name="c", email="b", active=False))
        assert repository.get(row.id).name == "c" and repository.count() == 1 and len(repository.page()) == 1
        repository.remove(row.id)
        try:
            repository.get(row.id)
        except module.CustomerNotFound:
            pass
        else:
            raise AssertionError("a removed row has to be gone")
    load(one(root, "sqlalchemy-model-0/**/*.py")).Base.metadata.create_all(create_engine("sqlite://"))


def check_dataclass(root: Path) -> None:
    module = load(one(root, "python-dataclass-0/**/*.py"))
    assert module.OrderItem(sku="a", quantity=1, price=2).as_dict() == {"sku": "a", "quantity": 1, "price": 2}
    try:
        module.OrderItem(sku=" ", quantity=1, price=2)
    except ValueError as error:
        assert "sku" in str(error)
    else:
        raise AssertionError("an empty text has to be refused")


def check_cli(root: Path) -> None:
    path = one(root, "argparse-cli-0/**/*.py")
    command = [sys.executable, str(path)]
    done = subprocess.run(command, input="one two\n\nthree\n", capture_output=True, text=True, check=True)
    assert done.stdout == "2\tone two\n1\tthree\n", done.stdout
    assert subprocess.run([*command, "/nowhere"], capture_output=True).returncode == 1


def check_fixture(root: Path) -> None:
    path = one(root, "pytest-fixture-0/**/conftest.py")
    test = path.parent / "test_it.py"
    test.write_text(
        "def test_it(make_customer, connection):\n"
        "    assert make_customer(name='a')['name'] == 'a'\n"
        "    assert connection.execute('SELECT count(*) FROM customers').fetchone()[0] == 1\n"
    )
    subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)], check=True, stdout=subprocess.DEVNULL)
    # The endpoint and the tests that go with it are made for each other.
    api = one(root, "fastapi-test-0/**/test_*.py")
    app = api.parent.parent / "app"
    app.mkdir()
    router = one(root, "fastapi-endpoint-1/**/*.py").read_text().replace("blog-posts", "products")
    (app / "main.py").write_text(router + "\nfrom fastapi import FastAPI\n\napp = FastAPI()\napp.include_router(router)\n")
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(app.parent), "-o", "pythonpath=.", str(api)],
        check=True, stdout=subprocess.DEVNULL, cwd=app.parent,
    )


def check_data(root: Path) -> None:
    counts = {}
    kinds = (".sql", ".yml", ".yaml", ".toml", ".json", "")
    for path in sorted(p for p in root.rglob("*") if p.is_file() and p.suffix in kinds):
        text = path.read_text()
        if path.suffix == ".sql":
            check_sql(path, text)
        elif path.suffix in (".yml", ".yaml"):
            check_yaml(path, yaml.safe_load(text))
        elif path.suffix == ".toml":
            tomllib.loads(text)
        elif path.name == "tsconfig.json":
            json.loads(text)
        elif path.name == "Dockerfile":
            check_dockerfile(path, text)
        else:
            continue
        counts[path.suffix or path.name] = counts.get(path.suffix or path.name, 0) + 1
    print(counts)
    assert counts[".sql"] >= 4 and counts["Dockerfile"] >= 4 and counts[".yml"] >= 4, counts


def check_sql(path: Path, text: str) -> None:
    connection = sqlite3.connect(":memory:")
    if path.name.endswith("_indexes.sql"):
        table = path.name.removesuffix("_indexes.sql")
        columns = re.search(r"ON \w+ \(([^)]*, [^)]*)\)", text)[1]
        connection.execute(f"CREATE TABLE {table} ({columns})")
        connection.executescript(text)
    if path.name.endswith(".down.sql"):
        connection.executescript(path.with_name(path.name.replace(".down.", ".up.")).read_text())
    connection.executescript(text)
    tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    assert (tables.fetchone()[0] == 0) == path.name.endswith(".down.sql"), path


def check_yaml(path: Path, value: dict) -> None:
    if path.name == "compose.yaml":
        assert set(value["services"]["app"]["depends_on"]) <= set(value["services"]), path
        return
    assert value["permissions"] == {"contents": "read"}, path
    for job in value["jobs"].values():
        assert job["runs-on"] and job["timeout-minutes"], path
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step), (path, step)
            assert "uses" not in step or re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"]), (path, step)


def check_dockerfile(path: Path, text: str) -> None:
    stages, user = [], None
    for line in re.sub(r"\\\n", " ", "\n".join(l for l in text.splitlines() if not l.startswith("#"))).splitlines():
        if not line.strip():
            continue
        word, _, rest = line.partition(" ")
        assert word in INSTRUCTIONS, (path, line)
        if word == "FROM":
            image = rest.split()
            assert ":" in image[0] and len(image) in (1, 3), (path, line)
            stages.append(image[2] if len(image) == 3 else None)
        if word == "USER":
            user = rest
        source = re.search(r"--from=(\w+)", rest)
        assert source is None or source[1] in stages, (path, line)
        if word in ("CMD", "ENTRYPOINT"):
            assert isinstance(json.loads(rest), list), (path, line)
    assert len(stages) == 2 and (user not in (None, "root") or "nonroot" in text), path


if __name__ == "__main__":
    if sys.argv[1] == "--data":
        check_data(Path(sys.argv[2]))
    else:
        check_python(Path(sys.argv[1]))
