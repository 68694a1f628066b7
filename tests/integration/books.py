"""What a gateway's metrics and log say of the requests it had."""

import re


class Books:
    """What the gateway's metrics and log say."""

    def __init__(self, gateway):
        self.text = gateway.request("GET", "/metrics").body.decode()

    def gauge(self, name):
        return int(re.search(rf"^smartroute_{name} (\d+)$", self.text, re.M).group(1))

    def count(self, name, **labels):
        total = 0
        for found, value in re.findall(rf"^smartroute_{name}\{{([^}}]*)\}} (\d+)$", self.text, re.M):
            if all(f'{label}="{text}"' in found for label, text in labels.items()):
                total += int(value)
        return total

    @property
    def requests(self):
        return self.count("requests_total", route="chat")


def ends_as(gateway, requests, attempts):
    """Waits for the record; then the outcomes of the requests and of the attempts, each with how often."""
    gateway.eventually(lambda: Books(gateway).requests == sum(requests.values()), "the request is recorded")
    books = Books(gateway)
    found = {outcome: books.count("requests_total", route="chat", outcome=outcome) for outcome in requests}
    tried = {key: books.count("attempts_total", provider=key[0], outcome=key[1]) for key in attempts}
    if (found, tried, books.count("attempts_total")) != (requests, attempts, sum(attempts.values())):
        raise AssertionError(f"{found} {tried}\n{books.text}")


def lines_of(gateway, request_id):
    return [line for line in gateway.stderr().splitlines() if f"id={request_id} " in line]


def line_of(gateway, request_id):
    gateway.eventually(lambda: lines_of(gateway, request_id), "the request's line is in the log")
    lines = lines_of(gateway, request_id)
    if len(lines) != 1:
        raise AssertionError(f"more than one line: {lines}")
    return lines[0]
