"""Signed webhooks at a rate that changes, posted by a process of its own: `load.py URL SECRET NUMBER WABA RUN`.

It reads rates from its input, a line each, and at its end prints how many webhooks were answered 200 and how many were not.
"""

import hashlib
import hmac
import json
import socket
import sys
import threading
import time
from urllib.parse import urlparse

SENDERS = 8
CUSTOMERS = 2_000


class Load:
    """What is posted, and how fast."""

    def __init__(self, url, secret, number, waba, run):
        self.address = urlparse(url)
        self.secret, self.number, self.waba, self.run_id = secret.encode(), number, waba, run
        self.rate, self.next, self.posted = 0.0, 0.0, 0
        self.accepted = self.refused = 0
        self.lock = threading.Lock()

    def take(self):
        """The number of the next webhook, once it is due; none at the end."""
        while True:
            with self.lock:
                if self.rate < 0:
                    return None
                now = time.monotonic()
                if self.rate == 0:
                    self.next = now
                elif self.next <= now:
                    # A sender that was late does not make up for more than a second.
                    self.next = max(self.next, now - 1) + 1 / self.rate
                    self.posted += 1
                    return self.posted
                wait = min(max(self.next - now, 0.0005), 0.05)
            time.sleep(wait)

    def request(self, number):
        """A webhook that nobody else posts."""
        customer = f"8490{number % CUSTOMERS:07}"
        message = {"from": customer, "id": f"wamid.{self.run_id}.{number:08}", "timestamp": str(int(time.time())),
                   "type": "text", "text": {"body": f"message {number} " + "and so on " * 20}}
        value = {"messaging_product": "whatsapp", "contacts": [{"wa_id": customer, "profile": {"name": f"Customer {customer}"}}],
                 "metadata": {"display_phone_number": "15550001111", "phone_number_id": self.number}, "messages": [message]}
        entry = {"id": self.waba, "changes": [{"field": "messages", "value": value}]}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
        signature = hmac.new(self.secret, body, hashlib.sha256).hexdigest()
        head = (f"POST /api/v1/whatsapp/webhooks HTTP/1.1\r\nhost: {self.address.netloc}\r\ncontent-type: application/json\r\n"
                f"x-hub-signature-256: sha256={signature}\r\ncontent-length: {len(body)}\r\n\r\n")
        return head.encode() + body

    def send(self):
        """Posts one after the other on a connection that stays."""
        connection = None
        while (number := self.take()) is not None:
            request = self.request(number)
            # What was not answered is posted again, as the platform does.
            while True:
                try:
                    if connection is None:
                        connection = socket.create_connection((self.address.hostname, self.address.port), 10)
                    connection.sendall(request)
                    accepted = connection.recv(4096).startswith(b"HTTP/1.1 200")
                except OSError:
                    accepted, connection = False, None
                with self.lock:
                    self.accepted += accepted
                    self.refused += not accepted
                if accepted:
                    break
                time.sleep(0.2)

    def run(self, rates):
        """Posts until there are no more rates."""
        senders = [threading.Thread(target=self.send) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        for line in rates:
            with self.lock:
                self.rate = float(line)
                self.next = time.monotonic()
        with self.lock:
            self.rate = -1
        for sender in senders:
            sender.join()
        print(json.dumps({"accepted": self.accepted, "refused": self.refused}))


if __name__ == "__main__":
    Load(*sys.argv[1:6]).run(sys.stdin)
