"""Shows jumok's tensors in gdb the way they print themselves: values, shape, and what made them.

    (gdb) print *weights
    $1 = Tensor([[0.6652, 0.2447, 0.0900], [0.3333, 0.3333, 0.3333]], shape=[2, 3], grad_fn=SoftmaxBackward)

The script is inside every program that uses jumok-tensor. gdb loads it if told that the program may be trusted:

    rust-gdb -iex 'set auto-load safe-path /' target/debug/examples/step_through_softmax

`print/r` shows the fields instead.
"""

import re

import gdb
import gdb.printing

# Of every axis this many values are shown, then "...".
SHOWN = 6


def behind(arc):
    """What an Arc points to."""
    return arc["ptr"]["pointer"].dereference()["data"]


def small_vec(vec):
    """The numbers of a SmallVec<[usize; 4]>."""
    # Up to the four inline places `capacity` is the length, above it is that of the memory on the heap.
    length, data = int(vec["capacity"]), vec["data"]
    usize = gdb.lookup_type("usize")
    if length <= 4:
        start = data["Inline"]["__0"].address.cast(usize.pointer())
    else:
        start, length = data["Heap"]["ptr"]["pointer"], int(data["Heap"]["len"])
    return [int(start[n]) for n in range(length)]


def number(value):
    """A value in four decimals, or with an exponent where those would hide it."""
    if value.type.strip_typedefs().code != gdb.TYPE_CODE_FLT:
        return str(value)
    x = float(value)
    if x == 0 or 1e-3 <= abs(x) < 1e6 or x != x:
        return f"{x:.4f}"
    return f"{x:.4e}"


def nested(first, shape, strides):
    """Nested brackets with the first values of every axis."""
    if not shape:
        return number(first.dereference())
    rows = [nested(first + n * strides[0], shape[1:], strides[1:]) for n in range(min(shape[0], SHOWN))]
    return "[" + ", ".join(rows + ["..."] * (shape[0] > SHOWN)) + "]"


def row_major(shape):
    strides = [1] * len(shape)
    for axis in reversed(range(len(shape) - 1)):
        strides[axis] = strides[axis + 1] * shape[axis + 1]
    return strides


def array_text(array):
    """The values and the shape of an Array."""
    shape, strides = small_vec(array["shape"]), small_vec(array["strides"])
    memory = array["storage"]["__0"]["Some"]["__0"]["parts"]["ptr"]["pointer"]
    return f"{nested(memory + int(array['offset']), shape, strides)}, shape={shape}"


def grad_fn_text(origin):
    """Where a tensor comes from: nothing for a constant, else as Rust's {:?} has it."""
    variants = {field.name for field in origin.type.fields() if field.name}
    if "Parameter" in variants:
        return ", parameter"
    if "Operation" not in variants:
        return ""
    # After size, alignment and drop, a vtable points to methods; their symbols name the type.
    vtable = origin["Operation"]["__0"]["backward"]["vtable"]
    slots = vtable.cast(gdb.lookup_type("usize").pointer())
    for slot in (3, 4):
        symbol = gdb.execute(f"info symbol {int(slots[slot])}", to_string=True)
        name = re.search(r"(\w+Backward)\b[^:]* as ", symbol)
        if name:
            return f", grad_fn={name.group(1)}"
    return ", grad_fn=?"


class Printer:
    """Text for one value, by a function that may find that the value is not there yet (or no longer)."""

    def __init__(self, name, text):
        self.name, self.text = name, text

    def __call__(self, value):
        return Shown(f"{self.name}({{}})", self.text, value)


class Shown:
    def __init__(self, form, text, value):
        self.form, self.text, self.value = form, text, value

    def to_string(self):
        try:
            return self.form.format(self.text(self.value))
        except (gdb.error, gdb.MemoryError, OverflowError) as error:
            return self.form.format(f"not readable here: {error}")


def tensor_text(tensor):
    node = behind(tensor["__0"])
    return array_text(node["value"]) + grad_fn_text(node["origin"])


def plain_text(tensor):
    """An IntTensor or BoolTensor, whose values stand behind the two counters of its Arc<[T]>."""
    shape = small_vec(tensor["shape"])
    element = gdb.lookup_type("bool" if "BoolTensor" in str(tensor.type) else "i64")
    counters = tensor["data"]["ptr"]["pointer"]["data_ptr"].cast(gdb.lookup_type("usize").pointer())
    first = (counters + 2).cast(element.pointer())
    return f"{nested(first, shape, row_major(shape))}, shape={shape}"


def printers():
    collection = gdb.printing.RegexpCollectionPrettyPrinter("jumok")
    for name, path, text in [
        ("Tensor", "tensor::Tensor", tensor_text),
        ("Array", "array::Array", array_text),
        ("IntTensor", "index::IntTensor", plain_text),
        ("BoolTensor", "index::BoolTensor", plain_text),
    ]:
        collection.add_printer(name, f"^jumok_tensor::{path}$", Printer(name, text))
    return collection


gdb.printing.register_pretty_printer(gdb.current_objfile(), printers(), replace=True)
