// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// For tests: a bundle whose entries claim far more bytes than it has.
#ifndef CAIRN_BUNDLE_TEST_MANY_NAMES_H_
#define CAIRN_BUNDLE_TEST_MANY_NAMES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"

namespace cairn::bundle {

// Of the one tensor, float32.
inline constexpr int64_t kManyNamesBytes = 16 << 10;

// Writes the bundle `prefix` of two data files; the second has the bytes of one
// tensor, which `names` keys claim. `change` may make an entry another one.
inline Status WriteManyNames(
    FileSystem& fs, const std::string& prefix, int names,
    const std::function<void(int name, BundleEntry& entry)>& change = nullptr) {
  const std::string one = StrCat(prefix, "-one");
  {
    const std::vector<float> values(kManyNamesBytes / 4, 1.5f);
    Commit commit(fs, one);
    CAIRN_ASSIGN_OR_RETURN(auto writer, BundleWriter::Create(commit, one));
    CAIRN_RETURN_IF_ERROR(writer->Add(
        "w", TensorView::Of<float>({kManyNamesBytes / 4}, values.data())));
    CAIRN_RETURN_IF_ERROR(writer->Finish());
    CAIRN_RETURN_IF_ERROR(commit.Finish());
  }
  CAIRN_ASSIGN_OR_RETURN(const auto reader, BundleReader::Open(fs, one));
  CAIRN_ASSIGN_OR_RETURN(const BundleEntry stored, reader->Lookup("w"));
  CAIRN_ASSIGN_OR_RETURN(const ShardFile file, reader->ShardFileOf(0));
  Commit commit(fs, prefix);
  CAIRN_ASSIGN_OR_RETURN(
      auto writer, BundleWriter::Create(commit, prefix, {.min_shards = 2}));
  CAIRN_RETURN_IF_ERROR(
      writer->ShareShard(1, file, ShareOptions::By::kLinkOrClone).status());
  for (int name = 0; name < names; ++name) {
    BundleEntry entry = stored;
    if (change) change(name, entry);
    CAIRN_RETURN_IF_ERROR(writer->AddShared(StrCat("w", name), entry, 1));
  }
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_TEST_MANY_NAMES_H_
