"""The pages without a browser: what they say, whom they say it to, and what hostile input gets."""

import http.client
import json
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from ledger_app.domain.samples import sample_document
from tests.support.running_demo import RunningDemo

_BOUNDARY = "----origin-test"


class Page:
    """One answer."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def verdict(self) -> str:
        return re.search(r'data-verdict="(\w+)"', self.text)[1]  # type: ignore[index]


def fetch(demo: RunningDemo, method: str, path: str, body: bytes | None = None, **headers: str) -> Page:
    connection = http.client.HTTPConnection(urlsplit(demo.url).netloc, timeout=180)
    try:
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return Page(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def upload(demo: RunningDemo, content: bytes, name: str = "b.json", **more: str) -> Page:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode(),
        content,
        f"\r\n--{_BOUNDARY}--\r\n".encode(),
    ]
    kind = f"multipart/form-data; boundary={_BOUNDARY}"
    return fetch(demo, "POST", "/verify", b"".join(parts), Content_Type=kind, **more)


def asked(demo: RunningDemo, who: str | None = None, **fields: str) -> Page:
    headers = {"Content_Type": "application/x-www-form-urlencoded"}
    if who:
        headers["Cookie"] = f"origin_token={demo.tokens[who]}"
    return fetch(demo, "POST", "/verify", urlencode(fields).encode(), **headers)


@pytest.fixture(scope="module")
def issued(demo: RunningDemo, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A certificate of its own, with a name that must not come out as markup."""
    folder = tmp_path_factory.mktemp("web")
    document = sample_document(f"WEB-{secrets.token_hex(4)}", allowance=1)
    document["consignee"] = {**document["consignee"], "name": "<script>alert(1)</script> & Sons"}
    (folder / "c.json").write_text(json.dumps(document))
    answer = demo.json("certificate", "issue", str(folder / "c.json"))
    (certificate,) = answer["certificates"]
    demo.json("bundle", "create", document["number"], "-o", str(folder / "b.json"))
    return {**certificate, "bundle": (folder / "b.json").read_bytes(), "folder": folder}


def test_first_page_asks_nothing_of_other_hosts_and_runs_no_inline_code(demo: RunningDemo) -> None:
    page = fetch(demo, "GET", "/")
    assert page.status == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page.text)
    assert not re.findall(r"<script(?![^>]*src=)", page.text)
    assert not re.findall(r'\s(?:on\w+|style)="', page.text)
    for name in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
        found = fetch(demo, "GET", name)
        assert found.status == 200
        again = fetch(demo, "GET", name, If_None_Match=found.headers["etag"])
        assert again.status == 304


def test_every_input_has_a_label_and_the_page_its_language_and_headings(demo: RunningDemo) -> None:
    for path in ("/", "/sign-in"):
        text = fetch(demo, "GET", path).text
        assert '<html lang="en">' in text
        assert text.count("<h1>") == 1
        for field in re.findall(r"<input[^>]*>", text):
            name = re.search(r'id="(\w+)"', field)
            assert name is not None
            assert f'<label for="{name[1]}">' in text


def test_bundle_is_genuine_and_a_changed_one_is_not(demo: RunningDemo, issued: dict[str, Any]) -> None:
    good = upload(demo, issued["bundle"])
    assert (good.status, good.verdict) == (200, "GENUINE")
    forged = json.loads(issued["bundle"])
    forged["document"]["exporter"]["name"] = "Somebody Else"
    assert upload(demo, json.dumps(forged).encode()).verdict == "NOT_GENUINE"


