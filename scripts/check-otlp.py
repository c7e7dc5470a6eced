#!/usr/bin/env python3
"""Whether OTLP JSON is what OpenTelemetry's own definitions accept: check-otlp.py FILE...

Each line of a file is a request for /v1/traces, /v1/metrics or /v1/logs. Needs opentelemetry-proto from PyPI.
google.protobuf's reader takes no member that the definitions do not have; what it lets pass and collectors do not
(ids that are not hexadecimal or of another length, moments of nothing, spans that end before they begin, counts that do
not add up) is looked for here. Exits with 1 when a line is refused.
"""

import json
import re
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

REQUESTS = {
    "resourceSpans": ExportTraceServiceRequest,
    "resourceMetrics": ExportMetricsServiceRequest,
    "resourceLogs": ExportLogsServiceRequest,
}
# OTLP's JSON has ids in hexadecimal, where protobuf's own mapping has base64.
IDS = {"traceId": 32, "spanId": 16, "parentSpanId": 16}


def id_faults(value):
    """Ids anywhere in a document that are not as OTLP has them."""
    if isinstance(value, list):
        for element in value:
            yield from id_faults(element)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name in IDS and not re.fullmatch(f"[0-9a-f]{{{IDS[name]}}}", str(member)):
                yield f"{name} is {member!r}"
            elif name in IDS and not int(member, 16):
                yield f"{name} is nothing but zeros"
            else:
                yield from id_faults(member)


def without_ids(value):
    if isinstance(value, list):
        return [without_ids(element) for element in value]
    if isinstance(value, dict):
        return {name: without_ids(member) for name, member in value.items() if name not in IDS}
    return value


def span_faults(span):
    if not span.name or not span.start_time_unix_nano or span.end_time_unix_nano < span.start_time_unix_nano:
        yield f"span {span.name!r} has no name or no time"


def metric_faults(metric):
    points = list(metric.histogram.data_points) + list(metric.sum.data_points)
    if not points:
        yield f"metric {metric.name} has no data points"
    for point in points:
        if not point.start_time_unix_nano or point.time_unix_nano < point.start_time_unix_nano:
            yield f"metric {metric.name} has no time"
    for point in metric.histogram.data_points:
        bounds = list(point.explicit_bounds)
        if len(point.bucket_counts) != len(bounds) + 1 or sum(point.bucket_counts) != point.count:
            yield f"metric {metric.name}: counts do not add up"
        if bounds != sorted(set(bounds)):
            yield f"metric {metric.name}: bounds do not rise"
    for data in (metric.histogram, metric.sum):
        if data.data_points and not data.aggregation_temporality:
            yield f"metric {metric.name} has no temporality"


def log_faults(log):
    if not log.time_unix_nano:
        yield "a log record has no time"


def check(line):
    """What is wrong with a request, and how many items it has."""
    document = json.loads(line)
    kinds = [kind for kind in REQUESTS if kind in document]
    if len(kinds) != 1:
        return ["it is no request of OTLP"], 0
    faults = list(id_faults(document))
    try:
        request = json_format.ParseDict(without_ids(document), REQUESTS[kinds[0]](), ignore_unknown_fields=False)
    except json_format.ParseError as error:
        return faults + [str(error)], 0
    items = [
        (item, rule)
        for resources, scopes, name, rule in (
            ("resource_spans", "scope_spans", "spans", span_faults),
            ("resource_metrics", "scope_metrics", "metrics", metric_faults),
            ("resource_logs", "scope_logs", "log_records", log_faults),
        )
        for resource in getattr(request, resources, [])
        for scope in getattr(resource, scopes)
        for item in getattr(scope, name)
    ]
    for item, rule in items:
        faults += rule(item)
    return faults, len(items)


def main():
    status = 0
    for path in sys.argv[1:]:
        requests = items = 0
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                faults, count = check(line)
                requests += 1
                items += count
                for fault in faults:
                    print(f"{path}:{number}: {fault}")
                    status = 1
        print(f"{path}: {requests} requests, {items} items")
    return status


if __name__ == "__main__":
    sys.exit(main())
