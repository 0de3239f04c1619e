from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from server.settings import Settings, SettingsError, env_example, load_settings, written
from tests.support.production import PRODUCTION, forget_environment, load, refusal

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    forget_environment(monkeypatch, tmp_path)


def test_the_example_file_lists_every_variable_with_its_default_and_its_description() -> None:
    fresh = "python -m server.settings > .env.example"
    assert (ROOT / ".env.example").read_text() == env_example(), f"write it anew with: {fresh}"


def test_every_setting_is_described_in_one_line() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert "\n" not in field.description, name
        assert field.description.endswith("."), name


def test_the_example_file_changes_nothing_when_it_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = load(monkeypatch, **PRODUCTION)
    Path(".env").write_text(env_example())
    assert load_settings() == plain


def test_development_mode_needs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, ENFILADE_DEV="true")
    assert settings.dev
    assert settings.database_url == "sqlite:///var/enfilade.db"
    assert settings.allowed_origins == ()
    assert len(settings.cursor_secret.get_secret_value()) >= 32
    assert len(settings.jwt_secret.get_secret_value()) >= 32


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "LOCALHOST"])
def test_development_mode_is_for_this_machine(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert load(monkeypatch, ENFILADE_DEV="true", HOST=host).host == host


OUTSIDE = ["0.0.0.0", "::", "192.168.1.7", "fe80::1", "localhost.example.org", "127.0.0.1.example.org", "127.1", " "]  # noqa: S104  these are refused


@pytest.mark.parametrize("host", OUTSIDE)
def test_development_mode_outside_it_must_be_wanted_in_words(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    message = refusal(monkeypatch, ENFILADE_DEV="true", HOST=host)
    assert message.startswith("HOST: must be 127.0.0.1, ::1 or localhost")
    assert "site admin" in message
    assert "ENFILADE_DEV_OUTSIDE_LOOPBACK=true" in message
    wanted = load(monkeypatch, ENFILADE_DEV="true", HOST=host, ENFILADE_DEV_OUTSIDE_LOOPBACK="true")
    assert wanted.host == host


@pytest.mark.parametrize("host", OUTSIDE)
def test_production_may_be_anywhere(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert load(monkeypatch, **PRODUCTION, HOST=host).host == host


def test_production_needs_secrets_issuer_and_audience_and_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch)
    for name in (*PRODUCTION, "ENFILADE_DEV"):
        assert name in message


@pytest.mark.parametrize("missing", PRODUCTION)
@pytest.mark.parametrize("value", ["", "default"])
def test_production_does_not_start_with_a_missing_or_well_known(
    monkeypatch: pytest.MonkeyPatch, missing: str, value: str
) -> None:
    known = written(Settings.model_fields[missing.removeprefix("ENFILADE_").lower()].default)
    message = refusal(monkeypatch, **PRODUCTION | {missing: known if value else ""})
    assert [name for name in PRODUCTION if name in message] == [missing]


def test_production_starts_with_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, **PRODUCTION)
    assert not settings.dev
    assert settings.jwt_issuer == "https://id.example.org"
    assert settings.cursor_secret.get_secret_value() == "c" * 32


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
@pytest.mark.parametrize("dev", ["true", "false"])
def test_public_key_algorithms_need_a_key_set(monkeypatch: pytest.MonkeyPatch, algorithm: str, dev: str) -> None:
    message = refusal(monkeypatch, **PRODUCTION, ENFILADE_JWT_ALGORITHM=algorithm, ENFILADE_DEV=dev)
    assert "ENFILADE_JWT_JWKS" in message
    assert algorithm in message


@pytest.mark.parametrize("source", ["https://id.example.org/jwks.json", "keys.json"])
def test_public_key_algorithms_need_no_token_secret(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    Path("keys.json").write_text("{}")
    needed = {name: value for name, value in PRODUCTION.items() if name != "ENFILADE_JWT_SECRET"}
    settings = load(monkeypatch, **needed, ENFILADE_JWT_ALGORITHM="RS256", ENFILADE_JWT_JWKS=source)
    assert settings.jwt_jwks == source


@pytest.mark.parametrize("name", ["ENFILADE_DEVV", "ENFILADE_JWT_ISUER", "enfilade_nonsense", "ENFILADE_DATABASE_URL"])
def test_a_mistyped_variable_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert name in refusal(monkeypatch, **PRODUCTION, **{name: "1"})


def test_a_mistyped_variable_in_the_file_is_an_error_with_a_suggestion() -> None:
    Path(".env").write_text("ENFILADE_DEV=true\nENFILADE_JWT_ISUER=x\n")
    with pytest.raises(
        SettingsError, match=r"ENFILADE_JWT_ISUER is not a setting\. Did you mean ENFILADE_JWT_ISSUER\?"
    ):
        load_settings()


def test_variables_of_others_are_no_concern(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("ENFILADE_DEV=true\nPOSTGRES_PASSWORD=x\n")
    assert load(monkeypatch, SOMETHING_ELSE="1").dev


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("ENFILADE_DEV=true\nPORT=1\nHOST=127.0.0.2\n")
    settings = load(monkeypatch, PORT="2")
    assert (settings.host, settings.port) == ("127.0.0.2", 2)


def test_the_file_reaches_nobody_who_makes_settings_directly() -> None:
    Path(".env").write_text("PORT=1\n")
    assert Settings(dev=True).port == 8000


def test_a_file_that_is_not_text_is_refused_in_words() -> None:
    Path(".env").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"\.env cannot be read"):
        load_settings()


@pytest.mark.parametrize("url", ["sqlite:///a.db", "postgres://u:p@host/db", "postgresql:///db?host=/run"])
def test_a_database_url_of_these_is_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert load(monkeypatch, ENFILADE_DEV="1", DATABASE_URL=url).database_url == url


@pytest.mark.parametrize(
    "url", ["mysql://u:sesame@host/db", "postgresql+asyncpg://u:sesame@host", "sqlite:///", "x.db"]
)
def test_any_other_database_url_is_refused_by_name_and_not_repeated(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    message = refusal(monkeypatch, ENFILADE_DEV="1", DATABASE_URL=url)
    assert message.startswith("DATABASE_URL: ")
    assert "sesame" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENFILADE_CURSOR_SECRET", "sesame"),
        ("ENFILADE_JWT_SECRET", "sesame" * 5),
        ("ENFILADE_JWT_ALGORITHM", "sesame"),
        ("ENFILADE_JWT_ALGORITHM", "none"),
        ("ENFILADE_JWT_JWKS", "sesame.json"),
        ("ENFILADE_JWT_LEEWAY_SECONDS", "6"),
        ("ENFILADE_TRUSTED_DOCUMENTS", "sesame.json"),
        ("ENFILADE_DOCUMENT_CACHE_MEBIBYTES", "0"),
        ("ENFILADE_ADMIN_SCOPE", "ses ame"),
        ("ENFILADE_STREAM_POLL_SECONDS", "0"),
        ("ENFILADE_STREAM_POLL_SECONDS", "inf"),
        ("ENFILADE_STREAM_RING_ENTRIES", "sesame"),
        ("ENFILADE_LOG_LEVEL", "sesame"),
        ("ENFILADE_DEV", "sesame"),
        ("REDIS_URL", "sesame://host"),
        ("PORT", "65536"),
    ],
)
def test_a_bad_value_is_refused_by_name_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    message = refusal(monkeypatch, **{"ENFILADE_DEV": "1", name: value})
    assert message.startswith(f"{name}: ")
    assert "sesame" not in message
    assert "pydantic" not in message


def test_all_bad_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, ENFILADE_DEV="1", PORT="x", ENFILADE_LOG_LEVEL="loud")
    assert [line.partition(":")[0] for line in message.splitlines()] == ["PORT", "ENFILADE_LOG_LEVEL"]


