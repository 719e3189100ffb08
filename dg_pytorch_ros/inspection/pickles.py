# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Read pickles as data: nothing that they name is imported or run."""

import io
import pickletools
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from dg_pytorch_ros.inspection.shapes import checked_shape
from dg_pytorch_ros.inspection.stored import byte_size, StoredObject, StoredTensor

_DTYPES = {
    'BFloat16': 'bfloat16', 'Bool': 'bool', 'Byte': 'uint8', 'Char': 'int8',
    'ComplexDouble': 'complex128', 'ComplexFloat': 'complex64', 'Double': 'float64',
    'Float': 'float32', 'Half': 'float16', 'Int': 'int32', 'Long': 'int64', 'QInt32': 'qint32',
    'QInt8': 'qint8', 'QUInt8': 'quint8', 'Short': 'int16', 'Untyped': 'uint8'}
_LONGEST_NAME = 300
_LARGEST_NUMBER = 2**2048


Find = Callable[[str], Optional[Callable[..., Any]]]


class PickleError(ValueError):
    """A pickle that is broken."""


class Pickled(NamedTuple):
    """What a pickle holds, and the names of all that it would import."""

    content: Any
    imports: Tuple[str, ...]


class Instance(StoredObject):
    """What a class or a function would have made; `items` were put into it."""

    def __init__(self, class_name: str, arguments: Sequence[Any] = ()) -> None:
        super().__init__(class_name, tuple(arguments) or {})
        self.items: List[Any] = []


def read_pickles(
    content: bytes, count: int = 1, *, find: Find = lambda name: None
) -> Pickled:
    """
    Read so many pickles that stand one behind the other, and return the last.

    Tensors become StoredTensors, instances of classes Instances. `find` may give what is to be
    called in place of a function with that name.
    """
    stream = io.BytesIO(content)
    machine = _Machine(find)
    found = None
    for _ in range(count):
        try:
            found = machine.run(stream)
        # A pickle is a program: it can go wrong in any way.
        except Exception as error:
            raise PickleError(f'{type(error).__name__}: {error}') from error
    return Pickled(found, tuple(machine.imports))


class _Storage(NamedTuple):
    """Where the numbers of tensors lie."""

    dtype: str
    key: str
    device: str
    size: int


class _Global(NamedTuple):
    """The name of a class or a function."""

    name: str


