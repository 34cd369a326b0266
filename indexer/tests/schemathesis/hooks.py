"""Values that the description cannot spell out: what is really there, and what is well formed beyond a pattern.

CHARTKEY_KNOWN is JSON: {"addresses": […], "cids": […], "moments": […], "cursors": […]}, all of the chain that is asked about.
"""

import json
import os

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
