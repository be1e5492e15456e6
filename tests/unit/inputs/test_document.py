"""Documents: files that cannot be read, and the line of a key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.inputs.document import read_json, read_toml
from harness.inputs.problem import InputError, Problem

JSON = """{
  "family": "web",
  "containerDefinitions": [
    {"name": "app"},
    {
      "name": "log", "options": {
        "awslogs.group": "[x]: {",
        "awslogs": {"group": 1}
      }
    }
  ]
}
"""
TOML = """# A comment.
[app]
url = "https://x"
writable = [
  "/tmp",
]

[secrets."tickets/db"]
password = { generate = "hex" }

[[first_run]]
command = ["a"]
[[first_run]]
command = []
"""


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("family", 2),
        ("containerDefinitions[0].name", 4),
        ("containerDefinitions[1]", 5),
        ("containerDefinitions[1].options.awslogs.group", 7),
        ("containerDefinitions[1].image", 5),
        ("containerDefinitions[7].image", 3),
        ("cpu", 0),
        ("", 0),
    ],
)
def test_the_line_of_a_key_in_json(tmp_path: Path, key: str, line: int) -> None:
    assert read_json(written(tmp_path / "web.json", JSON)).line_of(key) == line


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("app", 2),
        ("app.url", 3),
        ("app.writable", 4),
        ("app.context", 2),
        ("secrets.tickets/db.password.generate", 9),
        ("first_run[1].command", 14),
        ("probe.secret", 0),
    ],
)
def test_the_line_of_a_key_in_toml(tmp_path: Path, key: str, line: int) -> None:
    assert read_toml(written(tmp_path / "cutover.toml", TOML)).line_of(key) == line


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "web.json"
    with pytest.raises(InputError) as caught:
        read_json(path)
    assert str(caught.value) == (
        f"{path}: does not exist\n"
        f"  where: {path}\n"
        "  what to do: create the file, or correct its path in cutover.toml"
    )


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ('{\n  "serviceName": "web",\n}\n', "is not JSON: ", 2),
        ("{\n  'family': 1}", "(line 2, column 3)", 2),
        ("[]", "holds a list, not a JSON object", 0),
        ("\n", "is empty", 0),
    ],
)
def test_text_that_is_no_json_object_is_named(
    tmp_path: Path, text: str, message: str, line: int
) -> None:
    path = written(tmp_path / "service.json", text)
    with pytest.raises(InputError) as caught:
        read_json(path)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.file == str(path)
    assert problem.line in (line, line + 1)  # Python's versions differ on a trailing comma
    assert problem.hint


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "web.json"
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(InputError, match="is not UTF-8"):
        read_json(path)


def test_a_file_of_powershell_is_read(tmp_path: Path) -> None:
    path, toml = tmp_path / "web.json", tmp_path / "cutover.toml"
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):  # the first begins with its mark
        path.write_bytes('{"a":\r\n"ä"}'.encode(encoding))
        assert read_json(path).data == {"a": "ä"}
        assert read_json(path).line_of("a") == 2
        toml.write_bytes("a = 1".encode(encoding))
        with pytest.raises(InputError, match="is UTF-16"):
            read_toml(toml)
    path.write_bytes(b'{"a": 1}' + '{"b": 2}'.encode("utf-16-le"))
    with pytest.raises(InputError, match="as PowerShell's >> appends it"):
        read_json(path)
    path.write_bytes('{"a": 1}'.encode("utf-16")[:-1])
    with pytest.raises(InputError, match="is not UTF-16: truncated data"):
        read_json(path)


def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "web.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    for name in ("web.json", "zero.json"):
        with pytest.raises(InputError, match="is a pipe or a device, and a file is expected"):
            read_json(tmp_path / name)


def test_nothing_is_raised_without_problems_and_each_problem_once(tmp_path: Path) -> None:
    document = read_json(written(tmp_path / "web.json", JSON))
    document.reject([])
    with pytest.raises(InputError) as caught:
        document.reject([Problem("family", "is wrong", "correct it")] * 2)
    assert caught.value.where == f"{document.path}:2: family"


@pytest.mark.parametrize("text", ['{"a": ' + "9" * 5000 + "}", "[" * 100_000])
def test_json_beyond_pythons_limits_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError, match="cannot be read as JSON"):
        read_json(path)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('{"a": {"cpu": "256",\n\n"cpu": "512"}}', 3, 'has "cpu" twice in one object'),
        (
            '{"a": {"a": ": }", "b": [{"a": 1}, {"a": 1}]},\n"a":1}',
            2,
            'has "a" twice in one object',
        ),
        (r'{"a\u0062": 1, "ab" : 1}', 1, 'has "ab" twice in one object'),
        ('{}\n{"a": 1,\n"a": 1}', 3, 'has "a" twice in one object'),
        ('{"a":\nNaN}', 2, "is not JSON: it has NaN"),
        ('{"a": [-Infinity]}', 1, "is not JSON: it has -Infinity"),
        (r'{"a": ["x\ud800"]}', 1, r'has the text "x\ud800", with a character that is none'),
        (r'{"x\u0000": 1}', 1, r'has the text "x\u0000", with a character that is none'),
    ],
)
def test_json_that_readers_take_in_different_ways_is_named(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_json(written(tmp_path / "a.json", text))
    (problem,) = caught.value.problems
    assert (problem.message, problem.line) == (said, line)


@pytest.mark.parametrize("text", [r'{"a": "\ud83d\ude00"}', r'{"a": "\\u0000"}', '{"a": 1e3}'])
def test_escapes_of_characters_are_read(tmp_path: Path, text: str) -> None:
    expected = ("\N{GRINNING FACE}", "\\u0000", 1000)
    assert read_json(written(tmp_path / "a.json", text)).data["a"] in expected


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("a = " + "9" * 5000, "cannot be read as TOML: ", "take the value out"),
        ("a = " + "[" * 5000 + "]" * 5000, "cannot be read as TOML: ", "take the value out"),
        ('{"app": {}}', "is not valid TOML: ", "write it as docs/configuration.md has it"),
        ("app:\n  url: a\n", "is not valid TOML: ", "correct that line"),
    ],
)
def test_toml_that_cannot_be_read_is_named(tmp_path: Path, text: str, said: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        read_toml(written(tmp_path / "cutover.toml", text))
    (problem,) = caught.value.problems
    assert problem.message.startswith(said)
    assert problem.hint.startswith(hint)


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(path).data == {"a": 1}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("web.yaml", "family: web\n", "is YAML, and JSON is expected"),
        ("web.yml", "containerDefinitions:\n  - name: a\n", "is a task definition in YAML, and"),
        ("ecs.tf", 'resource "aws_ecs_service" "a" {\n}\n', "is code of Terraform, and JSON is"),
        ("web.json", "{'family': 1}", "is not JSON: "),
        ("web.json", "---\n# web\nserviceName: web\n", "is YAML, and JSON is expected"),
        ("web.json", "-------\n|  A  |\n-------", "is a table of the AWS CLI, and JSON is"),
        ("web.json", "- services:\n  - serviceName: web\n", "is YAML, and JSON is expected"),
        ("web.json", "SERVICES\tarn:aws:ecs\tACTIVE\n", "is text of the AWS CLI, and JSON is"),
        ("web.json", "<!doctype html><html></html>", "is a page of HTML, and JSON is expected"),
        (
            "web.json",
            "version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
            "is a pointer of Git LFS, and JSON is expected",
        ),
        (
            "web.json",
            '{\n<<<<<<< HEAD\n"cpu": "512"\n=======\n"cpu": "256"\n>>>>>>> x\n}',
            "is a merge that is not finished, and JSON is expected",
        ),
        (
            "web.json",
            "\nAn error occurred (ExpiredToken) when calling the A operation: x",
            "is an error of the AWS CLI, and JSON is expected",
        ),
    ],
)
def test_a_file_in_another_language_is_called_by_its_name(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as caught:
        read_json(tmp_path / name)
    (problem,) = caught.value.problems
    assert problem.message.startswith(said)
    assert problem.hint