def test_names_in_a_document_never_become_markup(demo: RunningDemo, issued: dict[str, Any]) -> None:
    page = fetch(demo, "GET", f"/c/{issued['leaf']}", Cookie=f"origin_token={demo.tokens['customs']}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons" in page.text
    assert "<script>alert" not in page.text


def test_stranger_sees_what_the_ledger_says_and_nothing_of_the_document(
    demo: RunningDemo, issued: dict[str, Any]
) -> None:
    page = fetch(demo, "GET", f"/c/{issued['leaf']}")
    assert page.status == 200
    assert page.verdict == "GENUINE"
    assert "Demo Chamber of International Commerce" in page.text
    for secret in (issued["number"], "Ningbo", "Sons", "vacuum", "MSKU1234565"):
        assert secret not in page.text


def test_page_carries_a_qr_code_that_leads_to_it(demo: RunningDemo, issued: dict[str, Any]) -> None:
    text = fetch(demo, "GET", f"/c/{issued['leaf']}").text
    svg = re.search(r"<svg.*?</svg>", text, re.DOTALL)
    assert svg is not None
    import segno

    expected = segno.make(f"{demo.url}/c/{issued['leaf']}", error="m", micro=False)
    drawn = re.search(r'<path[^>]* d="([^"]+)"', svg[0])
    assert drawn is not None
    import io

    out = io.BytesIO()
    expected.save(out, kind="svg", xmldecl=False, border=2, omitsize=True, nl=False)
    assert drawn[1] in out.getvalue().decode()


def test_number_needs_a_sign_in_and_a_digest_does_not(demo: RunningDemo, issued: dict[str, Any]) -> None:
    refused = asked(demo, number=issued["number"])
    assert refused.status == 401
    assert "SIGN_IN" in refused.text
    assert "Sign in on the page" in refused.text
    assert asked(demo, number=issued["digest"]).verdict == "GENUINE"
    assert asked(demo, "customs", number=issued["number"]).verdict == "GENUINE"
    unknown = asked(demo, "customs", number="NO-SUCH-NUMBER")
    assert unknown.verdict == "CANNOT_TELL"
    assert "NOT_FOUND" in unknown.text


def test_what_a_scanner_reads_from_a_qr_code_is_looked_up_by_its_hash(
    demo: RunningDemo, issued: dict[str, Any]
) -> None:
    for host in (demo.url, "https://elsewhere.example/base"):
        assert asked(demo, number=f" {host}/c/{issued['leaf']} ").verdict == "GENUINE"
    assert asked(demo, number=issued["leaf"]).verdict == "GENUINE"
    unknown = asked(demo, number=f"{demo.url}/c/0x{'ab' * 32}")
    assert (unknown.verdict, "NOT_FOUND" in unknown.text) == ("CANNOT_TELL", True)


def test_htmx_gets_only_the_part_that_changes(demo: RunningDemo, issued: dict[str, Any]) -> None:
    part = upload(demo, issued["bundle"], HX_Request="true")
    assert part.verdict == "GENUINE"
    assert "<html" not in part.text
    fault = upload(demo, b"", name="", HX_Request="true")
    assert fault.status == 200
    assert "What to do next" in fault.text


def test_sign_in_keeps_the_token_where_no_script_reads_it(demo: RunningDemo) -> None:
    body = urlencode({"token": demo.tokens["customs"]}).encode()
    kind = "application/x-www-form-urlencoded"
    page = fetch(demo, "POST", "/sign-in", body, Content_Type=kind)
    assert page.status == 303
    cookie = page.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    wrong = fetch(demo, "POST", "/sign-in", b"token=olt_wrong", Content_Type=kind)
    assert wrong.status == 401
    assert "set-cookie" not in wrong.headers
    elsewhere = fetch(demo, "POST", "/sign-in", body, Content_Type=kind, Sec_Fetch_Site="cross-site")
    assert elsewhere.status == 400
    assert "set-cookie" not in elsewhere.headers
    stale = fetch(demo, "GET", "/", Cookie="origin_token=olt_" + "x" * 43)
    assert stale.status == 200
    assert "Sign in" in stale.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 1000,
        b"not json",
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":1e400}',
        b'{"a":"\\ud800"}',
        b"[" * 1000,
        b'{"format":"origin-ledger/bundle/v9"}',
        b'{"format":"origin-ledger/bundle/v1","leaf":true}',
        b"\xff\xfe{}",
    ],
)
def test_hostile_upload_gets_words_and_a_reason(content: bytes, demo: RunningDemo) -> None:
    page = upload(demo, content)
    assert page.status < 500
    assert page.verdict == "CANNOT_TELL"
    assert re.search(r'<span class="code">[A-Z_]{4,}</span>', page.text)


def test_hostile_forms_are_refused_and_never_a_fault(demo: RunningDemo) -> None:
    cases: list[tuple[bytes, dict[str, str]]] = [
        (b"x" * 100, {"Content_Type": "multipart/form-data; boundary=zz"}),
        (b"", {"Content_Type": "multipart/form-data"}),
        (b"{}", {"Content_Type": "application/json"}),
        (b"number=" + b"9" * 5000, {"Content_Type": "application/x-www-form-urlencoded"}),
        (b"number=%00&at=nonsense", {"Content_Type": "application/x-www-form-urlencoded"}),
        (b"number=0x" + b"a" * 64 + b"&at=2026-13-99", {"Content_Type": "application/x-www-form-urlencoded"}),
        (b"a=1&" * 5000, {"Content_Type": "application/x-www-form-urlencoded"}),
    ]
    for body, headers in cases:
        page = fetch(demo, "POST", "/verify", body, **headers)
        assert 400 <= page.status < 500 or "data-verdict" in page.text, (body[:40], page.status)
    for path in (
        "/c/nothing",
        "/c/0x" + "0" * 64,
        "/c/%00",
        "/c/" + "a" * 300,
        "/static/..%2fpages.py",
        "/static/x",
    ):
        assert 400 <= fetch(demo, "GET", path).status < 500, path


