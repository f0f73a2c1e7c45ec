"""The pages in a real browser, with JavaScript and without: same verdicts, no request leaves the host."""

import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ledger_app.domain.samples import sample_document
from tests.support.running_demo import RunningDemo

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect, sync_playwright

_PATIENCE = 120_000  # milliseconds: a busy machine answers late, and that is no fault of the page
expect.set_options(timeout=_PATIENCE)

_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(_CHROMIUM is None, reason="no chromium on this machine")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def bundle(demo: RunningDemo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    document = sample_document(f"BROWSER-{secrets.token_hex(4)}")
    (folder / "c.json").write_text(json.dumps(document))
    demo.json("certificate", "issue", str(folder / "c.json"))
    demo.json("bundle", "create", document["number"], "-o", str(folder / "b.json"))
    return folder / "b.json"


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, browser: Browser, demo: RunningDemo) -> Iterator[Page]:
    """A page that must ask nothing of another host and must complain of nothing."""
    context = browser.new_context(java_script_enabled=request.param, viewport={"width": 390, "height": 844})
    context.set_default_timeout(_PATIENCE)
    opened = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    opened.on("request", lambda r: asked.append(r.url))
    opened.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    opened.on("pageerror", lambda e: complaints.append(str(e)))
    yield opened
    context.close()
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith("data:")}
    assert hosts <= {urlsplit(demo.url).netloc}
    assert complaints == []


def _verdict(page: Page) -> tuple[Any, Any]:
    page.wait_for_selector("[data-verdict]")
    found = page.locator("[data-verdict]").first
    return found.get_attribute("data-verdict"), found.get_attribute("data-standing")


def test_file_is_verified_in_words(page: Page, demo: RunningDemo, bundle: Path) -> None:
    page.goto(demo.url)
    page.get_by_label("The certificate's file").set_input_files(bundle)
    page.get_by_role("button", name="Verify").click()
    assert _verdict(page) == ("GENUINE", "good")
    expect(page.get_by_role("heading", name="Genuine")).to_be_visible()
    top = "document.querySelector('#verdict').getBoundingClientRect().top"
    page.wait_for_function(f"0 <= {top} && {top} < innerHeight")
    box = page.locator("main").bounding_box()
    assert box is not None
    assert box["width"] <= 390


def test_altered_file_is_not_genuine(page: Page, demo: RunningDemo, bundle: Path, tmp_path: Path) -> None:
    altered = json.loads(bundle.read_bytes())
    altered["document"]["items"][0]["description"] = "Gold bars"
    (tmp_path / "altered.json").write_text(json.dumps(altered))
    page.goto(demo.url)
    page.get_by_label("The certificate's file").set_input_files(tmp_path / "altered.json")
    page.get_by_role("button", name="Verify").click()
    assert _verdict(page)[0] == "NOT_GENUINE"


def test_customs_signs_in_looks_up_a_number_and_follows_the_goods(page: Page, demo: RunningDemo) -> None:
    page.goto(demo.url)
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_label("Access token").fill(demo.tokens["customs"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Its number or digest").fill("DEMO-RCEP-0001")
    page.get_by_role("button", name="Verify").click()
    assert _verdict(page) == ("GENUINE", "good")
    page.get_by_role("link", name="This certificate's page").click()
    expect(page.get_by_role("heading", name="Certificate DEMO-RCEP-0001")).to_be_visible()
    expect(page.locator("svg").first).to_be_visible()
    expect(page.locator("ol.timeline li")).to_have_count(5)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def test_chamber_searches_its_certificates_and_takes_the_file(page: Page, demo: RunningDemo) -> None:
    page.goto(f"{demo.url}/certificates")
    page.get_by_label("Access token").fill(demo.tokens["chamber"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Certificates").click()
    page.get_by_label("Number").fill("DEMO-RCEP-")
    page.get_by_label("Standing").select_option("good")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="1 certificate")).to_be_visible()
    expect(page.get_by_role("cell", name="good")).to_be_visible()
    box = page.get_by_role("button", name="Search").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    with page.expect_download() as taken:
        page.get_by_role("link", name="All of them as CSV").click()
    assert b"DEMO-RCEP-0001" in Path(taken.value.path()).read_bytes()
    page.get_by_label("Standing").select_option("revoked")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("No certificate that you may read meets all of this.")).to_be_visible()
    page.get_by_label("Standing").select_option("")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="DEMO-RCEP-0001").click()
    expect(page.get_by_role("heading", name="Certificate DEMO-RCEP-0001")).to_be_visible()
