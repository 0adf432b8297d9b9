// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/object/tensor_source.h"

namespace cairn::object::internal {

void ForEachKeyOf(const bundle::BundleReader& reader,
                  const std::function<void(std::string_view key)>& visit) {
  for (auto it = reader.NewTensorIterator(); it->Valid(); it->Next()) {
    visit(it->key());
  }
}

void ForEachKeyOf(const v1::V1Reader& reader,
                  const std::function<void(std::string_view key)>& visit) {
  for (auto it = reader.NewIterator(); it->Valid(); it->Next()) {
    visit(it->name());
  }
}

}  // namespace cairn::object::internal
