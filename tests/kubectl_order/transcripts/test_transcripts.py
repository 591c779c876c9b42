from pathlib import Path

import pytest

from tests.kubectl_order.transcripts import FOLDER, commands, played

FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_each_command_prints_this_to_the_letter(file: Path) -> None:
    assert played(file.read_text()) == file.read_text()


def test_every_command_is_in_a_transcript() -> None:
    from kubectl_order.cli.verbs import VERBS

    words = {word for file in FILES for each in commands(file.read_text()) for word in each.split()}
    assert set(VERBS) - words == set()
