"""Settings and their page."""

import subprocess
import sys
from pathlib import Path

import pytest

from avatar_foundry.service.settings import Settings, sql_url

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_fresh() -> None:
    assert subprocess.run([sys.executable, ROOT / "scripts/gen-settings", "--check"]).returncode == 0


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_postgresql_gets_the_driver_that_is_installed(scheme: str) -> None:
    assert sql_url(f"{scheme}://u:p@h/d", Path("x")) == "postgresql+psycopg://u:p@h/d"


def test_the_executors_name_stays_and_differs_between_folders(tmp_path: Path) -> None:
    first = Settings(data_dir=tmp_path / "a").executor("api")
    assert first == Settings(data_dir=tmp_path / "a").executor("api")
    assert first != Settings(data_dir=tmp_path / "b").executor("api")


def test_secrets_are_not_shown() -> None:
    assert "hunter2" not in repr(Settings(admin_key="hunter2", database_url="postgresql://u:hunter2@h/d"))  # type: ignore[arg-type]
