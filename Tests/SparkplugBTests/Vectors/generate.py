#!/usr/bin/env python3
"""Writes the vectors beside it: payloads of Sparkplug B as Google's protocol buffers write them.

Needs the packages protobuf and mqtt-spb-wrapper, whose classes protoc has made from the specification's .proto file:

    pip install 'protobuf<4' mqtt-spb-wrapper
    python generate.py

Each vector is one file: the payload's bytes in hexadecimal, and what they say. A conversation of one edge node is in
the files whose names begin with a number, in that order.
"""
import json
import pathlib

from mqtt_spb_wrapper.spb_protobuf import sparkplug_b_pb2 as sparkplug

FOLDER = pathlib.Path(__file__).parent
TIME = 1_799_999_990_000


def metric(payload, name=None, alias=None, datatype=None, timestamp=None, **value):
    made = payload.metrics.add()
    for key, given in [("name", name), ("alias", alias), ("datatype", datatype), ("timestamp", timestamp)]:
        if given is not None:
            setattr(made, key, given)
    for key, given in value.items():
        setattr(made, key, given)
    return made


def payload(seq=None, timestamp=TIME):
    made = sparkplug.Payload()
    if timestamp is not None:
        made.timestamp = timestamp
    if seq is not None:
        made.seq = seq
    return made


def write(name, made, topic):
    said = []
    for each in made.metrics:
        entry = {}
        for field in ["name", "alias", "datatype", "timestamp", "is_historical", "is_null"]:
            if each.HasField(field):
                entry[field] = getattr(each, field)
        kind = each.WhichOneof("value")
        if kind:
            value = getattr(each, kind)
            entry["kind"] = kind
            entry["value"] = value if isinstance(value, (int, float, str, bool)) else None
        said.append(entry)
    vector = {"topic": topic, "hex": made.SerializeToString().hex(), "metrics": said}
    for field in ["timestamp", "seq"]:
        if made.HasField(field):
            vector[field] = getattr(made, field)
    (FOLDER / f"{name}.json").write_text(json.dumps(vector, indent=1) + "\n")


ROOT = "spBv1.0/works"

birth = payload(0)
metric(birth, "bdSeq", datatype=8, long_value=3)
metric(birth, "Node Control/Rebirth", datatype=11, boolean_value=False)
metric(birth, "Properties/Firmware", 1, 12, string_value="7.1.2")
write("1-nbirth", birth, f"{ROOT}/NBIRTH/node-1")

birth = payload(1)
metric(birth, "Power/Active", 10, 9, timestamp=TIME - 500, float_value=100.5)
metric(birth, "Energy/Import", 11, 10, double_value=12.75)
metric(birth, "Voltage", 12, 7, long_value=231)
metric(birth, "Power/Factor", 13, 9, is_null=True)
write("2-dbirth", birth, f"{ROOT}/DBIRTH/node-1/meter-1")

data = payload(2, TIME + 1_000)
metric(data, alias=10, timestamp=TIME + 900, float_value=-0.25)
metric(data, alias=12, datatype=7, int_value=229)
write("3-ddata", data, f"{ROOT}/DDATA/node-1/meter-1")

data = payload(3, TIME + 2_000)
late = metric(data, alias=11, timestamp=TIME - 60_000, is_historical=True, double_value=12.5)
bad = metric(data, alias=10, float_value=999.0)
bad.properties.keys.extend(["engUnit", "Quality"])
unit = bad.properties.values.add()
unit.type, unit.string_value = 12, "W"
quality = bad.properties.values.add()
quality.type, quality.int_value = 3, 0
write("4-ddata-historical", data, f"{ROOT}/DDATA/node-1/meter-1")

write("5-ddeath", payload(4), f"{ROOT}/DDEATH/node-1/meter-1")

death = payload()
metric(death, "bdSeq", datatype=8, long_value=3)
write("6-ndeath", death, f"{ROOT}/NDEATH/node-1")

every = payload(0)
for number, (datatype, field, value) in enumerate(
    [
        (1, "int_value", 0xFFFFFF80), (1, "int_value", 0x80), (2, "int_value", 0xFFFF8000), (3, "int_value", 0x80000000),
        (4, "long_value", 0x8000000000000000), (5, "int_value", 255), (6, "int_value", 65535), (7, "int_value", 4294967295),
        (7, "long_value", 4294967295), (8, "long_value", 18446744073709551615), (9, "float_value", 1.5),
        (10, "double_value", -2.25e300), (11, "boolean_value", True), (12, "string_value", "Grüße"),
        (13, "long_value", TIME), (14, "string_value", ""), (15, "string_value", "0b2f"), (17, "bytes_value", b"\x00\xff"),
    ]
):
    metric(every, f"m{number}", number, datatype, **{field: value})
table = metric(every, "table", 100, 16)
table.dataset_value.num_of_columns = 1
table.dataset_value.columns.append("a")
table.dataset_value.types.append(3)
table.dataset_value.rows.add().elements.add().int_value = 5
template = metric(every, "template", 101, 19)
template.template_value.is_definition = True
inner = template.template_value.metrics.add()
inner.name, inner.datatype, inner.int_value = "inner", 3, 1
described = metric(every, "described", 102, 12, string_value="x")
described.metadata.content_type = "text/plain"
described.metadata.size = 1
every.uuid = "urn:example"
every.body = b"\x01\x02\x03"
write("types", every, f"{ROOT}/NBIRTH/node-2")
