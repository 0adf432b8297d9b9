// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Nodes of variable v, in this order:
//   v/Initializer/...          the initial value
//   v                          VarHandleOp
//   v/IsInitialized/VarIsInitializedOp(v)
//   v/Assign                   AssignVariableOp(v, initial value)
//   v/Read/ReadVariableOp(v)
// Initial values:
//   initial_value: Const
//   zeros, ones: Const; from 1000 elements on Fill(shape_as_tensor, Const)
//   stateless_random_uniform: AddV2(Mul(StatelessRandomUniformV2(shape,
//     StatelessRandomGetKeyCounter(seed), alg), Sub(max, min)), min)
#include "cairn/graph/variable_nodes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn::graph {
namespace {

constexpr DataType kFloat = DataType::kFloat;
constexpr DataType kInt32 = DataType::kInt32;
// Keras writes constants of fewer elements as such, others by Fill.
constexpr int64_t kMaxConstantElements = 1000;
// The random op's algorithm: the device's best.
constexpr int32_t kAutoSelectAlgorithm = 3;

// Half the width of Glorot's uniform distribution: sqrt(6 / (fan in + fan
// out)), in the order of operations that gives Keras's last digit.
float GlorotLimit(const Shape& shape) {
  const int rank = shape.rank();
  double receptive_field = 1;
  for (int i = 0; i < rank - 2; ++i) {
    receptive_field *= static_cast<double>(shape.dim(i));
  }
  const double fan_in =
      receptive_field * static_cast<double>(shape.dim(rank - 2));
  const double fan_out =
      receptive_field * static_cast<double>(shape.dim(rank - 1));
  const double scale = 1.0 / std::max(1.0, (fan_in + fan_out) / 2.0);
  return static_cast<float>(std::sqrt(3.0 * scale));
}

const std::string& Place(const VariableSpec& spec) {
  return spec.colocate_with.empty() ? spec.name : spec.colocate_with;
}

// Adds the nodes of one variable's initial value; all stand beside it.
class InitialValue {
 public:
  InitialValue(GraphBuilder& graph, const VariableSpec& spec)
      : graph_(graph), spec_(spec), shape_(PartialShape::Of(spec.shape)) {}

  Output Add() {
    switch (spec_.initializer) {
      case Initializer::kGlorotUniform:
        return AddUniform(GlorotLimit(spec_.shape));
      case Initializer::kZeros:
        return spec_.dtype == DataType::kInt64
                   ? AddSplat("zeros", Tensor::Scalar<int64_t>(0))
                   : AddSplat("zeros", Tensor::Scalar<float>(0));
      case Initializer::kOnes:
        return AddSplat("ones", Tensor::Scalar<float>(1));
      case Initializer::kConstant:
        break;
    }
    return AddConstant(Name("initial_value"), spec_.constant);
  }

 private:
  std::string Name(std::string_view kind) const {
    return StrCat(spec_.name, "/Initializer/", kind);
  }

  GraphBuilder::Node NewNode(std::string_view op, std::string_view name) {
    auto node = graph_.NewNode(op, name);
    node.ColocateWith(Place(spec_));
    return node;
  }

  Output AddConstant(std::string_view name, const TensorView& value) {
    return NewNode("Const", name)
        .Type("dtype", value.dtype())
        .TensorAttr("value", value)
        .Out(value.dtype(), PartialShape::Of(value.shape()))
        .Add();
  }

  Output AddShape(std::string_view name) {
    std::vector<int32_t> dims;
    for (int64_t dim : spec_.shape.dims()) {
      dims.push_back(static_cast<int32_t>(dim));
    }
    return AddConstant(name, Int32Vector(dims));
  }

  Output AddSplat(std::string_view kind, const Tensor& element) {
    const std::string name = Name(kind);
    if (spec_.shape.num_elements() < kMaxConstantElements) {
      return NewNode("Const", name)
          .Type("dtype", spec_.dtype)
          .TensorAttr("value", element, spec_.shape)
          .Out(spec_.dtype, shape_)
          .Add();
    }
    const Output dims = AddShape(name + "/shape_as_tensor");
    const Output fill = AddConstant(name + "/Const", element);
    return NewNode("Fill", name)
        .Input(dims)
        .Input(fill)
        .Type("T", spec_.dtype)
        .Type("index_type", kInt32)
        .Out(spec_.dtype, shape_)
        .Add();
  }

