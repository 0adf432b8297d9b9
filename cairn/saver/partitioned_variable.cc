// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/saver/partitioned_variable.h"

#include <algorithm>
#include <cstring>

#include "cairn/base/strings.h"
#include "cairn/tensor/box_runs.h"

namespace cairn::saver {
namespace {

// Copies `box` of a larger tensor from the tensor that holds the box `from_box`
// of it to the one that holds `to_box`. The dtypes are the same.
void CopyBox(const TensorSlice& box, const TensorView& from,
             const TensorSlice& from_box, Tensor& to,
             const TensorSlice& to_box) {
  if (from.num_elements() == 0 || to.num_elements() == 0) return;
  const auto size = static_cast<size_t>(DataTypeSize(from.dtype()));
  for (BoxRuns runs(box, from_box, to_box); runs.Valid(); runs.Next()) {
    const auto at = static_cast<size_t>(runs.from());
    const auto out = static_cast<size_t>(runs.to());
    const auto count = static_cast<size_t>(runs.length());
    if (from.holds_strings()) {
      std::copy_n(from.strings().begin() + runs.from(), count,
                  to.strings().begin() + runs.to());
    } else {
      std::memcpy(to.mutable_bytes().data() + out * size,
                  from.bytes().data() + at * size, count * size);
    }
  }
}

}  // namespace

StatusOr<std::unique_ptr<PartitionedVariable>> PartitionedVariable::Create(
    std::string name, const TensorView& value, int axis, int num_parts) {
  const Shape& shape = value.shape();
  if (axis < 0 || axis >= shape.rank() || num_parts < 1 ||
      num_parts > shape.dim(axis)) {
    return InvalidArgumentError(StrCat("variable ", Escape(name), " of shape ",
                                       shape.ToString(), " cannot be cut into ",
                                       num_parts, " parts along axis ", axis));
  }
  std::unique_ptr<PartitionedVariable> made(
      new PartitionedVariable(std::move(name), shape));
  const TensorSlice whole = TensorSlice(shape.rank()).Resolve(shape);
  int64_t at = 0;
  for (int i = 0; i < num_parts; ++i) {
    const int64_t length =
        shape.dim(axis) / num_parts + (i < shape.dim(axis) % num_parts ? 1 : 0);
    std::vector<SliceExtent> extents = whole.extents();
    extents[static_cast<size_t>(axis)] = {at, length};
    at += length;
    CAIRN_ASSIGN_OR_RETURN(const TensorSlice slice,
                           TensorSlice::Create(std::move(extents)));
    CAIRN_ASSIGN_OR_RETURN(Shape part_shape, slice.Apply(shape));
    CAIRN_ASSIGN_OR_RETURN(
        Tensor part, Tensor::Create(value.dtype(), std::move(part_shape)));
    CopyBox(slice, value, whole, part, slice);
    made->variables_.push_back(std::make_unique<Variable>(
        StrCat(made->name_, "/part_", i), std::move(part)));
    made->slices_.push_back(slice);
  }
  return made;
}

std::vector<SaverPart> PartitionedVariable::parts(
    const std::vector<std::string>& devices) const {
  std::vector<SaverPart> parts;
  for (size_t i = 0; i < variables_.size(); ++i) {
    SliceInfo info{name_, shape_, {}};
    for (const SliceExtent& extent : slices_[i].extents()) {
      info.offset.push_back(extent.start);
    }
    std::string device;
    if (!devices.empty()) device = devices[std::min(i, devices.size() - 1)];
    parts.push_back(
        SaverPart::Of(*variables_[i], std::move(info), std::move(device)));
  }
  return parts;
}

StatusOr<Tensor> PartitionedVariable::Whole() const {
  CAIRN_ASSIGN_OR_RETURN(Tensor whole,
                         Tensor::Create(variables_[0]->dtype(), shape_));
  const TensorSlice all = TensorSlice(shape_.rank()).Resolve(shape_);
  for (size_t i = 0; i < variables_.size(); ++i) {
    CopyBox(slices_[i], variables_[i]->value(), slices_[i], whole, all);
  }
  return whole;
}

}  // namespace cairn::saver
