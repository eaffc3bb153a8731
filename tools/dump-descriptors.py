"""Writes the protobuf descriptors inside a wheel of generated Python code to one FileDescriptorSet.

Usage: dump-descriptors.py <wheel> <output>. It reads the bytes literals out of the source text, so that
neither the wheel's code nor the Python protobuf runtime is needed.
"""

import ast
import sys
import zipfile


def descriptor_in(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "AddSerializedFile":
            return ast.literal_eval(node.args[0])
    return None


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


with zipfile.ZipFile(sys.argv[1]) as wheel, open(sys.argv[2], "wb") as out:
    for name in sorted(wheel.namelist()):
        descriptor = descriptor_in(wheel.read(name)) if name.endswith("_pb2.py") else None
        if descriptor:
            out.write(b"\x0a" + varint(len(descriptor)) + descriptor)