def test_upload_beyond_the_bound_is_refused_before_it_is_read(demo: RunningDemo) -> None:
    page = fetch(
        demo,
        "POST",
        "/verify",
        b"x",
        Content_Type="multipart/form-data; boundary=z",
        Content_Length="209715200",
    )
    assert page.status == 413
    assert "<html" in page.text
    assert "Choose the bundle that came with the certificate" in page.text
    assert "Split" not in page.text


def test_a_file_beyond_the_bound_gets_words_in_the_page_that_sent_it(demo: RunningDemo) -> None:
    for size in (5 << 20, 10 << 20):
        page = upload(demo, b" " * size, HX_Request="true")
        assert "<html" not in page.text
        expected = "FILE_TOO_LARGE" if size > 9 << 20 else "JSON_SYNTAX"
        assert expected in page.text


def test_the_file_to_pass_on_is_given_to_those_who_may_read_it(
    demo: RunningDemo, issued: dict[str, Any]
) -> None:
    path = f"/c/{issued['leaf']}"
    for who in ("chamber", "customs", "exporter"):
        cookie = f"origin_token={demo.tokens[who]}"
        assert f'href="{path}/bundle"' in fetch(demo, "GET", path, Cookie=cookie).text, who
        file = fetch(demo, "GET", f"{path}/bundle", Cookie=cookie)
        assert file.status == 200
        assert file.headers["content-disposition"].startswith(f'attachment; filename="{issued["number"]}.')
        assert upload(demo, file.body).verdict == "GENUINE"
    for cookie in ("", f"origin_token={demo.tokens['carrier']}"):
        assert f"{path}/bundle" not in fetch(demo, "GET", path, Cookie=cookie).text
        refused = fetch(demo, "GET", f"{path}/bundle", Cookie=cookie)
        assert refused.status == 404
        assert "secret" not in refused.text
    assert fetch(demo, "GET", "/c/0x" + "0" * 64 + "/bundle").status == 404


def test_places_and_amounts_are_told_in_words(demo: RunningDemo) -> None:
    customs = f"origin_token={demo.tokens['customs']}"
    (known,) = demo.client("customs").get("/v1/certificates", number="DEMO-RCEP-0001")["certificates"]
    text = fetch(demo, "GET", f"/c/{known['leaf']}", Cookie=customs).text
    assert "Ningbo, China (CNNGB)" in text
    assert "Melbourne, Australia (AUMEL)" in text
    assert "4,200 pieces" in text
    assert "<dd>China (CN) – Australia (AU)</dd>" in text
    trader = fetch(demo, "GET", f"/c/{known['leaf']}", Cookie=f"origin_token={demo.tokens['trader']}").text
    assert "CNNGB" not in trader
    assert "Ningbo" not in trader


def test_vendored_files_come_with_their_licences() -> None:
    static = Path(__file__).resolve().parents[2] / "ledger_app" / "web" / "static"
    for name in ("htmx", "pico"):
        assert (static / f"{name}.LICENSE.txt").read_text().strip()


def searched(demo: RunningDemo, who: str | None, query: str = "") -> Page:
    if who is None:
        return fetch(demo, "GET", f"/certificates{query}")
    return fetch(demo, "GET", f"/certificates{query}", Cookie=f"origin_token={demo.tokens[who]}")


def test_search_is_for_those_who_are_signed_in(demo: RunningDemo) -> None:
    for query in ("", "/export"):
        page = searched(demo, None, query)
        assert (page.status, page.headers["location"]) == (303, "/sign-in")
    assert "DEMO-RCEP-0001" not in searched(demo, "trader").text
    assert "DEMO-RCEP-0001" in searched(demo, "customs", "?numberPrefix=DEMO-").text


def test_search_says_what_it_cannot_make_sense_of_and_keeps_what_was_typed(demo: RunningDemo) -> None:
    page = searched(demo, "chamber", "?hs=8&exporter=%3Cscript%3Ealert(1)%3C/script%3E")
    assert page.status == 400
    assert "HS_PREFIX_INVALID" in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "<script>alert" not in page.text
    assert searched(demo, "chamber", "?cursor=AAAA").status == 400


def test_every_field_of_the_search_has_a_label(demo: RunningDemo) -> None:
    text = searched(demo, "chamber").text
    fields = re.findall(r"<(?:input|select)[^>]*>", text)
    assert len(fields) >= 14
    for field in fields:
        name = re.search(r'id="(\w+)"', field)
        assert name is not None
        assert f'<label for="{name[1]}">' in text
