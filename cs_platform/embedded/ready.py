"""Ask the web process whether it is ready: `python -m cs_platform.embedded.ready [PORT]` is its health check."""

import http.client
import os
import sys
from urllib.parse import urlsplit


def ready(port: int) -> tuple[bool, str]:
    """The answer of /readyz, asked for under the public name, since other names are refused."""
    host = urlsplit(os.environ.get("BASE_URL", "")).netloc or "localhost"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        answer = connection.getresponse()
        return answer.status == 200, f"{answer.status} {answer.read(2000).decode(errors='replace')}"
    except (OSError, http.client.HTTPException) as error:
        return False, str(error)
    finally:
        connection.close()


if __name__ == "__main__":
    good, said = ready(int(sys.argv[1]) if sys.argv[1:] else 8000)
    print(said)
    sys.exit(not good)
