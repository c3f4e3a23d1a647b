"""The tasks of this repository; `make TASK` and `python bootstrap.py TASK` run them in `.venv`."""

import hashlib
import os
import platform
import runpy
import shutil
import sys
import time
import tomllib
from importlib.metadata import version
from pathlib import Path

import nox
import yaml

from satgan_tutorial.pins import read_pins

ROOT = Path(__file__).parent
BUILD = ROOT / "_build"
BUDGETS = ("smoke", "laptop", "full")
KEPT_CACHES = 4
# Each file of tests, and each notebook, on one core, in the order that tests/conftest.py puts them in.
BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")

nox.options.default_venv_backend = "none"
nox.options.sessions = ["book"]


@nox.session
def book(session):
    """Execute the chapters and build the HTML; the budget is smoke, laptop (the default) or full."""
    name = session.posargs[0] if session.posargs else "laptop"
    if name not in BUDGETS:
        session.error(f"there is no budget {name!r}: choose one of {', '.join(BUDGETS)}")
    pages = build(session, name, execute(session, name))
    print(f"\nThe book is built: {pages / 'index.html'}")
    print("Open that file in a browser, or run `make serve`.")


@nox.session
def test(session):
    """Run the unit tests, every notebook and the checks of the pages, all at the smoke budget."""
    lint(session)
    of_pages = ("tests/test_page.py", "tests/test_browsers.py")
    ignored = [f"--ignore={file}" for file in of_pages]
    notebooks = ("--nbval-lax", "--nbval-cell-timeout=300", "--nbval-current-env", "book")
    kept = {"SATGAN_EXECUTED": str(outputs("smoke"))}  # `execute` finds them there (book/conftest.py)
    pytest(session, "not benchmark", *BY_FILE, *ignored, "tests", *notebooks, env=kept)
    pages = build(session, "smoke", execute(session, "smoke"))
    pytest(session, "not benchmark", *of_pages, env={"SATGAN_PAGES": str(pages)})


@nox.session
def quick(session):
    """Check style, arrows between modules, and the unit tests that take no more than a second each."""
    lint(session)
    pytest(session, "not slow and not benchmark and not browser", *BY_FILE, "tests")


@nox.session
def data(session):
    """Download the real chips to data/shipsnet, all of them or nothing."""
    python(session, "-m", "satgan_tutorial", "fetch")


@nox.session
def lab(session):
    """Open the chapters in JupyterLab."""
    python(session, "-m", "jupyter", "lab", "--notebook-dir", "book", env=environment(None))


