// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/directory.h"

#include <algorithm>
#include <set>
#include <utility>

#include "cairn/base/endian.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/v1/shard_names.h"

namespace cairn::inspect {
namespace {

// The last 8 bytes of a sorted string table (docs/formats/table.md).
constexpr uint64_t kTableMagic = 0xdb4775248b80fb57ull;
constexpr uint64_t kTableFooterBytes = 48;

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::string> PrefixOfDataFile(std::string_view path) {
  const size_t dot = path.rfind(".data-");
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  const std::string_view numbers = path.substr(dot + 6);
  const size_t of = numbers.find("-of-");
  if (of == std::string_view::npos) return std::nullopt;
  if (!IsDigits(numbers.substr(0, of)) || !IsDigits(numbers.substr(of + 4))) {
    return std::nullopt;
  }
  return std::string(path.substr(0, dot));
}

std::string PrefixOfFileName(std::string_view path) {
  constexpr std::string_view kIndexSuffix = ".index";
  if (path.ends_with(kIndexSuffix)) {
    path.remove_suffix(kIndexSuffix.size());
    return std::string(path);
  }
  return PrefixOfDataFile(path).value_or("");
}

bool IsTemporary(std::string_view name) {
  return name.find(".cairn-tmp-") != std::string_view::npos ||
         name.ends_with(".cairn-journal") ||
         name.find(".tempstate") != std::string_view::npos;
}

StatusOr<bool> EndsLikeTable(FileSystem& fs, const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(auto file, fs.OpenForReading(path));
  if (file->size() < kTableFooterBytes) return false;
  char tail[8];
  CAIRN_RETURN_IF_ERROR(
      file->ReadAt(file->size() - sizeof tail, sizeof tail, tail));
  return LoadLittleEndian<uint64_t>(tail) == kTableMagic;
}

StatusOr<std::vector<Target>> LocateAll(FileSystem& fs,
                                        const std::string& dir) {
  return GuardMemory(dir, [&]() -> StatusOr<std::vector<Target>> {
    std::vector<Target> targets;
    CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> prefixes,
                           state::ScanForCheckpoints(fs, dir));
    for (const std::string& prefix : prefixes) {
      targets.push_back({TargetKind::kBundle, prefix, ""});
    }
    CAIRN_ASSIGN_OR_RETURN(std::vector<std::string> names, fs.List(dir));
    std::ranges::sort(names);
    std::set<std::string> patterns;
    for (const std::string& name : names) {
      if (IsTemporary(name) || !PrefixOfFileName(name).empty()) continue;
      const std::string path = JoinPath(dir, name);
      const StatusOr<FileInfo> info = fs.Stat(path);
      if (!info.ok() || info->kind != FileInfo::Kind::kFile) continue;
      const StatusOr<bool> is_table = EndsLikeTable(fs, path);
      if (absl::IsResourceExhausted(is_table.status())) {
        return is_table.status();
      }
      if (!is_table.ok() || !*is_table) continue;
      const auto shard = v1::ParseShardedName(name);
      if (!shard) {
        targets.push_back({TargetKind::kV1, path, ""});
        continue;
      }
      const std::string pattern =
          v1::ShardedPattern(JoinPath(dir, shard->path), shard->num_shards);
      if (patterns.insert(pattern).second) {
        targets.push_back({TargetKind::kV1, pattern, ""});
      }
    }
    return targets;
  });
}

}  // namespace cairn::inspect
