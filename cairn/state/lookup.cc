// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Which checkpoints are there: exists, latest, scan, remove. Every name is
// compared literally; nothing in a path is a pattern.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>

#include "cairn/base/commit.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::state {
namespace {

// How often a state file that is being written is read again.
constexpr int kMaxRereads = 100;

constexpr std::string_view kIndexSuffix = ".index";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t CountDigits(std::string_view text) {
  size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  return count;
}

// Compares runs of digits by value, so that ckpt-9 comes before ckpt-10.
bool NaturalLess(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a, whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (!IsDigit(a[0]) || !IsDigit(b[0])) {
      if (a[0] != b[0]) {
        return static_cast<unsigned char>(a[0]) <
               static_cast<unsigned char>(b[0]);
      }
      a.remove_prefix(1);
      b.remove_prefix(1);
      continue;
    }
    std::string_view number_a = a.substr(0, CountDigits(a));
    std::string_view number_b = b.substr(0, CountDigits(b));
    a.remove_prefix(number_a.size());
    b.remove_prefix(number_b.size());
    while (number_a.starts_with('0')) number_a.remove_prefix(1);
    while (number_b.starts_with('0')) number_b.remove_prefix(1);
    if (number_a.size() != number_b.size()) {
      return number_a.size() < number_b.size();
    }
    if (number_a != number_b) return number_a < number_b;
  }
  if (a.empty() != b.empty()) return a.empty();
  return whole_a < whole_b;
}

// N of a prefix that ends in "-N"; nothing for others and for numbers beyond 18
// digits.
std::optional<int64_t> TrailingNumber(std::string_view prefix) {
  size_t begin = prefix.size();
  while (begin > 0 && IsDigit(prefix[begin - 1])) --begin;
  const size_t digits = prefix.size() - begin;
  if (digits == 0 || digits > 18 || begin == 0 || prefix[begin - 1] != '-') {
    return std::nullopt;
  }
  int64_t value = 0;
  for (const char c : prefix.substr(begin)) value = value * 10 + (c - '0');
  // "ckpt--1": the number after a dash of its own is negative.
  return begin >= 2 && prefix[begin - 2] == '-' ? -value : value;
}

// Whether `rest` is "-00000-of-00001" (of 5 digits or more each).
bool IsShardSuffix(std::string_view rest) {
  if (!rest.starts_with('-')) return false;
  rest.remove_prefix(1);
  const size_t shard = CountDigits(rest);
  rest.remove_prefix(shard);
  if (!rest.starts_with("-of-")) return false;
  rest.remove_prefix(4);
  const size_t count = CountDigits(rest);
  return shard >= 5 && count >= 5 && count == rest.size();
}

// ResourceExhausted rather than a no that more memory or descriptors would make
// a yes.
StatusOr<bool> IsFile(FileSystem& fs, const std::string& path) {
  const StatusOr<FileInfo> info = fs.Stat(path);
  if (absl::IsResourceExhausted(info.status())) return info.status();
  return info.ok() && info->kind == FileInfo::Kind::kFile;
}

// Whether there is a file `path`, of `prefix`, by its name or in a journal.
StatusOr<bool> IsCommittedFile(FileSystem& fs, const std::string& prefix,
                               const std::string& path) {
  const StatusOr<std::string> file = ResolveCommitted(fs, prefix, path);
  if (absl::IsResourceExhausted(file.status())) return file.status();
  if (!file.ok()) return false;
  return IsFile(fs, *file);
}

// "<path>-00000-of-00002" of the pattern "<path>-?????-of-00002", by which a
// state file names a V1 checkpoint in shards.
struct ShardPattern {
  std::string_view path;  // "<path>"
  std::string_view back;  // "-of-00002"
  std::string FirstShard() const { return StrCat(path, "-00000", back); }
};
std::optional<ShardPattern> ParsePattern(std::string_view pattern) {
  constexpr std::string_view kAnyShard = "-?????";
  const size_t of = pattern.rfind("-of-");
  if (of == std::string_view::npos) return std::nullopt;
  const std::string_view front = pattern.substr(0, of);
  const std::string_view back = pattern.substr(of);
  if (!front.ends_with(kAnyShard) || !IsShardSuffix(StrCat("-00000", back))) {
    return std::nullopt;
  }
  return ShardPattern{front.substr(0, front.size() - kAnyShard.size()), back};
}

