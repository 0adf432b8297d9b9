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
#include <utility>

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

// What the two formats' readers call differently.
inline const std::string& PathOf(const bundle::BundleReader& reader) {
  return reader.prefix();
}
inline const std::string& PathOf(const v1::V1Reader& reader) {
  return reader.path();
}
inline auto EntryOf(const bundle::BundleReader& reader, std::string_view key) {
  return reader.Lookup(key);
}
inline auto EntryOf(const v1::V1Reader& reader, std::string_view key) {
  return reader.Find(key);
}
void ForEachKeyOf(const bundle::BundleReader& reader,
                  const std::function<void(std::string_view key)>& visit);
void ForEachKeyOf(const v1::V1Reader& reader,
                  const std::function<void(std::string_view key)>& visit);

template <typename Reader>
class ReaderSource : public TensorSource {
 public:
  explicit ReaderSource(std::unique_ptr<Reader> reader)
      : reader_(std::move(reader)) {}
  const Reader& reader() const { return *reader_; }

  const std::string& prefix() const override { return PathOf(*reader_); }
  bool Contains(std::string_view key) const override {
    return reader_->Contains(key);
  }
  StatusOr<Description> Describe(std::string_view key) const override {
    CAIRN_ASSIGN_OR_RETURN(auto entry, EntryOf(*reader_, key));
    return Description{entry.dtype, std::move(entry.shape)};
  }
  StatusOr<Tensor> Read(std::string_view key) const override {
    return reader_->Read(key);
  }
  StatusOr<Tensor> ReadSlice(std::string_view key,
                             const TensorSlice& slice) const override {
    return reader_->ReadSlice(key, slice);
  }
  void ForEachKey(
      const std::function<void(std::string_view key)>& visit) const override {
    ForEachKeyOf(*reader_, visit);
  }

 private:
  std::unique_ptr<Reader> reader_;
};

using BundleSource = ReaderSource<bundle::BundleReader>;
using V1Source = ReaderSource<v1::V1Reader>;

}  // namespace cairn::object::internal

#endif  // CAIRN_OBJECT_TENSOR_SOURCE_H_
