"""The tools that hold the project together find what they look for."""

import importlib.util
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(name):
    specification = importlib.util.spec_from_file_location(f"tool_{name}", ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small project with one application, for the messages tool to look at."""
    messages = load("messages")
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    app = tmp_path / "shop"
    (app / "locale" / "vi" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "templates" / "shop").mkdir(parents=True)
    (app / "apps.py").write_text("")
    (app / "views.py").write_text(
        "from django.utils.translation import gettext as _, ngettext, pgettext\n"
        '_("Plain")\nngettext("%(n)s cat", "%(n)s cats", 2)\npgettext("month", "May")\n'
    )
    (tmp_path / "templates" / "shop" / "page.html").write_text(
        '{% load i18n %}{% translate "From a tag" %}{% blocktranslate with a=b %}Hello {{ a }}{% endblocktranslate %}'
        '{% blocktranslate count n=2 %}one{% plural %}{{ n }} many{% endblocktranslate %}<p>Not "a message" _(x)</p>{{ _("In a variable") }}'
    )
    return messages, app / "locale" / "vi" / "LC_MESSAGES" / "django.po"


def test_every_message_of_code_and_templates_is_found(project):
    messages, _ = project
    found = {message.text: message for message in messages.used()}
    assert set(found) == {"Plain", "%(n)s cat", "May", "From a tag", "Hello %(a)s", "one", "In a variable"}
    assert found["May"].context == "month"
    assert found["one"].plural == "%(n)s many"
    assert found["%(n)s cat"].plural == "%(n)s cats"


def fill(path, **texts):
    catalogue = polib.pofile(str(path))
    for entry in catalogue:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: entry.msgid_plural}
        else:
            entry.msgstr = texts.get(entry.msgid, entry.msgid)
    catalogue.save()


def test_a_complete_catalogue_passes_and_compiles(project):
    messages, path = project
    assert messages.make() == 7
    fill(path)
    assert messages.problems() == []
    assert messages.make() == 0
    assert messages.compile_all() == 1
    assert messages.compile_all() == 0
    assert len(polib.mofile(str(path.with_suffix(".mo")))) == 7


def test_untranslated_fuzzy_and_wrong_placeholders_are_found(project):
    messages, path = project
    assert len([line for line in messages.problems() if "in no catalogue" in line]) == 7
    messages.make()
    fill(path, Plain="", **{"Hello %(a)s": "Chào %(b)s"})
    catalogue = polib.pofile(str(path))
    catalogue.find("From a tag").flags.append("fuzzy")
    catalogue.save()
    problems = "\n".join(messages.problems())
    assert "not translated: 'Plain'" in problems
    assert "fuzzy: 'From a tag'" in problems
    assert "placeholders differ: 'Hello %(a)s'" in problems


@pytest.mark.accepts("O10")
def test_the_lock_is_exact_with_hashes_and_above_the_floors():
    load("security").floors()


@pytest.mark.accepts("O10")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("django>=5.2", "not an exact pin"),
        ("django==5.2.19", "no hash"),
        ("https://example.org/django.whl", "not an exact pin"),
    ],
)
def test_a_loose_lock_is_refused(tmp_path, monkeypatch, line, message):
    security = load("security")
    monkeypatch.setattr(security, "ROOT", tmp_path)
    (tmp_path / "requirements.txt").write_text(line + "\n")
    with pytest.raises(SystemExit, match=message):
        security.pinned("requirements.txt")


@pytest.mark.accepts("O10")
def test_an_old_version_is_refused(monkeypatch):
    security = load("security")
    monkeypatch.setattr(security, "FLOORS", {"django": "5.2.999"})
    with pytest.raises(SystemExit, match="older than"):
        security.floors()


@pytest.mark.accepts("O10")
@pytest.mark.parametrize(("text", "clean"), [("x = 1\n", True), ('password = "Zk3' + '9sQp0vLm2"\n', False)])
def test_a_secret_in_a_file_is_found(tmp_path, monkeypatch, text, clean):
    security = load("security")
    monkeypatch.setattr(security, "ROOT", tmp_path)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "settings.py").write_text(text)
    if clean:
        security.no_secrets()
    else:
        with pytest.raises(SystemExit, match="detect-secrets"):
            security.no_secrets()


@pytest.mark.accepts("O10")
def test_the_bill_of_materials_lists_every_pinned_package(tmp_path):
    import json

    out = tmp_path / "sbom.json"
    command = [str(Path(sys.executable).parent / "cyclonedx-py"), "requirements", str(ROOT / "requirements.txt"), "--of", "JSON", "-o", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    components = {component["name"].lower().replace("_", "-") for component in json.loads(out.read_text())["components"]}
    assert set(load("security").pinned("requirements.txt")) <= components


@pytest.mark.accepts("O12")
def test_an_old_python_is_told_what_to_install(monkeypatch, capsys):
    bootstrap = load("bootstrap")
    monkeypatch.setattr(bootstrap, "NEEDED", (99, 0))
    with pytest.raises(SystemExit) as ended:
        bootstrap.check_python()
    assert ended.value.code == 1
    assert "sudo apt install python3" in capsys.readouterr().err


@pytest.mark.accepts("O12")
def test_a_python_without_venv_is_told_its_package(monkeypatch, capsys):
    bootstrap = load("bootstrap")
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit):
        bootstrap.check_python()
    message = capsys.readouterr().err
    assert "sudo apt install python3-venv" in message
    assert "Traceback" not in message


def test_make_lists_its_targets():
    shown = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "lint", "types", "messages", "lock", "screenshots", "bench", "sbom"):
        assert f"make {target} " in shown


@pytest.mark.accepts("F11")
@pytest.mark.django_db
def test_models_and_migrations_agree():
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_database_script_and_the_embedded_server_know_the_same_roles():
    from portal.embedded import ROLES

    script = (ROOT / "deploy" / "postgres" / "10-roles.sh").read_text()
    for role in ("portal_owner", "portal_app", "portal_report"):
        assert f"create role {role} login" in script
        assert f"create role {role} login" in ROLES
    assert shutil.which("bash") is None or subprocess.run(["bash", "-n", str(ROOT / "deploy" / "postgres" / "10-roles.sh")], check=True)


def run_node(*arguments, **variables):
    """tools/elasticsearch/node.py, with a folder of its own."""
    tool = ROOT / "tools" / "elasticsearch" / "node.py"
    return subprocess.run([sys.executable, str(tool), *arguments], capture_output=True, text=True, timeout=60, env=variables)


def test_without_a_compiler_the_elasticsearch_of_the_tests_names_the_packages(tmp_path):
    result = run_node("start", PATH=str(tmp_path), PORTAL_VAR=str(tmp_path), ES_PORT="9700")
    assert result.returncode == 1
    assert "sudo apt install openjdk-17-jdk-headless maven" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_port_that_somebody_else_has_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        result = run_node("start", PATH=str(tmp_path), PORTAL_VAR=str(tmp_path), ES_PORT=str(other.getsockname()[1]))
    assert result.returncode == 1
    assert "is taken by another program" in result.stderr


def test_what_was_not_started_here_is_not_ended(tmp_path):
    """A remembered process whose number is another's by now."""
    other = subprocess.Popen(["sleep", "60"])
    try:
        (tmp_path / "elasticsearch").mkdir()
        (tmp_path / "elasticsearch" / "development.json").write_text(f'[{{"pid": {other.pid}, "began": 1.0, "port": 9700}}]')
        result = run_node("stop", PATH="/usr/bin:/bin", PORTAL_VAR=str(tmp_path))
        assert "0 ended" in result.stdout
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_the_suites_programs_are_those_that_the_elasticsearch_of_the_tests_needs():
    sys.path.append(str(ROOT / "tools"))
    needed = load("browser").NEEDED
    assert {program: needed.get(program) for program in ("javac", "mvn")} == {"javac": "openjdk-17-jdk-headless", "mvn": "maven"}
