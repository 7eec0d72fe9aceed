"""The page on importing observations: every command runs, and its output is as shown."""

import re
import shlex
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[min(3, len(Path(__file__).resolve().parents) - 1)] / (
    "docs/import-observations.md"
)
SITES = "id,latitude,longitude\nIT-BFt,45.2,10.74\nDK-Gds,55.1,9.3\n"  # positions are rounded


def blocks(text, language):
    """Code of the blocks of a language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [code for name, code in found if name == language]


def commands(text):
    """Words of the commands of the page, in order."""
    for code in blocks(text, "sh"):
        for line in code.splitlines():
            words = shlex.split(line)
            if words[:2] == ["ccdas", "data"]:
                yield words[1:]


@pytest.mark.skipif(not PAGE.is_file(), reason="the page is in the repository")
def test_the_commands_of_the_page_run_as_shown(products, ccdas, tmp_path, monkeypatch):
    for path in products.rglob("*"):
        link = tmp_path / path.name
        if path.is_file() and not link.exists():
            link.symlink_to(path)
    for folder in (
        products / "ismn",
        *products.glob("*/SMOSL3_v339_ASC"),
        *products.glob("*/SMAP_V9*"),
    ):
        if not (tmp_path / folder.name).exists():
            (tmp_path / folder.name).symlink_to(folder)
    (tmp_path / "sites.csv").write_text(SITES)
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    said = ""
    for words in commands(text):
        code, output, error = ccdas(*words)
        assert code == 0, f"{' '.join(words)}: {error}"
        said += output
    (shown,) = blocks(text, "")
    assert shown in said
