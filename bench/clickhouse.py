"""Asks ClickHouse's engine (the package chdb) what `store-load` asked the trace store, of the same spans.

The spans come out of the store's own Parquet segments into the schema of OpenTelemetry's ClickHouse exporter. Prints both
figures beside each other.

usage: clickhouse.py <folder of store-load>
"""

import json
import statistics
import sys
import time
from pathlib import Path

from chdb import session

ROUNDS = 9

TABLE = """
CREATE TABLE otel_traces (
    Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    ParentSpanId String CODEC(ZSTD(1)),
    TraceState String CODEC(ZSTD(1)),
    SpanName LowCardinality(String) CODEC(ZSTD(1)),
    SpanKind LowCardinality(String) CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    Duration UInt64 CODEC(ZSTD(1)),
    StatusCode LowCardinality(String) CODEC(ZSTD(1)),
    StatusMessage String CODEC(ZSTD(1)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_duration Duration TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))
SETTINGS ttl_only_drop_parts = 1
"""

LOOKUP = """
CREATE TABLE otel_traces_trace_id_ts (
    TraceId String CODEC(ZSTD(1)),
    Start DateTime CODEC(Delta, ZSTD(1)),
    End DateTime CODEC(Delta, ZSTD(1)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(Start)
ORDER BY (TraceId, Start)
"""

# Columns of the segments that have a column of their own in the exporter's schema, or none at all.
NOT_ATTRIBUTES = {
    "time", "samplerate", "meta.duration_bucket", "meta.overflow", "meta.signal_type", "meta.annotation_type",
    "trace.trace_id", "trace.span_id", "trace.parent_id", "trace.link.trace_id", "trace.link.span_id", "name",
    "service.name", "service.version", "host.name", "duration_ms", "span.kind", "type", "status_code", "status_message",
    "error", "library.name", "library.version", "span.num_events", "span.num_links",
}  # fmt: skip


def attributes(names):
    pairs = ", ".join(f"'{name}', ifNull(toString(`{name}`), '')" for name in names)
    return f"mapFilter((k, v) -> v != '', map({pairs}))"


def load(engine, segments):
    source = f"file('{segments}', Parquet)"
    described = engine.query(f"DESCRIBE TABLE {source} FORMAT JSONCompact SETTINGS schema_inference_mode = 'union'")
    names = [row[0] for row in json.loads(described.bytes())["data"]]
    spans = [name for name in names if name not in NOT_ATTRIBUTES]
    engine.query(TABLE)
    engine.query(LOOKUP)
    engine.query(
        f"""
        INSERT INTO otel_traces SELECT
            `time`, lower(hex(`trace.trace_id`)), lower(hex(`trace.span_id`)), lower(hex(ifNull(`trace.parent_id`, ''))), '',
            `name`, `span.kind`, `service.name`, {attributes(["service.name", "service.version", "host.name"])},
            ifNull(`library.name`, ''), '', {attributes(spans)}, toUInt64(round(`duration_ms` * 1e6)),
            multiIf(`status_code` = 2, 'Error', `status_code` = 1, 'Ok', 'Unset'), ifNull(`status_message`, '')
        FROM {source}
        SETTINGS schema_inference_mode = 'union', input_format_parquet_allow_missing_columns = 1
        """
    )
    engine.query(
        "INSERT INTO otel_traces_trace_id_ts SELECT TraceId, min(Timestamp), max(Timestamp) FROM otel_traces GROUP BY TraceId"
    )
    for table in ["otel_traces", "otel_traces_trace_id_ts"]:
        engine.query(f"OPTIMIZE TABLE {table} FINAL")


def questions(trace_id):
    return {
        "by trace id": f"""
            WITH '{trace_id}' AS id,
                (SELECT min(Start) FROM otel_traces_trace_id_ts WHERE TraceId = id) AS start,
                (SELECT max(End) + 1 FROM otel_traces_trace_id_ts WHERE TraceId = id) AS end
            SELECT * FROM otel_traces WHERE TraceId = id AND Timestamp >= start AND Timestamp <= end""",
        "newest roots": """
            SELECT TraceId, SpanName, ServiceName, Timestamp, Duration FROM otel_traces
            WHERE ParentSpanId = '' ORDER BY Timestamp DESC LIMIT 100""",
        "percentiles by service": """
            SELECT ServiceName, quantiles(0.5, 0.95, 0.99)(Duration) FROM otel_traces GROUP BY ServiceName""",
        "P99 by user": """
            SELECT SpanAttributes['user.id'] AS user, quantile(0.99)(Duration) AS p99 FROM otel_traces
            GROUP BY user ORDER BY p99 DESC LIMIT 20""",
        "three-way filter": """
            SELECT count(), avg(Duration) FROM otel_traces WHERE ServiceName = 'shop-3'
            AND SpanAttributes['http.route'] = '/api/route/7'
            AND toInt64OrZero(SpanAttributes['http.response.status_code']) >= 500""",
        "heatmap": """
            SELECT toStartOfInterval(Timestamp, INTERVAL 15 MINUTE) AS t, floor(log(Duration) * 10) AS b, count()
            FROM otel_traces GROUP BY t, b""",
    }


def main(folder):
    ours = json.loads((folder / "figures.json").read_text())
    engine = session.Session(str(folder / "clickhouse"))
    engine.query("CREATE DATABASE bench ENGINE = Atomic")
    engine.query("USE bench")
    load(engine, folder / "traces" / "*.parquet")
    count = int(engine.query("SELECT count() FROM otel_traces FORMAT TSV").bytes())
    if count != ours["spans"]:
        sys.exit(f"ClickHouse holds {count} spans, the store {ours['spans']}: not comparable")
    parts = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'bench' FORMAT TSV"
    theirs = int(engine.query(parts).bytes()) / count
    trace_id = engine.query("SELECT TraceId FROM otel_traces LIMIT 1 OFFSET 1000 FORMAT TSV").bytes().decode().strip()

    print(f"{'':24} {'trace store':>12} {'ClickHouse':>12}")
    print(f"{'bytes a span':24} {ours['bytes_per_span']:12.1f} {theirs:12.1f}")
    for name, statement in questions(trace_id).items():
        times = []
        for _ in range(ROUNDS + 1):
            begun = time.perf_counter()
            engine.query(statement + " FORMAT Null")
            times.append((time.perf_counter() - begun) * 1000)
        print(f"{name + ', ms':24} {ours['ms'][name]:12.1f} {statistics.median(times[1:]):12.1f}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]).resolve())
