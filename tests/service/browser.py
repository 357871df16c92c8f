"""A headless Chromium over the WebDriver protocol: just enough to use the pages as a reader does."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WAIT_S = 60
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


class Browser:
    """One window."""

    def __init__(self, session: str) -> None:
        self._session = session

    def open(self, url: str) -> None:
        """Load an address from nothing, even where only its fragment differs."""
        self._post("url", {"url": "about:blank"})
        self._post("url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """Give what a script returns."""
        return self._post("execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script: str) -> Any:
        """Give the value of an expression once it is true."""
        deadline = time.monotonic() + WAIT_S
        while not (value := self.run(f"return {script}")):
            assert time.monotonic() < deadline, f"never came true: {script}\n{self.text('main')}"
            time.sleep(0.05)
        return value

    def text(self, selector: str) -> str:
        """Give the text of an element as it is shown."""
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))

    def type(self, selector: str, text: str) -> None:
        """Type into a field."""
        self._post(f"element/{self._find(selector)}/value", {"text": text})

    def click(self, selector: str) -> None:
        """Click what is shown."""
        self._post(f"element/{self._find(selector)}/click", {})

    def resize(self, width: int, height: int) -> None:
        """Show the page as a screen of this size would."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)

    def devtools(self, command: str, parameters: dict[str, Any]) -> Any:
        """Send a command of Chromium's own."""
        return self._post("goog/cdp/execute", {"cmd": command, "params": parameters})

    def complaints(self) -> list[str]:
        """Give what the console said since the last call, as when the policy refused something."""
        return [str(entry["message"]) for entry in self._post("se/log", {"type": "browser"})]

    def screenshot(self) -> bytes:
        """Give what is shown as a PNG."""
        return base64.b64decode(_call("GET", f"{self._session}/screenshot"))

    def _find(self, selector: str) -> str:
        found = self._post("element", {"using": "css selector", "value": selector})
        return str(found[_ELEMENT])

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return _call("POST", f"{self._session}/{path}", body)


@contextmanager
def opened(driver: str) -> Iterator[Browser]:
    """Start a browser by its driver and close it at the end."""
    with subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            started = next(
                found for line in process.stdout if (found := re.search(r"successfully on port (\d+)", line))
            )
            base = f"http://127.0.0.1:{started.group(1)}/session"
            wanted = {
                "goog:chromeOptions": {"args": list(_ARGUMENTS)},
                "goog:loggingPrefs": {"browser": "ALL"},
            }
            session = _call("POST", base, {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
            try:
                yield Browser(f"{base}/{session}")
            finally:
                _call("DELETE", f"{base}/{session}")
        finally:
            process.terminate()


def _call(method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=2 * WAIT_S) as response:
        return json.load(response)["value"]
