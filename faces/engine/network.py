"""dlib's residual network, written as ONNX: the same weights for a faster runtime.

Twenty-nine convolutions: one of 7x7, then fourteen residual blocks of two, of 32, 64,
128 and 256 channels. Where a block halves the picture its convolution is not padded,
its shortcut is an average, missing channels are zeros, and where the two differ in size
the smaller is bordered with zeros at the end.

Source: dlib, `examples/dnn_face_recognition_ex.cpp` (the network), `dnn/layers.h`
(`con_`, `add_prev_`, `avg_pool_`, `input_rgb_image_sized`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from faces.engine.weights import CHIP_SIDE_PX, Floats, Weights

MEAN = (122.782, 117.001, 104.298)
SCALE = 256.0
INPUT, OUTPUT = "chips", "encodings"
_OPSET, _IR_VERSION = 13, 8
# Channels of each block, and whether it halves the picture.
_BLOCKS = (
    *[(32, False)] * 3,
    (64, True),
    *[(64, False)] * 3,
    (128, True),
    *[(128, False)] * 2,
    (256, True),
    *[(256, False)] * 2,
    (256, True),
)


def network(weights: Weights) -> bytes:
    """Return the network as the bytes of an ONNX file.

    It takes `chips`, float32, shape (n, 3, 150, 150), RGB from 0 to 255, and gives
    `encodings`, float32, shape (n, 128).
    """
    return _Graph(weights).written()


class _Graph:
    def __init__(self, weights: Weights) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.layers: Iterator[tuple[Floats, Floats]] = iter(weights.convolutions)
        self.last = weights.last

    def written(self) -> bytes:
        value = self._first()
        side, channels = 35, 32
        for width, halves in _BLOCKS:
            inner = self._convolved(value, channels, stride=2 if halves else 1)
            inner = self._convolved(self._node("Relu", inner), width)
            if halves:
                inner_side, side = (side - 3) // 2 + 1, (side - 2) // 2 + 1
                value = self._pooled("AveragePool", value, 2)
                value = self._padded(value, channels=width - channels)
                inner = self._padded(inner, side=side - inner_side)
            value = self._node("Relu", self._node("Add", inner, value))
            channels = width
        value = self._node("Flatten", self._node("GlobalAveragePool", value))
        last = self._constant(self.last)
        self.nodes.append(helper.make_node("MatMul", [value, last], [OUTPUT]))
        shape: list[str | int | None] = ["n", 3, CHIP_SIDE_PX, CHIP_SIDE_PX]
        graph = helper.make_graph(
            self.nodes,
            "dlib-resnet-1",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", 128])],
            self.constants,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", _OPSET)]
        )
        model.ir_version = _IR_VERSION
        onnx.checker.check_model(model)
        written: bytes = model.SerializeToString()
        return written

    def _first(self) -> str:
        """Put mean and scale into the first convolution: it has no border."""
        filters, biases = next(self.layers)
        filters = filters.reshape(len(biases), 3, 7, 7)
        biases = biases - filters.sum(axis=(2, 3)) @ np.array(MEAN) / SCALE
        value = self._node(
            "Conv",
            INPUT,
            self._constant(filters / SCALE),
            self._constant(biases),
            kernel_shape=[7, 7],
            strides=[2, 2],
        )
        return self._pooled("MaxPool", self._node("Relu", value), 3)

    def _convolved(self, value: str, channels: int, *, stride: int = 1) -> str:
        filters, biases = next(self.layers)
        return self._node(
            "Conv",
            value,
            self._constant(filters.reshape(len(biases), channels, 3, 3)),
            self._constant(biases),
            kernel_shape=[3, 3],
            strides=[stride, stride],
            pads=[1, 1, 1, 1] if stride == 1 else [0, 0, 0, 0],
        )

    def _pooled(self, kind: str, value: str, size: int) -> str:
        return self._node(kind, value, kernel_shape=[size, size], strides=[2, 2])

    def _padded(self, value: str, *, channels: int = 0, side: int = 0) -> str:
        if not channels and not side:
            return value
        pads = np.array([0, 0, 0, 0, 0, channels, side, side], np.int64)
        return self._node("Pad", value, self._constant(pads))

    def _constant(self, values: NDArray[Any]) -> str:
        name = f"c{len(self.constants)}"
        kept = values if values.dtype == np.int64 else values.astype(np.float32)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(kept), name))
        return name

    def _node(self, kind: str, *inputs: str, **options: Any) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **options))
        return name
