"""What the description cannot spell out: what is really there, what is well formed beyond a pattern, and what each line is.

CHARTKEY_KNOWN is JSON: {"addresses": […], "cids": […], "moments": […]}, all of the chain that is asked about.
"""

import json
import os

import jsonschema_rs
import schemathesis
from hypothesis import strategies as st

known = json.loads(os.environ["CHARTKEY_KNOWN"])
hexadecimal = "0123456789abcdef"


def mostly(values, others):
    """What is there three times as often as what is not."""
    return st.one_of(*[st.sampled_from(values)] * 3, others)


# A wrong checksum is refused, which no pattern says: made-up addresses are in lower case.
stranger = st.text(hexadecimal, min_size=40, max_size=40).map("0x{}".format)
schemathesis.openapi.format("address", mostly(known["addresses"], stranger))
unknown_cid = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=50, max_size=50).map("bafkreia{}a".format)
schemathesis.openapi.format("cid", mostly(known["cids"], unknown_cid))
schemathesis.openapi.format("hash", st.text(hexadecimal, min_size=64, max_size=64).map("0x{}".format))
# Neither before the deployment nor in the future.
schemathesis.openapi.format("moment", st.sampled_from(known["moments"]))
schemathesis.openapi.format("scope", st.sampled_from(["chart", "emergency", "1", "3", "4294967295", *known["cids"]]))


@schemathesis.check
def every_line_is_as_described(ctx, response, case):
    """Of NDJSON, the schema describes one line."""
    kind = "application/x-ndjson"
    if not response.headers.get("content-type", [""])[0].startswith(kind):
        return
    described = case.operation.schema.raw_schema
    answer = described["paths"][case.operation.path]["get"]["responses"]["200"]
    schema = {**answer["content"][kind]["schema"], "components": described["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema)
    for line in response.text.splitlines():
        validator.validate(json.loads(line))


@schemathesis.deserializer("application/x-ndjson", "image/png")
def left_alone(ctx, response):
    """What the check above looks at, and what is no text."""
    return None


@schemathesis.hook
def map_query(ctx, query):
    """An end that lies before its beginning is refused, which no schema says."""
    for first, last in [("fromBlock", "toBlock"), ("since", "until")]:
        if query and first in query and last in query:
            query.pop(last)
    return query
