// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// PartitionedVariable: one large variable kept in parts, which a Saver stores
// as one tensor and restores from any other partition of it.
//
//   CAIRN_ASSIGN_OR_RETURN(auto table, PartitionedVariable::Create(
//                                          "table", value, /*axis=*/0, 3));
//   CAIRN_ASSIGN_OR_RETURN(
//       auto saver, Saver::CreateFromItems(fs, {table->item()}));
#ifndef CAIRN_SAVER_PARTITIONED_VARIABLE_H_
#define CAIRN_SAVER_PARTITIONED_VARIABLE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/saver/var_list.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"
#include "cairn/tensor/variable.h"

namespace cairn::saver {

// A variable in parts of about equal size along one axis, as TensorFlow's
// fixed_size_partitioner cuts it: "name/part_0", ... The first ones are larger
// by one when the axis cannot be divided.
class PartitionedVariable {
 public:
  // InvalidArgument: no such axis, or not 1 to axis-size parts.
  static StatusOr<std::unique_ptr<PartitionedVariable>> Create(
      std::string name, const TensorView& value, int axis, int num_parts);

  const std::string& name() const { return name_; }
  const Shape& shape() const { return shape_; }
  const std::vector<std::unique_ptr<Variable>>& variables() const {
    return variables_;
  }
  // For a SaverItem; all on one device, or part i on devices[i].
  std::vector<SaverPart> parts(
      const std::vector<std::string>& devices = {}) const;
  // Under its own name.
  SaverItem item(const std::vector<std::string>& devices = {}) const {
    return SaverItem::Slices(name_, parts(devices));
  }
  // The whole value, put together.
  StatusOr<Tensor> Whole() const;

 private:
  PartitionedVariable(std::string name, Shape shape)
      : name_(std::move(name)), shape_(std::move(shape)) {}

  std::string name_;
  Shape shape_;
  std::vector<std::unique_ptr<Variable>> variables_;
  std::vector<TensorSlice> slices_;
};

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_PARTITIONED_VARIABLE_H_