def test_only_trusted_documents_need_a_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, ENFILADE_DEV="1", ENFILADE_TRUSTED_DOCUMENTS_ONLY="true")
    assert message.startswith("ENFILADE_TRUSTED_DOCUMENTS: must be set")


def test_a_log_level_may_be_written_small(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, ENFILADE_DEV="1", ENFILADE_LOG_LEVEL="debug").log_level == "DEBUG"


def test_allowed_origins_are_separated_by_commas_and_written_as_browsers_do(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = "https://App.example.org:443, http://localhost:5173,,http://[::1]:80 "
    origins = load(monkeypatch, ENFILADE_DEV="1", ENFILADE_ALLOWED_ORIGINS=listed).allowed_origins
    assert origins == ("https://app.example.org", "http://localhost:5173", "http://[::1]")


@pytest.mark.parametrize(
    "origin",
    ["https://a.example/", "https://a.example/path", "a.example", "null", "https://u@a.example", "https://*.example"],
)
def test_an_allowed_origin_must_be_bare(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    listed = f"https://good.example,{origin}"
    message = refusal(monkeypatch, ENFILADE_DEV="1", ENFILADE_ALLOWED_ORIGINS=listed)
    assert message.startswith("ENFILADE_ALLOWED_ORIGINS: ")


def test_allowed_headers_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = load(monkeypatch, ENFILADE_DEV="1", ENFILADE_ALLOWED_HEADERS="X-School, x-trace,")
    assert listed.allowed_headers == ("x-school", "x-trace")
    assert "must be names of headers" in refusal(monkeypatch, ENFILADE_DEV="1", ENFILADE_ALLOWED_HEADERS="x school")


def test_every_origin_may_be_allowed_in_development_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, ENFILADE_DEV="1", ENFILADE_ALLOWED_ORIGINS="*").allowed_origins == ("*",)
    message = refusal(monkeypatch, **PRODUCTION, ENFILADE_DEV="0", ENFILADE_ALLOWED_ORIGINS="*")
    assert message.startswith("ENFILADE_ALLOWED_ORIGINS: ")


def test_secrets_are_not_shown_by_settings_or_their_errors() -> None:
    settings = Settings(
        dev=True,
        cursor_secret=SecretStr("sesame" * 6),
        jwt_secret=SecretStr("sesame" * 6),
        database_url="postgres://u:sesame@host/db",
        redis_url="redis://:sesame@host",
    )
    assert "sesame" not in repr(settings)
    with pytest.raises(ValidationError) as refused:
        Settings(dev=True, jwt_secret=SecretStr("sesame"), database_url="mysql://u:sesame@host")
    assert "sesame" not in str(refused.value)
