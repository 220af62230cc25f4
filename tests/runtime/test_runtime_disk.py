"""What the data takes on disk is measured and published."""

from pathlib import Path

from bot.runtime.disk import Disk, size
from bot.runtime.metrics import Metrics


async def test_what_is_kept_is_measured_and_published(tmp_path: Path) -> None:
    logs, database = tmp_path / "logs", tmp_path / "penstock.db"
    (logs / "x1/deep").mkdir(parents=True)
    for file in (logs / "x1/1.0", logs / "x1/deep/2.0", database):
        file.write_bytes(b"x" * 8192)
    (logs / "loop").symlink_to(logs)
    metrics = Metrics()
    disk = Disk({"logs": [logs], "database": [database, tmp_path / "penstock.db-wal"]}, metrics)
    await disk.once()

    assert _published(metrics, "penstock_logs_bytes") >= 2 * 8192
    assert _published(metrics, "penstock_logs_bytes") == size(logs), "a link is not followed"
    assert _published(metrics, "penstock_database_bytes") >= 8192
    (logs / "x1/1.0").unlink()
    before = _published(metrics, "penstock_logs_bytes")
    await disk.once()
    assert _published(metrics, "penstock_logs_bytes") < before


def _published(metrics: Metrics, name: str) -> float:
    [value] = [line.split()[1] for line in metrics.text().decode().splitlines() if line.startswith(f"{name} ")]
    return float(value)
