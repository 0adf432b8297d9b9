# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
"""Cairn and the two TensorFlows as processes that do the same jobs (peer.cc
says which)."""

import json
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


class Died(Exception):
    """The process ended in the middle of a job."""


class Peer:
    """A process, started when first asked and again after it died."""

    def __init__(self, name, command):
        self.name = name
        self.command = [str(word) for word in command]
        self.process = None
        self.log = tempfile.TemporaryFile("w+", errors="replace")
        self.deaths = 0

    def ask(self, jobs):
        """The results of all jobs, in their order. Raises Died."""
        if self.process is None:
            self.log.seek(0)
            self.log.truncate()
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self.log, text=True)
        try:
            self.process.stdin.write(json.dumps(jobs) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            status = self.process.wait()
            self.process = None
            self.deaths += 1
            self.log.seek(0)
            raise Died(f"{self.name}: exit {status}\n{self.log.read()[-3000:]}")
        return json.loads(answer)

    def ask_one(self, job):
        """The result; that it died is one, too."""
        try:
            return self.ask([job])[0]
        except Died as death:
            return {"died": str(death)}

    def must(self, jobs):
        """ask, but an error fails the test."""
        results = self.ask(jobs)
        for job, result in zip(jobs, results):
            assert "error" not in result, (
                f"{self.name}: {job['do']} {job.get('prefix')}: "
                f"{result['error']['type']}: {result['error']['text']}")
        return results

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process = None
