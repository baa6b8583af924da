"""`candid serve` as a person runs it, for tests: its own process, its own folder."""

import json
import os
import signal
import subprocess
import sys

# Past these the command hangs; nothing here is measured.
START_S, STOP_S = 120, 60


def command(*arguments):
    """Return the command line of `candid serve`."""
    return [sys.executable, "-m", "candid", "serve", *arguments]


def bare_environment(home):
    """Return an environment in which no setting counts but the folder."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CANDID_")}
    own.pop("DJANGO_SETTINGS_MODULE", None)
    return own | {"CANDID_HOME": str(home)}


class Studio:
    """A studio that was started, and the addresses that it printed."""

    def __init__(self, environment, *options):
        self.environment, self.options = environment, options
        self.process = subprocess.Popen(
            command("--port", "0", "--json", *options),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        document = ""
        while not document.endswith("\n}\n"):
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            document += line
        self.addresses = {one["whom"]: one["address"] for one in json.loads(document)["addresses"]}

    def stop(self, number=signal.SIGTERM):
        """Send a signal; return exit code, stdout and stderr."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=STOP_S)
        return self.process.returncode, out, err

    def close(self):
        """End it whatever became of the test; one that was stopped stays as it is."""
        with self.process:
            self.process.kill()


def refusal(environment, *arguments):
    """Run the command, which must fail; return the one line that says why."""
    done = subprocess.run(
        command(*arguments), env=environment, capture_output=True, text=True, timeout=START_S
    )
    assert done.returncode == 1, (done.stdout, done.stderr)
    [line] = done.stderr.strip().splitlines()
    return line