// Whether `name` is "<base>-DDDDD<back>".
bool IsShardOf(std::string_view name, std::string_view base,
               std::string_view back) {
  if (!name.starts_with(base) || !name.ends_with(back)) return false;
  if (name.size() != base.size() + 6 + back.size()) return false;
  const std::string_view shard = name.substr(base.size(), 6);
  return shard[0] == '-' && CountDigits(shard.substr(1)) == 5;
}

Status RemoveIfThere(FileSystem& fs, const std::string& path) {
  const Status status = fs.Remove(path);
  return absl::IsNotFound(status) ? OkStatus() : status;
}

// The newest index of the directory by number, then by time.
StatusOr<std::string> NewestByScan(FileSystem& fs, const std::string& dir) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> prefixes,
                         ScanForCheckpoints(fs, dir));
  using Age = std::tuple<bool, int64_t, double>;
  std::optional<Age> newest;
  std::string best;
  for (const std::string& prefix : prefixes) {
    const StatusOr<FileInfo> info = fs.Stat(StrCat(prefix, kIndexSuffix));
    if (absl::IsResourceExhausted(info.status())) return info.status();
    if (!info.ok()) continue;  // gone meanwhile
    const std::optional<int64_t> number = TrailingNumber(prefix);
    const Age age(number.has_value(), number.value_or(0), info->mtime);
    if (newest && age < *newest) continue;
    newest = age;
    best = prefix;
  }
  if (!newest) return NotFoundError(StrCat("no .index file in ", Escape(dir)));
  return best;
}

void SetNote(std::string* note, std::string text) {
  if (note != nullptr) *note = std::move(text);
}

// Whether the latest that `state` names is there. One that was evicted since
// the state file was read is looked for again where the file names it now: the
// directory may already hold one that its writer has not reported yet.
StatusOr<bool> FindNamedNow(FileSystem& fs, const std::string& dir,
                            std::string_view file_name,
                            CheckpointState* state) {
  for (int i = 0; i < kMaxRereads; ++i) {
    CAIRN_ASSIGN_OR_RETURN(const bool is_there,
                           FindCheckpoint(fs, state->model_checkpoint_path));
    if (is_there) return true;
    StatusOr<CheckpointState> now = GetCheckpointState(fs, dir, file_name);
    if (!now.ok() ||
        now->model_checkpoint_path == state->model_checkpoint_path) {
      break;
    }
    *state = *std::move(now);
  }
  return false;
}

}  // namespace

StatusOr<bool> FindCheckpoint(FileSystem& fs, const std::string& prefix) {
  if (prefix.empty()) return false;
  CAIRN_ASSIGN_OR_RETURN(
      const bool is_bundle,
      IsCommittedFile(fs, prefix, StrCat(prefix, kIndexSuffix)));
  if (is_bundle) return true;
  CAIRN_ASSIGN_OR_RETURN(const bool is_v1, IsCommittedFile(fs, prefix, prefix));
  if (is_v1) return true;
  const std::optional<ShardPattern> pattern = ParsePattern(prefix);
  if (!pattern) return false;
  return IsCommittedFile(fs, std::string(pattern->path), pattern->FirstShard());
}

bool CheckpointExists(FileSystem& fs, const std::string& prefix) {
  const StatusOr<bool> exists = FindCheckpoint(fs, prefix);
  return exists.ok() && *exists;
}

