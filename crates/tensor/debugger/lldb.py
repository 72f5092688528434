"""Shows jumok's Tensor and Array in lldb as values and shape.

    (lldb) command script import crates/tensor/debugger/lldb.py
    (lldb) frame variable weights
    (jumok_tensor::tensor::Tensor) weights = Tensor([[0.6652, 0.2447, 0.0900], [0.3333, 0.3333, 0.3333]], shape=[2, 3])

`frame variable --raw` shows the fields instead.
"""

import struct

import lldb

# Of every axis this many values are shown, then "...".
SHOWN = 6
# The bytes of an element.
SIZE = 4


def read(process, address, kind, count):
    """`count` numbers of a struct format ("Q", "f") from the program's memory."""
    if count == 0:
        return ()
    error = lldb.SBError()
    data = process.ReadMemory(address, count * struct.calcsize(kind), error)
    if error.Fail():
        raise ValueError(error.GetCString())
    return struct.unpack(f"<{count}{kind}", data)


def field(value, *names):
    """A field of a field of ..., past synthetic views that other scripts may have put over them."""
    for name in names:
        value = value.GetNonSyntheticValue().GetChildMemberWithName(name)
    return value


# Not every version of lldb shows what is inside a Rust enum, so the two places where one is in the way are read as memory.


def small_vec(vec):
    """The numbers of a SmallVec<[usize; 4]>: its length, and five words that are a tag and either the numbers themselves or
    a pointer to them and their number."""
    process, length = vec.GetProcess(), field(vec, "capacity").GetValueAsUnsigned()
    start = field(vec, "data").GetLoadAddress() + 8
    if length > 4:
        length, start = sorted(read(process, start, "Q", 2))
    return list(read(process, start, "Q", length))


def elements(storage):
    """The address of the elements. The storage is four words, in an order that the compiler chooses: the elements' owner,
    their address, their number and their stride. The owner, behind its two counters, has the same address."""
    process = storage.GetProcess()
    addresses = [word for word in read(process, storage.GetLoadAddress(), "Q", 4) if word > 1 << 16]
    for owner in addresses:
        try:
            owned = read(process, owner, "Q", 5)[2:]
        except ValueError:
            continue
        for address in addresses:
            if address in owned:
                return address
    raise ValueError("no elements")


def nested(process, address, shape, strides):
    """Nested brackets with the first values of every axis."""
    if not shape:
        return f"{read(process, address, 'f', 1)[0]:.4f}"
    rows = [
        nested(process, address + n * strides[0] * SIZE, shape[1:], strides[1:]) for n in range(min(shape[0], SHOWN))
    ]
    return "[" + ", ".join(rows + ["..."] * (shape[0] > SHOWN)) + "]"


def array_text(array):
    shape, strides = small_vec(field(array, "shape")), small_vec(field(array, "strides"))
    if 0 in shape:
        return f"[], shape={shape}"
    first = elements(field(array, "storage")) + field(array, "offset").GetValueAsUnsigned() * SIZE
    return f"{nested(array.GetProcess(), first, shape, strides)}, shape={shape}"


def array_summary(value, _internal):
    try:
        return f"Array({array_text(value)})"
    except ValueError as error:
        return f"Array(not readable here: {error})"


def tensor_summary(value, _internal):
    try:
        node = field(value, "__0", "ptr", "pointer").Dereference()
        return f"Tensor({array_text(field(node, 'data', 'value'))})"
    except ValueError as error:
        return f"Tensor(not readable here: {error})"


def __lldb_init_module(debugger, _internal):
    for path, function in [("tensor::Tensor", "tensor_summary"), ("array::Array", "array_summary")]:
        debugger.HandleCommand(f"type summary add --python-function {__name__}.{function} jumok_tensor::{path}")
