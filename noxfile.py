"""The sessions that prove something; bare `nox` runs them all."""

import nox

nox.needs_version = ">=2024.10.9"
nox.options.stop_on_first_error = True

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
OLDEST_PYTHON = PYTHONS[0]


@nox.session
def lint(session: nox.Session) -> None:
    """Style, spelling and import layers."""
    session.install("--editable", ".", *dependencies_of("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("codespell")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """mypy and pyright, strict; our users' tests once with each of the two packages of stubs."""
    session.install("--editable", ".", *dependencies_of("types"))
    session.run("mypy")
    session.run("basedpyright")
    session.run("python", "-m", "pip", "uninstall", "--quiet", "--yes", "types-boto3-kms")
    session.install("mypy-boto3-kms")
    session.run("mypy", "tests/typing/with_mypy_boto3_kms.py")
    session.run("basedpyright", "tests/typing/with_mypy_boto3_kms.py")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The whole suite on each Python, slow tests included, every branch covered."""
    session.install("--editable", ".", *dependencies_of("test"))
    session.env["COVERAGE_FILE"] = f"{session.create_tmp()}/coverage"
    session.run("coverage", "run", "-m", "pytest", "-m", "", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(python=OLDEST_PYTHON)
def oldest(session: nox.Session) -> None:
    """The suite on the lowest version of every dependency, aiobotocore of that time included."""
    lowest = [bound.replace(">=", "==") for bound in PROJECT["project"]["dependencies"]]
    session.install("--editable", ".", *dependencies_of("async"), *lowest)
    session.run("pytest", "-m", "not slow or swept", *session.posargs)


# Not named as its group: `async` is a word of Python.
@nox.session(name="async")
@nox.parametrize("beside", ["aiobotocore", "aioboto3", "aiobotocore==2.15.*"])
def asynchronous(session: nox.Session, beside: str) -> None:
    """The suite's public half beside aiobotocore's newest, aioboto3's newest, and an old one."""
    session.install("--editable", ".", beside, *dependencies_of("async"))
    session.run("pytest", "-m", "", "tests/plugin", "tests/docs", "examples", *session.posargs)


@nox.session(default=False)
def news(session: nox.Session) -> None:
    """What the newest botocore knows of KMS that our description does not have."""
    session.install("--editable", ".", *dependencies_of("test"))
    session.env["KMSMOCK_NEWS"] = "red"
    session.run("pytest", "tests/conformance/test_model.py", *session.posargs)


@nox.session(default=False)
def node(session: nox.Session) -> None:
    """The test with Node.js's SDK, which comes from the npm registry."""
    session.install("--editable", ".", *dependencies_of("test"))
    folder = session.create_tmp()
    session.run("npm", "install", "--prefix", folder, "@aws-sdk/client-kms", external=True)
    session.env["KMSMOCK_NODE_MODULES"] = f"{folder}/node_modules"
    session.run("pytest", "-k", "node", "tests/serving/test_clients.py", *session.posargs)


@nox.session
def conformance(session: nox.Session) -> None:
    """The tests over the data alone: model, layers, public API, repository."""
    session.install("--editable", ".", *dependencies_of("test"))
    session.run("pytest", "tests/conformance", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The site builds without a warning; what stands on its pages is tested with all else."""
    session.install("--editable", ".", *dependencies_of("docs"))
    session.run("sphinx-build", "-W", "--keep-going", "-q", "docs", "build/docs")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure beside moto and the floor, and write docs/benchmarks.md with its chart."""
    session.install("--editable", ".", *dependencies_of("test"))
    session.run("python", "-m", "benchmarks", *(session.posargs or ["--write"]))


def dependencies_of(group: str) -> tuple[str, ...]:
    return nox.project.dependency_groups(PROJECT, group)
