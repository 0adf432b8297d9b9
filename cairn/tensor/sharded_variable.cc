// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/sharded_variable.h"

#include <utility>

#include "cairn/base/strings.h"

namespace cairn {

class ShardedVariable::Piece : public Saveable {
 public:
  Piece(std::string name, Variable* shard, TensorPiece piece)
      : name_(std::move(name)), shard_(shard), piece_(std::move(piece)) {}

  std::string attribute_name() const override { return "VARIABLE_VALUE"; }
  std::string full_name() const override { return name_; }
  DataType expected_dtype() const override { return shard_->dtype(); }
  const Shape* expected_shape() const override { return &shard_->shape(); }
  const TensorPiece* piece() const override { return &piece_; }
  StatusOr<TensorView> Value(Tensor* /*scratch*/) override {
    if (!shard_->is_initialized()) return TensorView();
    return shard_->value().view();
  }
  Status Restore(Tensor value) override {
    return shard_->Assign(std::move(value));
  }
  Status Initialize() override { return shard_->Initialize(); }

 private:
  const std::string name_;
  Variable* const shard_;
  const TensorPiece piece_;
};

ShardedVariable::ShardedVariable(std::string name,
                                 std::vector<Variable*> shards)
    : name_(std::move(name)), shards_(std::move(shards)) {
  status_ = Annotate(MakePieces(), StrCat("sharded variable ", Escape(name_)));
}

ShardedVariable::~ShardedVariable() = default;

Status ShardedVariable::MakePieces() {
  if (shards_.empty()) return InvalidArgumentError("it has no shards");
  std::vector<int64_t> dims;
  for (const Variable* shard : shards_) {
    if (shard->shape().rank() == 0) {
      return InvalidArgumentError(
          StrCat("shard ", Escape(shard->name()), " is a scalar"));
    }
    std::vector<int64_t> own;
    for (int i = 0; i < shard->shape().rank(); ++i) {
      own.push_back(shard->shape().dim(i));
    }
    if (dims.empty()) {
      dims = own;
      continue;
    }
    const int64_t rows = dims[0];
    dims[0] = own[0];
    if (dims != own || shard->dtype() != shards_[0]->dtype()) {
      return InvalidArgumentError(StrCat(
          "shard ", Escape(shard->name()), " is ", DataTypeName(shard->dtype()),
          shard->shape().ToString(), ", the first is ",
          DataTypeName(shards_[0]->dtype()), shards_[0]->shape().ToString()));
    }
    if (__builtin_add_overflow(rows, own[0], &dims[0])) {
      return InvalidArgumentError("its rows cannot be counted");
    }
  }
  CAIRN_ASSIGN_OR_RETURN(shape_, Shape::Create(dims));
  int64_t start = 0;
  for (Variable* shard : shards_) {
    const int64_t rows = shard->shape().dim(0);
    if (rows == 0) continue;  // no part of the tensor
    std::vector<SliceExtent> extents = {{start, rows}};  // all written out
    for (size_t i = 1; i < dims.size(); ++i) extents.push_back({0, dims[i]});
    start += rows;
    CAIRN_ASSIGN_OR_RETURN(TensorSlice slice,
                           TensorSlice::Create(std::move(extents)));
    pieces_.push_back(std::make_unique<Piece>(
        name_, shard, TensorPiece{shape_, std::move(slice)}));
  }
  return OkStatus();
}

std::vector<Saveable*> ShardedVariable::Saveables() {
  std::vector<Saveable*> pieces;
  for (const std::unique_ptr<Piece>& piece : pieces_) {
    pieces.push_back(piece.get());
  }
  return pieces;
}

}  // namespace cairn
