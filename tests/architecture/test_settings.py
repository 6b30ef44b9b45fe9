"""Every variable has a sentence, and `.env.example` is what the classes say."""

from pathlib import Path

from tests.contract.environment import env_example, variables

ROOT = Path(__file__).parents[2]


def test_every_variable_has_a_sentence() -> None:
    silent = [name for name, (_section, sentence, _default) in variables().items() if not sentence]

    assert silent == []


def test_the_example_is_what_the_classes_say() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == env_example(), "make schemas"


def test_secrets_have_no_default() -> None:
    for name, (_section, _sentence, default) in variables().items():
        if name.endswith(("_SECRET", "_PASSWORD", "_TOKEN")):
            assert default == "", name
