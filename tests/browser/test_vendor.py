import hashlib
import json

from tests.browser.pages import BROWSER, ROOT

VENDOR = BROWSER / "vendor"


def test_libraries_of_others_are_what_was_pinned() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    told = {name: digest for digest, name in (line.split() for line in lines)}
    kept = {path.name for path in VENDOR.iterdir()} - {"SHA256SUMS", "mediabunny.min.d.mts"}
    assert set(told) == kept
    for name, digest in told.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest


def test_the_lock_names_no_registry_and_every_package_has_its_hash() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert packages
    assert all("integrity" in each and "resolved" not in each for each in packages.values())
