// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/node_scope.h"

#include <utility>

#include "cairn/base/strings.h"

namespace cairn::graph {
namespace {

constexpr DataType kInt32 = DataType::kInt32;

}  // namespace

PartialShape Batched(const Shape& shape) {
  PartialShape batched{{-1}, false};
  batched.dims.insert(batched.dims.end(), shape.dims().begin(),
                      shape.dims().end());
  return batched;
}

std::string_view PaddingName(Padding padding) {
  return padding == Padding::kSame ? "SAME" : "VALID";
}

NodeScope::NodeScope(GraphBuilder& graph, std::string prefix)
    : graph_(&graph), prefix_(std::move(prefix)) {}

std::string NodeScope::Name(std::string_view part) const {
  return StrCat(prefix_, part);
}

NodeScope NodeScope::Under(std::string_view part) const {
  return NodeScope(*graph_, StrCat(prefix_, part, "/"));
}

GraphBuilder::Node NodeScope::New(std::string_view op,
                                  std::string_view part) const {
  return graph_->NewNode(op, Name(part));
}

Output NodeScope::Unary(std::string_view op, std::string_view part,
                        const Output& x) const {
  return New(op, part).Input(x).Type("T", x.dtype).Out(x.dtype, x.shape).Add();
}

Output NodeScope::Binary(std::string_view op, std::string_view part,
                         const Output& a, const Output& b,
                         PartialShape shape) const {
  return New(op, part)
      .Input(a)
      .Input(b)
      .Type("T", a.dtype)
      .Out(a.dtype, std::move(shape))
      .Add();
}

Output NodeScope::Reduce(std::string_view op, std::string_view part,
                         const Output& x, const std::vector<int32_t>& axes,
                         PartialShape shape) const {
  const Output indices = Ints(StrCat(part, "/reduction_indices"), axes);
  const bool keeps = shape.dims.size() == x.shape.dims.size();
  return New(op, part)
      .Input(x)
      .Input(indices)
      .Type("T", x.dtype)
      .Type("Tidx", kInt32)
      .Flag("keep_dims", keeps)
      .Out(x.dtype, std::move(shape))
      .Add();
}

Output NodeScope::Cast(std::string_view part, const Output& x,
                       DataType dtype) const {
  return New("Cast", part)
      .Input(x)
      .Type("DstT", dtype)
      .Type("SrcT", x.dtype)
      .Flag("Truncate", false)
      .Out(dtype, x.shape)
      .Add();
}

Output NodeScope::Read(std::string_view part,
                       const VariableNodes& variable) const {
  return AddReadVariable(*graph_, Name(part), variable);
}

Output NodeScope::Constant(std::string_view part,
                           const TensorView& value) const {
  return graph_->Constant(Name(part), value);
}

Output NodeScope::Scalar(std::string_view part, float value) const {
  return Constant(part, Tensor::Scalar<float>(value));
}

Output NodeScope::Ints(std::string_view part,
                       const std::vector<int32_t>& values) const {
  return Constant(part, Int32Vector(values));
}

Output NodeScope::BatchedDims(std::string_view part, const Shape& shape) const {
  std::vector<int32_t> dims = {-1};
  for (int64_t dim : shape.dims()) dims.push_back(static_cast<int32_t>(dim));
  return Ints(part, dims);
}

Output NodeScope::Reshape(std::string_view part, const Output& x,
                          const Output& dims, PartialShape shape) const {
  return New("Reshape", part)
      .Input(x)
      .Input(dims)
      .Type("T", x.dtype)
      .Type("Tshape", kInt32)
      .Out(x.dtype, std::move(shape))
      .Add();
}

Output NodeScope::NoOp(std::string_view part,
                       std::vector<std::string> after) const {
  return New("NoOp", part).ControlInputs(std::move(after)).Add();
}

}  // namespace cairn::graph