class _Machine:
    """Does what a pickle says, with descriptions in place of whatever it would import."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self.imports: Dict[str, None] = {}
        self._stack: List[Any] = []
        self._marks: List[int] = []
        self._memo: Dict[int, Any] = {}

    def run(self, stream: io.BytesIO) -> Any:
        """Read one pickle and return what it leaves."""
        self._stack, self._marks, self._memo = [], [], {}
        for opcode, argument, _ in pickletools.genops(stream):
            step = _STEPS.get(opcode.name)
            if step:
                step(self, argument)
            elif opcode.arg:  # a text or number that stands for itself
                if isinstance(argument, int) and abs(argument) > _LARGEST_NUMBER:
                    raise PickleError('a number of hundreds of digits')
                self._stack.append(argument)
            else:
                raise PickleError(f'{opcode.name} is not known')
        return self._pop()

    def nothing(self, _: Any) -> None:
        """Go on."""

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self._stack.append(value)

    def mark(self, _: Any) -> None:
        """Note where a sequence begins."""
        self._marks.append(len(self._stack))

    def take(self, count: int) -> List[Any]:
        """Take so many values from the stack."""
        if count > len(self._stack):
            raise PickleError('the stack is too short')
        taken = self._stack[len(self._stack) - count:]
        del self._stack[len(self._stack) - count:]
        return taken

    def take_marked(self) -> List[Any]:
        """Take the values since the last mark."""
        return self.take(len(self._stack) - self._marks.pop())

    def pop(self, _: Any) -> None:
        """Forget a value, or the last mark."""
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self._pop()

    def forget_marked(self, _: Any) -> None:
        """Forget the values since the last mark."""
        self.take_marked()

    def duplicate(self, _: Any) -> None:
        """Repeat a value."""
        self.push(self._stack[-1])

    def remember(self, index: Any) -> None:
        """Keep the value on top under a number, or under the next one."""
        self._memo[len(self._memo) if index is None else int(index)] = self._stack[-1]

    def recall(self, index: Any) -> None:
        """Push a value that was kept."""
        self.push(self._memo[int(index)])

    def put_elements(self, elements: Iterable[Any]) -> None:
        """Put elements into a list, or what stands for one."""
        target = self._stack[-1]
        (target.items if isinstance(target, Instance) else target).extend(elements)

    def put_items(self, items: Sequence[Any]) -> None:
        """Put keys and values, which come by turns, into a dict, or what stands for one."""
        target = self._stack[-1]
        pairs = _pairs(items)
        if isinstance(target, Instance):
            target.items.extend(pairs)
        else:
            target.update(_table(pairs))

    def find(self, name: Any) -> None:
        """Push what stands for a class or function; GLOBAL has module and name in one text."""
        module, name = name.split(' ', 1) if name else self.take(2)
        qualified = f'{module}.{name}'.replace('__builtin__.', 'builtins.')
        if len(qualified) > _LONGEST_NAME:
            raise PickleError(f'a name of {len(qualified)} characters')
        self.imports[qualified] = None
        self.push(_Global(qualified))

    def call(self, function: Any, arguments: Sequence[Any]) -> None:
        """Push a description of what a class or function would return."""
        name = function.name
        known = self._find(name) or _KNOWN.get(name)
        self.push(known(*arguments) if known else Instance(name, arguments))

    def call_new(self, _: Any) -> None:
        """Take a class and keyword arguments, too."""
        function, arguments, keywords = self.take(3)
        self.call(function, (*arguments, *keywords.items()))

    def call_named(self, name: str) -> None:
        """Call a class by its name."""
        arguments = self.take_marked()
        self.find(name)
        self.call(self._pop(), arguments)

    def call_marked(self, _: Any) -> None:
        """Call the class at the mark with what is behind it."""
        function, *arguments = self.take_marked()
        self.call(function, arguments)

    def build(self, _: Any) -> None:
        """Keep the state of an instance."""
        state = self._pop()
        if isinstance(self._stack[-1], Instance):
            self._stack[-1].state = state

    def load_outside(self, _: Any) -> None:
        """Push what is said to be outside of the pickle: a storage, or the class of a module."""
        kind, what, *rest = self._pop()
        if kind == 'module':
            self.push(what)
            return
        key, device, elements, *_ = rest
        name = what.name.rpartition('.')[2].removesuffix('Storage')
        dtype = _DTYPES.get(name, name.lower())
        self.push(_Storage(dtype, str(key), str(device), byte_size(dtype, elements)))

    def _pop(self) -> Any:
        return self.take(1)[0]


def _pairs(items: Sequence[Any]) -> Iterable[Tuple[Any, Any]]:
    return zip(items[::2], items[1::2])


def _table(items: Iterable[Tuple[Any, Any]] = (), *_: Any) -> Dict[Any, Any]:
    table = {}
    for key, value in items:
        # To compare what is nested deeply would end the process.
        if isinstance(key, tuple) and any(isinstance(part, tuple) for part in key):
            raise PickleError('a key of tuples within a tuple')
        table[key] = value
    return table


def _tensor(storage: _Storage, offset: int, shape: Sequence[int], *_: Any) -> StoredTensor:
    return StoredTensor(
        storage.dtype, checked_shape(shape), storage.device, storage.key, offset, storage.size)


def _tensor_of_dtype(
    storage: _Storage, offset: int, shape: Sequence[int], strides: Any, gradient: Any,
    hooks: Any, dtype: _Global, *_: Any
) -> StoredTensor:
    return _tensor(storage._replace(dtype=dtype.name.removeprefix('torch.')), offset, shape)


def _first(value: Any, *_: Any) -> Any:
    return value


_KNOWN: Dict[str, Callable[..., Any]] = {
    'builtins.dict': _table, 'collections.OrderedDict': _table,
    'collections.defaultdict': lambda *_: {}, 'torch._utils._rebuild_tensor': _tensor,
    'torch._utils._rebuild_tensor_v2': _tensor, 'torch._utils._rebuild_qtensor': _tensor,
    'torch._utils._rebuild_tensor_v3': _tensor_of_dtype,
    'torch._utils._rebuild_parameter': _first,
    'torch._utils._rebuild_parameter_with_state': _first,
    'torch.nn.parameter.Parameter': _first}

# What each opcode does, by its name; all others push their argument.
_STEPS: Dict[str, Callable[[_Machine, Any], None]] = {
    'ADDITEMS': lambda machine, _: machine.put_elements(machine.take_marked()),
    'APPEND': lambda machine, _: machine.put_elements(machine.take(1)),
    'APPENDS': lambda machine, _: machine.put_elements(machine.take_marked()),
    'BINGET': _Machine.recall, 'BINPERSID': _Machine.load_outside,
    'BINPUT': _Machine.remember, 'BUILD': _Machine.build,
    'DICT': lambda machine, _: machine.push(_table(_pairs(machine.take_marked()))),
    'DUP': _Machine.duplicate,
    'EMPTY_DICT': lambda machine, _: machine.push({}),
    'EMPTY_LIST': lambda machine, _: machine.push([]),
    'EMPTY_SET': lambda machine, _: machine.push(Instance('builtins.set')),
    'EMPTY_TUPLE': lambda machine, _: machine.push(()),
    'FRAME': _Machine.nothing,
    'FROZENSET': lambda machine, _: machine.push(
        Instance('builtins.frozenset', machine.take_marked())),
    'GET': _Machine.recall, 'GLOBAL': _Machine.find, 'INST': _Machine.call_named,
    'LIST': lambda machine, _: machine.push(machine.take_marked()),
    'LONG_BINGET': _Machine.recall, 'LONG_BINPUT': _Machine.remember, 'MARK': _Machine.mark,
    'MEMOIZE': _Machine.remember,
    'NEWFALSE': lambda machine, _: machine.push(False),
    'NEWOBJ': lambda machine, _: machine.call(*machine.take(2)),
    'NEWOBJ_EX': _Machine.call_new,
    'NEWTRUE': lambda machine, _: machine.push(True),
    'NONE': lambda machine, _: machine.push(None),
    'OBJ': _Machine.call_marked, 'POP': _Machine.pop,
    'POP_MARK': _Machine.forget_marked, 'PROTO': _Machine.nothing, 'PUT': _Machine.remember,
    'REDUCE': lambda machine, _: machine.call(*machine.take(2)),
    'SETITEM': lambda machine, _: machine.put_items(machine.take(2)),
    'SETITEMS': lambda machine, _: machine.put_items(machine.take_marked()),
    'STACK_GLOBAL': _Machine.find, 'STOP': _Machine.nothing,
    'TUPLE': lambda machine, _: machine.push(tuple(machine.take_marked())),
    'TUPLE1': lambda machine, _: machine.push(tuple(machine.take(1))),
    'TUPLE2': lambda machine, _: machine.push(tuple(machine.take(2))),
    'TUPLE3': lambda machine, _: machine.push(tuple(machine.take(3)))}
