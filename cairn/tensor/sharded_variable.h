// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// ShardedVariable: several variables that are, along their first axis, one
// tensor: TensorFlow's of that name, and its partitioned variables.
//
//   ShardedVariable table("table", {&rows_0_to_9, &rows_10_to_19});
//
// A checkpoint holds one tensor in pieces under one key, so that it may be
// restored into other pieces or into one whole variable.
#ifndef CAIRN_TENSOR_SHARDED_VARIABLE_H_
#define CAIRN_TENSOR_SHARDED_VARIABLE_H_

#include <memory>
#include <string>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/trackable.h"
#include "cairn/tensor/variable.h"

namespace cairn {

class ShardedVariable : public Trackable {
 public:
  // `name` is the whole tensor's name-based key. The shards are borrowed and
  // in order. CheckSaveable tells when they do not make up one tensor: none,
  // scalars, or dtypes or other axes that differ.
  ShardedVariable(std::string name, std::vector<Variable*> shards);
  ~ShardedVariable() override;

  const std::string& name() const { return name_; }
  const Shape& shape() const { return shape_; }  // of the whole
  const std::vector<Variable*>& shards() const { return shards_; }

  std::vector<Saveable*> Saveables() override;
  Status CheckSaveable() const override { return status_; }

 private:
  class Piece;
  Status MakePieces();

  std::string name_;
  std::vector<Variable*> shards_;
  Shape shape_;
  Status status_;
  std::vector<std::unique_ptr<Piece>> pieces_;
};

}  // namespace cairn

#endif  // CAIRN_TENSOR_SHARDED_VARIABLE_H_