StatusOr<std::string> LatestCheckpoint(FileSystem& fs, const std::string& dir,
                                       std::string_view file_name,
                                       std::string* note) {
  return GuardMemory(dir, [&]() -> StatusOr<std::string> {
    SetNote(note, "");
    const std::string state_file = Escape(JoinPath(dir, file_name));
    std::string why;
    StatusOr<CheckpointState> state = GetCheckpointState(fs, dir, file_name);
    if (state.ok()) {
      CAIRN_ASSIGN_OR_RETURN(const bool is_there,
                             FindNamedNow(fs, dir, file_name, &*state));
      if (is_there) return state->model_checkpoint_path;
      why = StrCat(state_file, " names ", Escape(state->model_checkpoint_path),
                   " as the latest, which is not there");
      const std::vector<std::string>& all = state->all_model_checkpoint_paths;
      for (auto path = all.rbegin(); path != all.rend(); ++path) {
        CAIRN_ASSIGN_OR_RETURN(const bool exists, FindCheckpoint(fs, *path));
        if (!exists) continue;
        SetNote(note, StrCat(why, "; took ", Escape(*path),
                             ", the newest listed one that is"));
        return *path;
      }
    } else if (absl::IsUnavailable(state.status()) ||
               absl::IsResourceExhausted(state.status())) {
      return state.status();  // asking again may give the right answer
    } else if (absl::IsNotFound(state.status())) {
      why = StrCat("there is no ", state_file);
    } else {
      why = Message(state.status());
    }
    StatusOr<std::string> found = NewestByScan(fs, dir);
    if (found.ok()) {
      SetNote(note, StrCat(why, "; took ", Escape(*found),
                           ", the newest index in the directory"));
      return found;
    }
    if (!absl::IsNotFound(found.status())) return found;
    return NotFoundError(
        StrCat("no checkpoint in ",
               dir.empty() ? "the working directory" : Escape(dir), ": ", why));
  });
}

StatusOr<std::string> StrictLatestCheckpoint(FileSystem& fs,
                                             const std::string& dir,
                                             std::string_view file_name,
                                             std::string* note) {
  return GuardMemory(dir, [&]() -> StatusOr<std::string> {
    SetNote(note, "");
    const StatusOr<CheckpointState> state =
        GetCheckpointState(fs, dir, file_name);
    if (absl::IsUnavailable(state.status()) ||
        absl::IsResourceExhausted(state.status())) {
      return state.status();  // asking again may give the right answer
    }
    if (!state.ok()) {
      const std::string why = Message(state.status());
      if (ReadCheckpointState(fs, dir, file_name).ok()) {
        return InvalidArgumentError(why);  // parses, but names none
      }
      if (!absl::IsNotFound(state.status())) SetNote(note, why);
      return NotFoundError(why);
    }
    const std::string& latest = state->model_checkpoint_path;
    CAIRN_ASSIGN_OR_RETURN(const bool is_there, FindCheckpoint(fs, latest));
    if (is_there) return latest;
    const std::string why =
        StrCat("Couldn't match files for checkpoint ", Escape(latest));
    SetNote(note, why);
    return NotFoundError(why);
  });
}

StatusOr<std::optional<double>> CheckpointMtime(FileSystem& fs,
                                                const std::string& prefix) {
  return GuardMemory(prefix, [&]() -> StatusOr<std::optional<double>> {
    std::vector<std::string> files = {StrCat(prefix, kIndexSuffix), prefix};
    if (const auto pattern = ParsePattern(prefix)) {
      files.push_back(pattern->FirstShard());
    }
    if (prefix.empty()) return std::optional<double>();
    const StatusOr<std::string> index = ResolveCommitted(fs, prefix, files[0]);
    if (absl::IsResourceExhausted(index.status())) return index.status();
    if (index.ok()) files[0] = *index;
    for (const std::string& file : files) {
      const StatusOr<FileInfo> info = fs.Stat(file);
      if (absl::IsResourceExhausted(info.status())) return info.status();
      if (info.ok() && info->kind == FileInfo::Kind::kFile) {
        return std::optional<double>(info->mtime);
      }
    }
    return std::optional<double>();
  });
}

StatusOr<std::vector<double>> GetCheckpointMtimes(
    FileSystem& fs, const std::vector<std::string>& prefixes) {
  return GuardMemory("checkpoints", [&]() -> StatusOr<std::vector<double>> {
    std::vector<double> times;
    for (const std::string& prefix : prefixes) {
      CAIRN_ASSIGN_OR_RETURN(const std::optional<double> time,
                             CheckpointMtime(fs, prefix));
      if (time) times.push_back(*time);
    }
    return times;
  });
}

