"""Wrong settings end a start with a sentence."""

import pytest
from pydantic import SecretStr

from services.rating_capture.settings import Settings as RatingCaptureSettings
from shared.settings import ArvioSettings, TokenSettings, read_settings


def test_what_the_environment_says_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARVIO_HTTP__PORT", "8123")

    assert read_settings(ArvioSettings).http.port == 8123


def test_every_wrong_variable_is_named_and_no_value_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARVIO_HTTP__PORT", "70000")
    monkeypatch.setenv("ARVIO_KAFKA__TOPIC", "no such variable")
    monkeypatch.setenv("ARVIO_TOKENS__SIGNING_SECRET", "too short")

    with pytest.raises(SystemExit) as ended:
        read_settings(RatingCaptureSettings)

    sentence = str(ended.value)
    assert "ARVIO_HTTP__PORT: Input should be less than or equal to 65535" in sentence
    assert "ARVIO_KAFKA__TOPIC" in sentence
    assert "ARVIO_TOKENS__SIGNING_SECRET" in sentence
    assert "too short" not in sentence
    assert "70000" not in sentence
    assert ended.value.__cause__ is None


def test_what_is_given_needs_no_variable() -> None:
    tokens = TokenSettings(signing_secret=SecretStr("a secret of these tests"))

    assert read_settings(RatingCaptureSettings, tokens=tokens).tokens == tokens


def test_what_has_no_default_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARVIO_TOKENS__SIGNING_SECRET", raising=False)

    with pytest.raises(SystemExit, match="ARVIO_TOKENS: Field required"):
        read_settings(RatingCaptureSettings)