@nox.session
def serve(session):
    """Serve the built book on this machine."""
    if not (BUILD / "html" / "index.html").exists():
        session.error("there is no built book yet: run `make book` first")
    python(session, "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(BUILD / "html"), "8000")


@nox.session
def slides(session):
    """Make the slides, with the figures of the built book, into `_build/slides`; BUDGET says which build."""
    name = session.posargs[0] if session.posargs else "laptop"
    target = BUILD if name == "laptop" else BUILD / name
    pages = BUILD / "html" if name == "laptop" else target / "_build" / "html"
    if not (pages / "index.html").exists():
        session.error(f"there is no built book in {pages}: run `make book` first")
    python(session, "tools/slides.py", str(pages), str(target / "slides"))


@nox.session
def classroom(session):
    """Pack one zip for a room with no network; the platforms are linux, linux-arm, windows and macos, by default this."""
    python(session, "tools/handout.py", str(BUILD / "handout"))
    if (BUILD / "html" / "index.html").exists():
        python(session, "tools/slides.py", str(BUILD / "html"), str(BUILD / "slides"))
    python(session, "tools/pack.py", *session.posargs, env=environment(None))


@nox.session
def bench(session):
    """Measure speed and memory, each as a ratio to a peer in the same run."""
    # torch is not in the pinned set, and pip takes no sums for some packages only.
    pins = read_pins((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    versions = Path(session.create_tmp()) / "versions.txt"
    versions.write_text("\n".join(pin.need for pin in pins), encoding="utf-8")
    python(session, "-m", "pip", "install", "--quiet", "-c", str(versions), "-e", ".[benchmarks]")
    python(session, "-m", "pytest", "-p", "no:cacheprovider", "-s", "-m", "benchmark", "tests")


@nox.session
def notebooks(session):
    """Clear every stored output but those of checked cells, which are made anew."""
    python(session, "tools/normalise.py", env={**environment("smoke"), "SATGAN_DATA": "simulated"})


@nox.session
def pins(session):
    """Renew requirements.txt, with its sums, as far as pyproject.toml asks for it; `pins upgrade` renews all."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    builds = Path(session.create_tmp()) / "builds.txt"
    # hatchling asks for editables only when it is told to build, which is too late to be pinned.
    builds.write_text("\n".join([*project["build-system"]["requires"], "editables"]), encoding="utf-8")
    compile_ = ("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--no-header")
    upgrade = ("--upgrade",) if "upgrade" in session.posargs else ()
    sums = ("--no-annotate", "--generate-hashes")
    where = ("--extra", "tests", "pyproject.toml", str(builds), "-o", "requirements.txt")
    python(session, "-m", *compile_, *upgrade, *sums, *where)


@nox.session
def clean(session):
    """Delete what was built and cached; data and .venv stay."""
    for folder in (BUILD, ROOT / "data" / "cache"):
        shutil.rmtree(folder, ignore_errors=True)


def python(session, *arguments, env=None):
    """Run this environment's Python in the repository's root."""
    with session.chdir(ROOT):
        session.run(sys.executable, *arguments, env=env, external=True)


def lint(session):
    """Check style, and that imports point down."""
    python(session, "-m", "ruff", "check", ".")
    python(session, "-m", "ruff", "format", "--check", ".")
    program(session, "lint-imports", "--no-cache", "--no-logo")


def pytest(session, marks, *arguments, env=None):
    """Run tests with some marks, on two cores, at the smoke budget."""
    workers, cores = shares()
    options = ("-p", "no:cacheprovider", "--durations=5", "-n", str(workers), "-m", marks)
    env = {**environment("smoke"), **threads(cores), **(env or {})}
    python(session, "-m", "pytest", *options, *arguments, env=env)


def program(session, name, *arguments, env=None):
    """Run a program of this environment in the repository's root."""
    path = shutil.which(name, path=Path(sys.executable).parent)
    with session.chdir(ROOT):
        session.run(path, *arguments, env=env, external=True)


def environment(budget):
    """The variables a chapter reads, with a data folder that holds wherever the notebook runs."""
    env = {"JUPYTER_PREFER_ENV_PATH": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    env["JPY_SESSION_NAME"] = ""  # a build started from a notebook is no reader's session (widgets.live)
    env["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # else the first chapter takes all of a GPU's memory
    data = os.environ.get("SATGAN_DATA")
    if data and data != "simulated":
        env["SATGAN_DATA"] = str(Path(data).resolve())
    if budget:
        env["SATGAN_BUDGET"] = budget
    return env


def execute(session, budget):
    """Execute the chapters, two side by side, and return the cache with their outputs."""
    cache = outputs(budget)
    workers, cores = shares()
    env = {**environment(budget), **threads(cores)}
    python(session, "tools/execute.py", str(cache), str(workers), env=env)
    return cache


def outputs(budget):
    """The cache for the chapters' outputs, made if need be; of the others the newest stay."""
    cache = BUILD / "executed" / execution_key(budget)
    cache.mkdir(parents=True, exist_ok=True)
    cache.touch()
    for old in sorted(cache.parent.iterdir(), key=lambda folder: -folder.stat().st_mtime)[KEPT_CACHES:]:
        shutil.rmtree(old)
    from jupyter_cache import get_cache  # here: other tasks need not wait for it

    get_cache(str(cache)).list_cache_records()  # made now, before two processes would make it at once
    return cache


def build(session, budget, cache):
    """Build the pages at a budget and return their folder: `_build/html` for laptop, elsewhere for the others."""
    target = ROOT if budget == "laptop" else BUILD / budget
    pages, key = target / "_build" / "html", cache.name

    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["execute"]["cache"] = str(cache)
    config["html"]["extra_footer"] = footer()
    config["sphinx"]["config"]["myst_substitutions"] = {
        "machine": machine(),
        "budget": budget,
        "sharing": sharing(),
    }
    if site := os.environ.get("SATGAN_SITE"):
        config["sphinx"]["config"]["ogp_site_url"] = site
    settings = BUILD / f"config-{budget}.yml"
    settings.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")

    for script in ("live", "small_ships", "tell"):
        python(session, f"tools/{script}.py", env=environment(budget))

    # Sphinx re-reads a page when its source changed; when the code under the pages changed, it has to be told.
    stamp = pages.parent / "key.txt"
    unchanged = stamp.exists() and stamp.read_text(encoding="utf-8") == key
    stamp.unlink(missing_ok=True)
    options = ["-W", "--keep-going", "--config", str(settings)]
    options += [] if unchanged else ["--all"]
    options += [] if target == ROOT else ["--path-output", str(target)]
    start = time.monotonic()
    program(session, "jupyter-book", "build", ".", *options, env=environment(budget))
    print(f"Pages built in {time.monotonic() - start:.0f} s at the {budget} budget.")
    if site:
        python(session, "tools/policy.py", str(pages))
    (pages / ".nojekyll").touch()
    stamp.write_text(key, encoding="utf-8")
    return pages


def chips():
    """Which chips a build uses: a folder, or the word simulated."""
    chosen = environment(None).get("SATGAN_DATA") or os.environ.get("SATGAN_DATA") or "data/shipsnet"
    return chosen if chosen != "simulated" and (ROOT / chosen).exists() else "simulated"


def footer():
    """What stands below each page: the version, the licences, and, where real chips may be seen, whose they are."""
    made = runpy.run_path(str(ROOT / "tools" / "version.py"))["version"]()
    text = f"Version {made}. Code: MIT. Prose and drawings: CC BY 4.0."
    if chips() == "simulated":
        return f"{text} This copy was built with simulated chips."
    return (
        f"{text} Real chips: <em>Ships in Satellite Imagery</em>, R. Hammell, 2018; imagery: Planet Team, Planet's Open "
        'California; <a href="https://creativecommons.org/licenses/by-sa/4.0/">CC BY-SA 4.0</a>.'
    )


def shares():
    """How many chapters, or tests, run side by side, and how many cores each of them has."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = min(2, cores)
    return workers, cores // workers


def threads(cores):
    """The variables that keep TensorFlow and NumPy to some cores: what runs beside it slows down where each takes all."""
    libraries = ("TF_NUM_INTRAOP", "TF_NUM_INTEROP", "OMP_NUM", "OPENBLAS_NUM")
    return {f"{library}_THREADS": str(cores) for library in libraries}


def sharing():
    """What the run times are times of, as a sentence."""
    workers, cores = shares()
    if workers == 1:
        return "One chapter ran at a time, on one core."
    each = "one core" if cores == 1 else f"{cores} cores"
    return f"Two chapters ran side by side, each on {each}: a time is that of a chapter with half of the machine."


def machine():
    """What the run times were measured on, in a few words."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras"))
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, "
        f"Python {platform.python_version()}, {packages}"
    )


def execution_key(budget):
    """Hash all that a chapter's outputs depend on besides its own text: package, records, pinned set, data, Python, budget.

    Jupyter Book's cache knows the text of the notebooks alone.
    """
    digest = hashlib.sha256(f"{budget} {sys.version}".encode())
    digest.update((ROOT / "requirements.txt").read_bytes())
    for folder in ("satgan_tutorial", "book/results"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    for path in sorted((ROOT / chips()).rglob("*")):
        facts = path.stat()
        digest.update(f"{path} {facts.st_size} {facts.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]
