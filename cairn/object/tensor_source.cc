// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/object/tensor_source.h"

namespace cairn::object::internal {

StatusOr<TensorSource::Description> BundleSource::Describe(
    std::string_view key) const {
  CAIRN_ASSIGN_OR_RETURN(bundle::BundleEntry entry, reader_->Lookup(key));
  return Description{entry.dtype, std::move(entry.shape)};
}

void BundleSource::ForEachKey(
    const std::function<void(std::string_view key)>& visit) const {
  for (auto it = reader_->NewTensorIterator(); it->Valid(); it->Next()) {
    visit(it->key());
  }
}

StatusOr<TensorSource::Description> V1Source::Describe(
    std::string_view key) const {
  CAIRN_ASSIGN_OR_RETURN(v1::V1Entry entry, reader_->Find(key));
  return Description{entry.dtype, std::move(entry.shape)};
}

void V1Source::ForEachKey(
    const std::function<void(std::string_view key)>& visit) const {
  for (auto it = reader_->NewIterator(); it->Valid(); it->Next()) {
    visit(it->name());
  }
}

}  // namespace cairn::object::internal
