// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// TensorSource: a stored checkpoint of either format, as far as restoring asks.
// Not installed.
#ifndef CAIRN_OBJECT_TENSOR_SOURCE_H_
#define CAIRN_OBJECT_TENSOR_SOURCE_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cairn/base/status.h"
#include "cairn/bundle/reader.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"
#include "cairn/v1/reader.h"

namespace cairn::object::internal {

class TensorSource {
 public:
  struct Description {
    DataType dtype = DataType::kInvalid;
    Shape shape;
  };

  virtual ~TensorSource() = default;
  virtual const std::string& prefix() const = 0;
  virtual bool Contains(std::string_view key) const = 0;
  // NotFound without the key.
  virtual StatusOr<Description> Describe(std::string_view key) const = 0;
  virtual StatusOr<Tensor> Read(std::string_view key) const = 0;
  virtual StatusOr<Tensor> ReadSlice(std::string_view key,
                                     const TensorSlice& slice) const = 0;
  // In order; the pieces of partitioned tensors are not told apart.
  virtual void ForEachKey(
      const std::function<void(std::string_view key)>& visit) const = 0;
};

class BundleSource : public TensorSource {
 public:
  explicit BundleSource(std::unique_ptr<bundle::BundleReader> reader)
      : reader_(std::move(reader)) {}
  const bundle::BundleReader& reader() const { return *reader_; }

  const std::string& prefix() const override { return reader_->prefix(); }
  bool Contains(std::string_view key) const override {
    return reader_->Contains(key);
  }
  StatusOr<Description> Describe(std::string_view key) const override;
  StatusOr<Tensor> Read(std::string_view key) const override {
    return reader_->Read(key);
  }
  StatusOr<Tensor> ReadSlice(std::string_view key,
                             const TensorSlice& slice) const override {
    return reader_->ReadSlice(key, slice);
  }
  void ForEachKey(
      const std::function<void(std::string_view key)>& visit) const override;

 private:
  std::unique_ptr<bundle::BundleReader> reader_;
};

class V1Source : public TensorSource {
 public:
  explicit V1Source(std::unique_ptr<v1::V1Reader> reader)
      : reader_(std::move(reader)) {}

  const std::string& prefix() const override { return reader_->path(); }
  bool Contains(std::string_view key) const override {
    return reader_->Contains(key);
  }
  StatusOr<Description> Describe(std::string_view key) const override;
  StatusOr<Tensor> Read(std::string_view key) const override {
    return reader_->Read(key);
  }
  StatusOr<Tensor> ReadSlice(std::string_view key,
                             const TensorSlice& slice) const override {
    return reader_->ReadSlice(key, slice);
  }
  void ForEachKey(
      const std::function<void(std::string_view key)>& visit) const override;

 private:
  std::unique_ptr<v1::V1Reader> reader_;
};

}  // namespace cairn::object::internal

#endif  // CAIRN_OBJECT_TENSOR_SOURCE_H_
