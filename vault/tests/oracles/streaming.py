"""Encrypts and decrypts files with Tink's AES256_GCM_HKDF_1MB, of a raw key. Tasks and answers are JSON lists:
{"op": "encrypt" | "decrypt", "key": hex, "aad": hex, "from": path, "to": path} gives {"ok": bool, "error": text}."""

import json
import sys

from tink import cleartext_keyset_handle, streaming_aead
from tink._keyset_reader import BinaryKeysetReader
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2


def primitive(key: bytes) -> streaming_aead.StreamingAead:
    """Tink takes keys in keysets only: one of this one key, without an output prefix."""
    params = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=1 << 20, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
    )
    streaming_key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(version=0, params=params, key_value=key)
    keyset = tink_pb2.Keyset(primary_key_id=1)
    entry = keyset.key.add(key_id=1, status=tink_pb2.ENABLED, output_prefix_type=tink_pb2.RAW)
    entry.key_data.type_url = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"
    entry.key_data.value = streaming_key.SerializeToString()
    entry.key_data.key_material_type = tink_pb2.KeyData.SYMMETRIC
    handle = cleartext_keyset_handle.read(BinaryKeysetReader(keyset.SerializeToString()))
    return handle.primitive(streaming_aead.StreamingAead)


def run(task: dict) -> dict:
    aead, aad = primitive(bytes.fromhex(task["key"])), bytes.fromhex(task["aad"])
    try:
        with open(task["from"], "rb") as source, open(task["to"], "wb") as target:
            if task["op"] == "encrypt":
                with aead.new_encrypting_stream(target, aad) as stream:
                    stream.write(source.read())
            else:
                with aead.new_decrypting_stream(source, aad) as stream:
                    target.write(stream.read())
        return {"ok": True}
    except Exception as error:  # whatever it is: Tink refuses
        return {"ok": False, "error": str(error)}


streaming_aead.register()
json.dump([run(task) for task in json.load(sys.stdin)], sys.stdout)
