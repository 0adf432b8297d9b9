// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/v1/shard_names.h"

#include <algorithm>
#include <set>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"

namespace cairn::v1 {
namespace {

constexpr size_t kDigits = 5;
constexpr std::string_view kAnyShard = "?????";
constexpr std::string_view kOf = "-of-";

std::string FiveDigits(int32_t number) {
  const std::string digits = StrCat(number);
  return digits.size() < kDigits
             ? std::string(kDigits - digits.size(), '0') + digits
             : digits;
}

std::optional<int32_t> ParseFiveDigits(std::string_view text) {
  int32_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  if (text.size() != kDigits) return std::nullopt;
  return number;
}

bool IsFile(FileSystem& fs, const std::string& path) {
  const StatusOr<FileInfo> info = fs.Stat(path);
  return info.ok() && info->kind == FileInfo::Kind::kFile;
}

V1Files Sharded(std::string_view prefix, int32_t num_shards) {
  return {ShardedPattern(prefix, num_shards), std::string(prefix), num_shards};
}

// The numbers of shards of which `prefix` has any.
StatusOr<std::set<int32_t>> NumbersOfShards(FileSystem& fs,
                                            const std::string& prefix) {
  std::set<int32_t> numbers;
  const StatusOr<std::vector<std::string>> names =
      fs.List(std::string(DirName(prefix)));
  if (absl::IsNotFound(names.status())) return numbers;
  CAIRN_RETURN_IF_ERROR(names.status());
  for (const std::string& name : *names) {
    const std::optional<ShardedName> parsed = ParseShardedName(name);
    if (parsed && parsed->shard && parsed->path == BaseName(prefix)) {
      numbers.insert(parsed->num_shards);
    }
  }
  return numbers;
}

}  // namespace

std::string ShardedPattern(std::string_view path, int32_t num_shards) {
  return StrCat(path, "-", kAnyShard, kOf, FiveDigits(num_shards));
}

std::optional<ShardedName> ParseShardedName(std::string_view name) {
  constexpr size_t kSuffix = 1 + kDigits + kOf.size() + kDigits;
  if (name.size() <= kSuffix) return std::nullopt;
  const std::string_view suffix = name.substr(name.size() - kSuffix);
  const std::string_view shard = suffix.substr(1, kDigits);
  const std::optional<int32_t> number = ParseFiveDigits(shard);
  const std::optional<int32_t> of =
      ParseFiveDigits(suffix.substr(kSuffix - kDigits));
  if (suffix[0] != '-' || suffix.substr(1 + kDigits, kOf.size()) != kOf ||
      !of || *of == 0) {
    return std::nullopt;
  }
  if (shard != kAnyShard && (!number || *number >= *of)) return std::nullopt;
  return ShardedName{std::string(name.substr(0, name.size() - kSuffix)), number,
                     *of};
}

std::string V1Files::File(int32_t i) const {
  return num_shards == 0 ? path : ShardedFilename(prefix, i, num_shards);
}

StatusOr<V1Files> FindV1Files(FileSystem& fs, const std::string& path) {
  const std::optional<ShardedName> name = ParseShardedName(path);
  if (name && !name->shard) return Sharded(name->path, name->num_shards);
  const StatusOr<FileInfo> info = fs.Stat(path);
  if (absl::IsResourceExhausted(info.status())) return info.status();
  if (info.ok() && info->kind == FileInfo::Kind::kFile) {
    return name ? Sharded(name->path, name->num_shards)
                : V1Files{path, path, 0};
  }
  CAIRN_ASSIGN_OR_RETURN(const std::set<int32_t> numbers,
                         NumbersOfShards(fs, path));
  if (numbers.size() == 1) return Sharded(path, *numbers.begin());
  if (numbers.empty()) {
    return NotFoundError(
        StrCat("no V1 checkpoint ", Escape(path, 4096),
               ": there is no such file, and none of its shards"));
  }
  std::vector<std::string> patterns;
  for (const int32_t number : numbers) {
    patterns.push_back(Escape(ShardedPattern(path, number), 4096));
  }
  return InvalidArgumentError(StrCat(Escape(path, 4096),
                                     ": several checkpoints are there: say ",
                                     Join(patterns, " or ")));
}

bool AnyFileExists(FileSystem& fs, const V1Files& files) {
  if (IsFile(fs, files.File(0))) return true;
  if (files.num_shards == 0) return false;
  const StatusOr<std::set<int32_t>> numbers = NumbersOfShards(fs, files.prefix);
  return numbers.ok() && numbers->contains(files.num_shards);
}

}  // namespace cairn::v1