StatusOr<std::vector<std::string>> ScanForCheckpoints(FileSystem& fs,
                                                      const std::string& dir) {
  return GuardMemory(dir, [&]() -> StatusOr<std::vector<std::string>> {
    CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> names, fs.List(dir));
    std::vector<std::string> prefixes;
    for (std::string_view name : names) {
      if (!name.ends_with(kIndexSuffix)) continue;
      CAIRN_ASSIGN_OR_RETURN(const bool is_file,
                             IsFile(fs, JoinPath(dir, name)));
      if (!is_file) continue;
      name.remove_suffix(kIndexSuffix.size());
      if (!name.empty()) prefixes.push_back(JoinPath(dir, name));
    }
    std::sort(prefixes.begin(), prefixes.end(), NaturalLess);
    return prefixes;
  });
}

StatusOr<std::vector<std::string>> ListDataFiles(FileSystem& fs,
                                                 const std::string& prefix) {
  return GuardMemory(prefix, [&]() -> StatusOr<std::vector<std::string>> {
    const std::string dir(DirName(prefix));
    const std::string start = StrCat(BaseName(prefix), ".data");
    const StatusOr<std::vector<std::string>> names = fs.List(dir);
    std::vector<std::string> files;
    if (absl::IsNotFound(names.status())) return files;
    CAIRN_RETURN_IF_ERROR(names.status());
    for (const std::string& name : *names) {
      if (!name.starts_with(start)) continue;
      if (IsShardSuffix(std::string_view(name).substr(start.size()))) {
        files.push_back(JoinPath(dir, name));
      }
    }
    return files;
  });
}

std::string MetaGraphPath(std::string_view prefix, std::string_view suffix) {
  // "-<digits or ?>-of-<digits>" at the end.
  const size_t of = prefix.rfind("-of-");
  if (of != std::string_view::npos && of + 4 < prefix.size() &&
      CountDigits(prefix.substr(of + 4)) == prefix.size() - of - 4) {
    size_t begin = of;
    while (begin > 0 &&
           (IsDigit(prefix[begin - 1]) || prefix[begin - 1] == '?')) {
      --begin;
    }
    if (begin < of && begin > 0 && prefix[begin - 1] == '-') {
      prefix = prefix.substr(0, begin - 1);
    }
  }
  return StrCat(prefix, ".", suffix);
}

Status RemoveCheckpoint(FileSystem& fs, const std::string& prefix,
                        RemoveMeta meta, std::string_view meta_suffix) {
  return GuardMemory(prefix, [&]() -> Status {
    // A switch that was cut off would bring files back.
    CAIRN_RETURN_IF_ERROR(RollForward(fs, prefix));
    CAIRN_RETURN_IF_ERROR(RemoveIfThere(fs, StrCat(prefix, kIndexSuffix)));
    CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> files,
                           ListDataFiles(fs, prefix));
    Status result;  // the first failure; the others are still tried
    for (const std::string& file : files)
      result.Update(RemoveIfThere(fs, file));
    if (meta == RemoveMeta::kWithMeta) {
      result.Update(RemoveIfThere(fs, MetaGraphPath(prefix, meta_suffix)));
    }
    return result;
  });
}

Status RemoveV1Checkpoint(FileSystem& fs, const std::string& prefix,
                          RemoveMeta meta, std::string_view meta_suffix) {
  return GuardMemory(prefix, [&]() -> Status {
    const std::optional<ShardPattern> pattern = ParsePattern(prefix);
    const std::string path(pattern ? pattern->path : prefix);
    // A switch that was cut off would bring files back.
    CAIRN_RETURN_IF_ERROR(RollForward(fs, path));
    Status result;  // the first failure; the others are still tried
    if (!pattern) {
      result.Update(RemoveIfThere(fs, prefix));
    } else {
      const StatusOr<std::vector<std::string>> names =
          fs.List(std::string(DirName(path)));
      if (!absl::IsNotFound(names.status())) {
        CAIRN_RETURN_IF_ERROR(names.status());
        for (const std::string& name : *names) {
          if (!IsShardOf(name, BaseName(path), pattern->back)) continue;
          result.Update(RemoveIfThere(fs, JoinPath(DirName(path), name)));
        }
      }
    }
    if (meta == RemoveMeta::kWithMeta) {
      result.Update(RemoveIfThere(fs, MetaGraphPath(prefix, meta_suffix)));
    }
    return result;
  });
}

}  // namespace cairn::state
