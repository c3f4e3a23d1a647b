"""Firefox and WebKit for tests, by WebDriver alone: open a page, ask it, click, drag and type.

Debian's packages are enough: `firefox-esr` speaks WebDriver BiDi by itself (https://w3c.github.io/webdriver-bidi/);
`webkit2gtk-driver` speaks the older WebDriver (https://w3c.github.io/webdriver/) and opens the small browser that
comes with WebKit's library, which needs a screen: `xvfb`.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import websocket

WAIT = 60  # seconds, for a busy machine
KEYS = {
    name: chr(0xE000 + code)
    for name, code in {
        "Tab": 0x04,
        "Enter": 0x06,
        "Shift": 0x08,
        "End": 0x10,
        "Home": 0x11,
        "ArrowLeft": 0x12,
        "ArrowUp": 0x13,
        "ArrowRight": 0x14,
        "ArrowDown": 0x15,
    }.items()
}
# Nothing outside this machine is asked for, and no first page opens.
FIREFOX = {
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "browser.startup.page": 0,
    "browser.aboutwelcome.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "nimbus.rollouts.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


class Driver:
    """What both browsers do in the same way. `perform` takes WebDriver's actions, `evaluate` returns a string."""

    def ask(self, expression):
        """Return what an expression is in the page."""
        return json.loads(self.evaluate(f"JSON.stringify(({expression}) ?? null)"))

    def wait(self, expression):
        """Wait until an expression is true in the page, and return it."""
        until = time.monotonic() + WAIT
        while not (found := self.ask(f"(found => found instanceof Node || found)({expression})")):
            assert time.monotonic() < until, f"{self.name} waits in vain for {expression}"
            time.sleep(0.1)
        return found

    def press(self, *keys):
        """Press keys one after another; `Shift+ArrowUp` holds the first."""
        for key in keys:
            codes = [KEYS.get(part, part) for part in key.split("+")]
            down = [{"type": "keyDown", "value": code} for code in codes]
            up = [{"type": "keyUp", "value": code} for code in reversed(codes)]
            self.perform([{"type": "key", "id": "keys", "actions": down + up}])

    def click(self, selector):
        """Click the middle of what a selector finds."""
        self.drag(selector, [(0.5, 0.5)])

    def drag(self, selector, way):
        """Press the mouse on an element and move it along places in it, each from 0 to 1 to the right and down."""
        place = json.dumps(selector)
        x, y, wide, high = self.ask(
            f"""(() => {{ const e = document.querySelector({place}); e.scrollIntoView({{ block: "center",
            behavior: "instant" }}); const {{ x, y, width, height }} = e.getBoundingClientRect();
            return [x, y, width, height]; }})()"""
        )
        moves = [
            {"type": "pointerMove", "duration": 0, "x": int(x + u * wide), "y": int(y + v * high)}
            for u, v in way
        ]
        moves.insert(1, {"type": "pointerDown", "button": 0})
        moves.append({"type": "pointerUp", "button": 0})
        mouse = {"pointerType": "mouse"}
        self.perform([{"type": "pointer", "id": "mouse", "parameters": mouse, "actions": moves}])


class Firefox(Driver):
    """Debian's firefox-esr, without a window."""

    name = "firefox"

    def __init__(self, folder):
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in FIREFOX.items()]
        (folder / "user.js").write_text("\n".join(lines), encoding="utf-8")
        options = ("--headless", "--no-remote", "--profile", folder, "--remote-debugging-port", "0")
        self.log = folder / "log.txt"
        with self.log.open("wb") as log:
            env = os.environ | {"HOME": str(folder)}
            self.process = subprocess.Popen([self.program(), *options], stderr=log, stdout=log, env=env)
        self.errors, self.number = [], 0
        self.socket = websocket.create_connection(
            f"{self.listening()}/session", timeout=WAIT, suppress_origin=True
        )
        self.say("session.new", capabilities={})
        self.say("session.subscribe", events=["log.entryAdded"])
        # The first tab of a window that nobody sees has no focus, so that Enter would press no button.
        self.context = self.say("browsingContext.create", type="tab")["context"]

    @staticmethod
    def program():
        return shutil.which("firefox-esr")  # others may be packed so that they see no folder of ours

    @classmethod
    def missing(cls):
        return None if cls.program() else "no firefox: Debian's package is called firefox-esr"

    def listening(self):
        """Return the address that Firefox says it listens on."""
        until = time.monotonic() + WAIT
        while True:
            _, _, rest = self.log.read_text(encoding="utf-8").partition("WebDriver BiDi listening on ")
            if "\n" in rest:
                return rest.split()[0]
            assert time.monotonic() < until and self.process.poll() is None, "firefox does not start"
            time.sleep(0.1)

    def say(self, method, **params):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != self.number:
            entry = answer["params"]  # of the log, the one thing that is told unasked
            if entry["level"] == "error":
                self.errors.append(entry["text"])
        assert answer["type"] == "success", answer
        return answer["result"]

    def open(self, address):
        self.say("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def evaluate(self, expression):
        found = self.say(
            "script.evaluate", expression=expression, target={"context": self.context}, awaitPromise=False
        )
        assert found["type"] == "success", found["exceptionDetails"]["text"]
        return found["result"]["value"]

    def perform(self, actions):
        self.say("input.performActions", context=self.context, actions=actions)

    def close(self):
        try:
            self.say("browser.close")
            self.process.wait(WAIT)
        finally:
            self.process.kill()


class WebKit(Driver):
    """The small browser of Debian's WebKit for GTK, on a screen that nobody sees."""

    name = "webkit"

    def __init__(self, folder):
        screen = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
        self.screen = subprocess.Popen(screen, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        display = f":{self.screen.stdout.readline().strip()}"
        self.errors, self.port, self.session = [], free_port(), ""
        env = os.environ | {"DISPLAY": display, "HOME": str(folder), "GDK_BACKEND": "x11"}
        with (folder / "log.txt").open("wb") as log:
            command = ["WebKitWebDriver", f"--port={self.port}"]
            self.process = subprocess.Popen(command, stderr=log, stdout=log, env=env)
        until = time.monotonic() + WAIT
        while not self.is_up():
            assert time.monotonic() < until and self.process.poll() is None, "WebKitWebDriver does not start"
            time.sleep(0.1)
        browser = {"binary": str(self.program()), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": browser}}}
        self.session = f"/session/{self.say('POST', '/session', wanted)['sessionId']}"

    @staticmethod
    def program():
        return next(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"), None)

    @classmethod
    def missing(cls):
        there = cls.program() and shutil.which("WebKitWebDriver") and shutil.which("Xvfb")
        return None if there else "no WebKit: Debian's packages are called webkit2gtk-driver and xvfb"

    def is_up(self):
        try:
            return self.say("GET", "/status")["ready"]
        except ConnectionError:
            return False

    def say(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)
        connection.request(method, self.session + path, json.dumps(body) if body else None)
        answer = connection.getresponse()
        value = json.loads(answer.read())["value"]
        connection.close()
        assert answer.status == 200, value
        return value

    def open(self, address):
        self.say("POST", "/url", {"url": address})

    def evaluate(self, expression):
        return self.say("POST", "/execute/sync", {"script": f"return {expression}", "args": []})

    def perform(self, actions):
        self.say("POST", "/actions", {"actions": actions})

    def close(self):
        try:
            if self.session:
                self.say("DELETE", "")
        finally:
            for process in (self.process, self.screen):
                process.terminate()
                process.wait(WAIT)


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]
