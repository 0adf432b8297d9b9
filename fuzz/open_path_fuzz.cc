// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A hostile directory tree and a path that somebody typed: located, opened,
// listed and read as the tool does it. Looking changes nothing; removing a
// checkpoint touches no file but its own. The input is an archive of paths and
// contents; the contents of the file named "" are the path.
#include <map>
#include <vector>

#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/inspect/locate.h"
#include "cairn/inspect/source.h"
#include "cairn/state/checkpoint_state.h"
#include "fuzz/archive.h"
#include "fuzz/bundle_repair.h"
#include "fuzz/target.h"

namespace cairn::fuzz {
namespace {

constexpr int kMaxEntries = 32;

Status ReadSource(const inspect::CheckpointSource& source) {
  source.Files().status().IgnoreError();
  Status first;
  const auto note = [&](const Status& status) {
    if (first.ok()) first = status;
    return status.ok();
  };
  const auto it = source.NewIterator();
  for (int i = 0; it->Valid() && i < kMaxEntries; it->Next(), ++i) {
    const std::string key(it->key());
    const auto entry = it->entry();
    if (!note(entry.status())) continue;
    const auto tensor = source.Read(key);
    const auto held = source.Hold(key);
    Require(tensor.ok() == held.ok());
    if (held.ok()) Require(BitwiseEqual(held->view(), tensor->view()));
    note(tensor.status());
    uint64_t streamed = 0;
    const Status stream = source.Stream(*entry, [&](std::string_view bytes) {
      streamed += bytes.size();
      return OkStatus();
    });
    Require(stream.ok() || !tensor.ok());
    if (tensor.ok() && IsFixedSize(tensor->dtype())) {
      Require(streamed == tensor->bytes().size());
    }
  }
  note(it->status());
  return first;
}

Status OpenAndRead(FileSystem& fs, const inspect::Target& target) {
  inspect::LocateMetaGraph(fs, target).status().IgnoreError();
  const auto source = inspect::CheckpointSource::Open(fs, target);
  return source.ok() ? ReadSource(**source) : source.status();
}

void AskState(FileSystem& fs, const std::string& dir) {
  const auto latest = state::LatestCheckpoint(fs, dir);
  if (latest.ok()) Require(state::CheckpointExists(fs, *latest));
  state::GetCheckpointState(fs, dir).status().IgnoreError();
  state::ScanForCheckpoints(fs, dir).status().IgnoreError();
}

// Only files whose names start with the prefix may go.
void RemoveOne(MemoryFileSystem& fs, const std::string& prefix) {
  const auto before = fs.Files();
  state::RemoveCheckpoint(fs, prefix, state::RemoveMeta::kKeep).IgnoreError();
  const auto after = fs.Files();
  for (const auto& [path, contents] : before) {
    Require(after.contains(path) ||
            BaseName(path).starts_with(BaseName(prefix)));
  }
  Require(after.size() <= before.size());
}

Status Run(std::string_view input) {
  MemoryFileSystem fs;
  std::string typed = "d";
  for (ArchivedFile& file : ParseArchive(input)) {
    if (file.name.empty()) {
      typed = std::move(file.contents);
    } else if (file.name.find_first_not_of("/.") != std::string::npos &&
               !file.name.ends_with('/') && !file.name.ends_with("/.")) {
      fs.Put(file.name, std::move(file.contents));
    }
  }
  const auto before = fs.Files();
  inspect::Locate(fs, typed).status().IgnoreError();
  const auto target = inspect::LocateCheckpoint(fs, typed);
  const Status status =
      target.ok() ? OpenAndRead(fs, *target) : target.status();
  AskState(fs, typed);
  state::ListDataFiles(fs, typed).status().IgnoreError();
  Require(fs.Files() == before);
  RemoveOne(fs, typed);
  return status;
}

void Mutate(std::string& input, size_t max, uint32_t seed, ByteMutator bytes) {
  SmallRandom random(seed);
  std::vector<ArchivedFile> files = ParseArchive(input);
  if (files.empty() || random.OneIn(8)) return MutateText(input, max, bytes);
  ArchivedFile& file = files[random.Below(files.size())];
  if (random.OneIn(4)) {
    MutateText(file.name, 64, bytes);
  } else if (file.name.ends_with(".index")) {
    MutateBundle(files, file, max, random, bytes);
  } else {
    MutateText(file.contents, max, bytes);
  }
  input = FormatArchive(files);
}

}  // namespace

const Target kOpenPathTarget = {"open_path", Run, Mutate};

}  // namespace cairn::fuzz
