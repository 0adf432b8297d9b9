// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A hostile directory of a prefix `d/model`, with its journal: whatever the
// journal says, reading through it, rolling it forward and cleaning up touch no
// file but those of the prefix. The input is an archive of names in `d` and
// contents.
#include <map>
#include <set>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/crc32c.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "fuzz/archive.h"
#include "fuzz/target.h"

namespace cairn::fuzz {
namespace {

constexpr std::string_view kHeader = "cairn-journal 1\n";
const char kPrefix[] = "d/model";

using Files = std::map<std::string, std::string>;

Files Strangers(const MemoryFileSystem& fs) {
  Files files = fs.Files();
  std::erase_if(
      files, [](const auto& file) { return file.first.starts_with(kPrefix); });
  return files;
}

void RequireResolved(MemoryFileSystem& fs, const std::string& path) {
  const auto resolved = ResolveCommitted(fs, kPrefix, path);
  if (!resolved.ok()) return;
  Require(*resolved == path || (resolved->starts_with(path + ".cairn-tmp-") &&
                                fs.Exists(*resolved)));
}

Status Run(std::string_view input) {
  MemoryFileSystem fs;
  fs.Put("d/models.index", "another's");
  fs.Put("d/checkpoint", "another's");
  fs.Put("e/model.index", "another's");
  fs.Put("model.index", "another's");
  for (ArchivedFile& file : ParseArchive(input)) {
    if (file.name.empty() || file.name.find('/') != std::string::npos ||
        file.name == "." || file.name == "..") {
      continue;
    }
    fs.Put("d/" + file.name, std::move(file.contents));
  }
  const Files strangers = Strangers(fs);
  const Files all = fs.Files();
  for (const auto& [path, contents] : all) RequireResolved(fs, path);
  Require(fs.Files() == all);  // reading changes nothing

  const Status status = RollForward(fs, kPrefix);
  Require(Strangers(fs) == strangers);
  // Nothing is invented: every contents was there before.
  std::multiset<std::string> before;
  for (const auto& [path, contents] : all) before.insert(contents);
  for (const auto& [path, contents] : fs.Files()) {
    const auto found = before.find(contents);
    Require(found != before.end());
    before.erase(found);
  }
  if (status.ok()) {
    Require(!HasJournal(fs, kPrefix));
    const Files settled = fs.Files();
    Require(RollForward(fs, kPrefix).ok() && fs.Files() == settled);
  } else {
    Require(fs.Exists(JournalPath(kPrefix)));
  }
  RemoveStaleTemporaries(fs, kPrefix).IgnoreError();
  Require(Strangers(fs) == strangers);
  return status;
}

// Puts the right checksum into a journal.
void RepairJournal(std::string& text) {
  const size_t body = kHeader.size() + 9;
  if (text.size() < body || !text.starts_with(kHeader)) return;
  const std::string crc =
      Hex(Crc32c(std::string_view(text).substr(body)), 8) + "\n";
  text.replace(kHeader.size(), 9, crc);
}

void Mutate(std::string& input, size_t max, uint32_t seed, ByteMutator bytes) {
  std::vector<ArchivedFile> files = ParseArchive(input);
  ArchivedFile* const journal = FindFile(files, "model.cairn-journal");
  MutateText(journal != nullptr && seed % 4 != 0 ? journal->contents : input,
             max, bytes);
  if (journal == nullptr || seed % 4 == 0) return;
  RepairJournal(journal->contents);
  input = FormatArchive(files);
}

}  // namespace

const Target kJournalTarget = {"journal", Run, Mutate};

}  // namespace cairn::fuzz