  Output AddUniform(float limit) {
    const std::string name = Name("stateless_random_uniform");
    const Output dims = AddShape(name + "/shape");
    const Output min = AddConstant(name + "/min", Tensor::Scalar(-limit));
    const Output max = AddConstant(name + "/max", Tensor::Scalar(limit));
    const Output random = AddRandom(name, dims);
    const Output range = AddBinary("Sub", name + "/sub", max, min, {});
    const Output scaled =
        AddBinary("Mul", name + "/mul", random, range, shape_);
    return AddBinary("AddV2", name, scaled, min, shape_);
  }

  // Uniform in [0, 1).
  Output AddRandom(const std::string& prefix, const Output& dims) {
    const std::string key_name = prefix + "/StatelessRandomGetKeyCounter";
    const Output seed =
        AddConstant(key_name + "/seed", Int32Vector({spec_.seed, 0}));
    const std::vector<Output> key_counter =
        NewNode("StatelessRandomGetKeyCounter", key_name)
            .Input(seed)
            .Type("Tseed", kInt32)
            .Out(DataType::kUint64, {{1}, false})
            .Out(DataType::kUint64, {{2}, false})
            .AddAll();
    const std::string name = prefix + "/StatelessRandomUniformV2";
    const Output algorithm = AddConstant(
        name + "/alg", Tensor::Scalar<int32_t>(kAutoSelectAlgorithm));
    return NewNode("StatelessRandomUniformV2", name)
        .Input(dims)
        .Input(key_counter[0])
        .Input(key_counter[1])
        .Input(algorithm)
        .Type("dtype", kFloat)
        .Type("Tshape", kInt32)
        .Out(kFloat, shape_)
        .Add();
  }

  Output AddBinary(std::string_view op, std::string_view name, const Output& a,
                   const Output& b, const PartialShape& shape) {
    return NewNode(op, name)
        .Input(a)
        .Input(b)
        .Type("T", kFloat)
        .Out(kFloat, shape)
        .Add();
  }

  GraphBuilder& graph_;
  const VariableSpec& spec_;
  const PartialShape shape_;
};

}  // namespace

Tensor Int32Vector(const std::vector<int32_t>& values) {
  // Cannot fail but for lack of memory for a few bytes.
  return *Tensor::CopyOf(TensorView::Of<int32_t>(
      Shape({static_cast<int64_t>(values.size())}), values.data()));
}

Output AddReadVariable(GraphBuilder& graph, std::string_view name,
                       const VariableNodes& variable) {
  return graph.NewNode("ReadVariableOp", name)
      .Input(variable.handle)
      .Type("dtype", variable.value.dtype)
      .Out(variable.value.dtype, variable.value.shape)
      .Add();
}

VariableNodes AddVariableNodes(GraphBuilder& graph, const VariableSpec& spec) {
  const Output initial = InitialValue(graph, spec).Add();
  const Output handle = graph.NewNode("VarHandleOp", spec.name)
                            .Strings("allowed_devices", {})
                            .String("container", "")
                            .String("debug_name", spec.name + "/")
                            .Type("dtype", spec.dtype)
                            .ShapeAttr("shape", PartialShape::Of(spec.shape))
                            .String("shared_name", spec.name)
                            .ColocateWith(Place(spec))
                            .Out(DataType::kResource, {})
                            .Add();
  auto is_initialized = graph.NewNode(
      "VarIsInitializedOp", spec.name + "/IsInitialized/VarIsInitializedOp");
  is_initialized.Input(handle).Out(DataType::kBool, {});
  const Output assign = graph.NewNode("AssignVariableOp", spec.name + "/Assign")
                            .Input(handle)
                            .Input(initial)
                            .Type("dtype", spec.dtype)
                            .Flag("validate_shape", false)
                            .Add();
  auto read =
      graph.NewNode("ReadVariableOp", spec.name + "/Read/ReadVariableOp");
  read.Input(handle).Type("dtype", spec.dtype);
  read.Out(spec.dtype, PartialShape::Of(spec.shape));
  if (!spec.colocate_with.empty()) {
    is_initialized.ColocateWith(spec.colocate_with);
    read.ColocateWith(spec.colocate_with);
  }
  const Output value = read.Add();
  GraphVariable variable;
  variable.name = handle.TensorName();
  variable.initializer_name = assign.ref;
  variable.snapshot_name = value.TensorName();
  variable.initial_value_name = initial.TensorName();
  variable.trainable = spec.trainable;
  variable.synchronization = spec.synchronization;
  variable.aggregation = spec.aggregation;
  graph.AddVariable(variable);
  return {spec.name, handle, value, assign.ref, std::move(variable)};
}

}  // namespace cairn::graph
