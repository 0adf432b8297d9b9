// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// <prefix>.index: a table (cairn/table) of the header under "" and an entry per
// key.
#include "cairn/bundle/index_writing.h"

#include <string_view>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/table/contents.h"
#include "cairn/table/table_builder.h"

namespace cairn::bundle {
namespace {

Status CheckWritten(FileSystem& fs, const std::string& index_path,
                    const table::Contents& expected,
                    const std::vector<WrittenFile>& shards) {
  CAIRN_RETURN_IF_ERROR(table::CheckContents(fs, index_path, expected));
  for (const WrittenFile& shard : shards) {
    CAIRN_ASSIGN_OR_RETURN(const FileInfo info, fs.Stat(shard.path));
    if (info.size == shard.size) continue;
    return DataLossError(StrCat(Escape(shard.path, 4096), ": has ", info.size,
                                " bytes, wrote ", shard.size));
  }
  return OkStatus();
}

bool IsDigits(std::string_view text) {
  return text.size() >= 5 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whether `name` is `stem`.data-<digits>-of-<digits>.
bool IsShardName(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem)) return false;
  name.remove_prefix(stem.size());
  constexpr std::string_view kData = ".data-";
  constexpr std::string_view kOf = "-of-";
  if (!name.starts_with(kData)) return false;
  name.remove_prefix(kData.size());
  const size_t of = name.find(kOf);
  return of != std::string_view::npos && IsDigits(name.substr(0, of)) &&
         IsDigits(name.substr(of + kOf.size()));
}

// An overwritten checkpoint may have had other shards: nobody will name them
// any more. Failing to find them costs space only.
void RemoveSurplusShards(Commit& commit, const std::string& prefix) {
  FileSystem& fs = commit.file_system();
  if (!fs.Exists(IndexPath(prefix))) return;
  const std::string directory(DirName(prefix));
  const StatusOr<std::vector<std::string>> names = fs.List(directory);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    if (!IsShardName(name, BaseName(prefix))) continue;
    // The commit keeps those it has just put there.
    commit.RemoveAfter(JoinPath(directory, name));
  }
}

}  // namespace

Status WriteIndex(Commit& commit, const std::string& prefix,
                  const BundleHeader& header, const RecordTable& records,
                  std::vector<WrittenFile> files) {
  CAIRN_ASSIGN_OR_RETURN(WritableFile* const index,
                         commit.Create(IndexPath(prefix)));
  table::Contents contents;
  table::TableBuilder builder(index);
  const auto add = [&](std::string_view key, std::string_view value) {
    contents.Add(key, value);
    return builder.Add(key, value);
  };
  CAIRN_RETURN_IF_ERROR(add("", EncodeHeader(header)));
  for (const auto& [key, value] : records.Sorted()) {
    CAIRN_RETURN_IF_ERROR(add(key, value));
  }
  CAIRN_RETURN_IF_ERROR(builder.Finish());
  commit.CheckBeforeSwitch([index_path = index->path(), contents,
                            files = std::move(files)](FileSystem& fs) {
    return CheckWritten(fs, index_path, contents, files);
  });
  RemoveSurplusShards(commit, prefix);
  return OkStatus();
}

}  // namespace cairn::bundle
