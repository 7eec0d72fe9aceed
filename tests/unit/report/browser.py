"""Pages in headless Chromium, without a driver: a script in a copy of the page reports."""

import json
import re
import shutil
import subprocess
from html import unescape

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
           "--disable-background-networking", "--allow-file-access-from-files")  # fmt: skip
WATCH = """<script>
const blocked = [];
addEventListener("securitypolicyviolation", (event) => blocked.push(event.blockedURI));
</script>"""
REPORT = """<script>
addEventListener("load", () => setTimeout(async () => {
  const measured = await (async () => { %s })();
  parent.postMessage(JSON.stringify(measured), "*");
}, 100));
</script>"""
FRAME = """<!DOCTYPE html><html><body style="margin:0"><pre id="measured"></pre>
<script>addEventListener("message", (event) => {
  document.getElementById("measured").textContent = event.data;
});</script>
<iframe src="%s" width="%d" height="%d" style="border:0"></iframe></body></html>"""
LIMIT = 300  # s, on a loaded machine


def chromium(*arguments):
    """Run Chromium and return its output."""
    ran = subprocess.run(
        [CHROMIUM, *OPTIONS, *arguments], capture_output=True, timeout=LIMIT, check=True
    )
    return ran.stdout.decode("utf-8")


def measured(page, script, folder, width=1280, height=800):
    """What a script returns in a page of a width and a height in pixels.

    The page stands in a frame, as a window of Chromium has a least width. `blocked` holds the
    addresses that the page was not allowed to load.
    """
    page = page.replace("<head>", f"<head>{WATCH}", 1)
    copy = folder / "copy.html"
    copy.write_text(page.replace("</body>", REPORT % script + "</body>", 1), encoding="utf-8")
    frame = folder / "frame.html"
    frame.write_text(FRAME % (copy.name, width, height), encoding="utf-8")
    text = chromium("--window-size=1400,1000", "--virtual-time-budget=20000", "--dump-dom",
                    frame.as_uri())  # fmt: skip
    found = re.search(r'<pre id="measured">(.*?)</pre>', text, re.DOTALL)
    assert found and found[1], "the page did not report"
    return json.loads(unescape(found[1]))


def pages_printed(page, folder):
    """Number of pages of a PDF of a page."""
    source, pdf = folder / "printed.html", folder / "printed.pdf"
    source.write_text(page, encoding="utf-8")
    chromium("--no-pdf-header-footer", f"--print-to-pdf={pdf}", source.as_uri())
    return len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))
