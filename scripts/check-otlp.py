#!/usr/bin/env python3
"""Whether OTLP JSON is what OpenTelemetry's own definitions accept: check-otlp.py FILE... (lines of requests for logs).

Needs opentelemetry-proto from PyPI. google.protobuf's reader takes no member that the definitions do not have.
Exits with 1 when a line is refused.
"""

import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest


def main():
    status = 0
    for path in sys.argv[1:]:
        records = 0
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    request = json_format.Parse(line, ExportLogsServiceRequest(), ignore_unknown_fields=False)
                except json_format.ParseError as error:
                    print(f"{path}:{number}: {error}")
                    status = 1
                    continue
                for resource in request.resource_logs:
                    for scope in resource.scope_logs:
                        records += len(scope.log_records)
                        status = max(status, int(any(not log.time_unix_nano for log in scope.log_records)))
        print(f"{path}: {records} records")
    return status


if __name__ == "__main__":
    sys.exit(main())
