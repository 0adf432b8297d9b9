// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: every_byte [--sample N] [--random N] PREFIX...
//
// Changes every byte of every file of a checkpoint, one at a time, and shortens
// each file to every length, and asks VerifyCheckpoint each time: all of it
// must be found. With --sample only every N-th byte and length of files above 4
// KiB is taken; with --random also N changes of 2 to 8 bytes each, at random
// places.
//
// The `checkpoint` file beside the prefix is changed too. No checksum covers
// it; what is not noticed there is counted by the field that it stands in.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/inspect/locate.h"
#include "cairn/inspect/verify.h"
#include "cairn/state/checkpoint_state.h"

namespace {

using cairn::Status;
using cairn::StatusOr;
using cairn::StrCat;

constexpr uint64_t kMaxFile = uint64_t{1} << 30;
constexpr size_t kSmall = 4096;

struct Options {
  size_t sample = 1;
  uint64_t random = 0;
  std::vector<std::string> prefixes;
};

struct Tally {
  uint64_t tried = 0;
  uint64_t missed = 0;
};

class Checkpoint {
 public:
  // Copies the files into memory.
  static StatusOr<Checkpoint> Load(const std::string& prefix) {
    cairn::FileSystem& disk = cairn::LocalFileSystem();
    Checkpoint loaded;
    CAIRN_ASSIGN_OR_RETURN(loaded.target_,
                           cairn::inspect::LocateCheckpoint(disk, prefix));
    const std::string dir(cairn::DirName(prefix));
    CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                           disk.List(dir));
    const std::string base(cairn::BaseName(prefix));
    for (const std::string& name : names) {
      const bool is_state = name == cairn::state::kDefaultStateFile;
      const std::string path = cairn::JoinPath(dir, name);
      if (disk.IsDirectory(path)) continue;
      CAIRN_ASSIGN_OR_RETURN(loaded.files_[name],
                             disk.ReadFile(path, kMaxFile));
      // The neighbours are there, but only this checkpoint is changed.
      if (is_state || name == base || name.starts_with(base + ".index") ||
          name.starts_with(base + ".data") || name.starts_with(base + "-0")) {
        loaded.own_.push_back(name);
      }
    }
    loaded.target_.path = std::string(cairn::BaseName(loaded.target_.path));
    return loaded;
  }

  const std::vector<std::string>& files() const { return own_; }
  const std::string& contents(const std::string& name) const {
    return files_.at(name);
  }

  // Whether something is wrong when `name` holds `contents`.
  bool IsNoticed(const std::string& name, std::string contents) const {
    // A new one each time: it remembers every version of its files.
    cairn::MemoryFileSystem fs;
    for (const auto& [other, bytes] : files_) {
      if (other != name) fs.Put(other, bytes);
    }
    fs.Put(name, std::move(contents));
    const auto report =
        cairn::inspect::VerifyCheckpoint(fs, target_, {.threads = 1});
    return !report.ok() || !report->findings.empty();
  }

 private:
  cairn::inspect::Target target_;
  std::map<std::string, std::string> files_;
  std::vector<std::string> own_;
};

// The name of the field whose line byte `at` of a state file is in, and
// whether it is in its value.
std::string FieldAt(const std::string& text, size_t at) {
  const size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  const std::string line = text.substr(begin, text.find('\n', begin) - begin);
  return line.substr(0, line.find(':'));
}

bool CheckFile(const Checkpoint& checkpoint, const std::string& name,
               const Options& options) {
  const std::string& good = checkpoint.contents(name);
  const bool is_state = name == cairn::state::kDefaultStateFile;
  const size_t step = good.size() > kSmall ? options.sample : 1;
  Tally flips, lengths, random;
  std::map<std::string, uint64_t> unnoticed;
  std::mt19937_64 generator(20191218);
  for (size_t at = 0; at < good.size(); at += step) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 + generator() % 255));
    ++flips.tried;
    if (checkpoint.IsNoticed(name, std::move(bad))) continue;
    ++flips.missed;
    ++unnoticed[is_state ? FieldAt(good, at) : StrCat("byte ", at)];
  }
  for (size_t length = 0; length < good.size(); length += step) {
    ++lengths.tried;
    if (checkpoint.IsNoticed(name, good.substr(0, length))) continue;
    ++lengths.missed;
    ++unnoticed[is_state ? "its end" : StrCat("length ", length)];
  }
  for (uint64_t i = 0; i < options.random && !is_state; ++i) {
    std::string bad = good;
    for (uint64_t n = 2 + generator() % 7; n > 0 && !bad.empty(); --n) {
      bad[generator() % bad.size()] = static_cast<char>(generator());
    }
    if (bad == good) continue;
    ++random.tried;
    if (!checkpoint.IsNoticed(name, std::move(bad))) ++random.missed;
  }
  std::cout << "  " << name << ", " << good.size()
            << " bytes: " << flips.tried - flips.missed << " of " << flips.tried
            << " changed bytes, " << lengths.tried - lengths.missed << " of "
            << lengths.tried << " lengths";
  if (random.tried > 0) {
    std::cout << ", " << random.tried - random.missed << " of " << random.tried
              << " random changes";
  }
  std::cout << " noticed\n";
  for (const auto& [where, count] : unnoticed) {
    std::cout << "    not noticed in " << where << ": " << count << "\n";
  }
  return is_state || flips.missed + lengths.missed + random.missed == 0;
}

StatusOr<bool> CheckPrefix(const std::string& prefix, const Options& options) {
  CAIRN_ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::Load(prefix));
  std::cout << prefix << "\n";
  bool all = true;
  for (const std::string& name : checkpoint.files()) {
    if (checkpoint.IsNoticed(name, checkpoint.contents(name))) {
      std::cout << "  it is damaged already\n";
      return false;
    }
    all = CheckFile(checkpoint, name, options) && all;
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--sample" && i + 1 < argc) {
      options.sample = std::max(1ul, std::strtoul(argv[++i], nullptr, 10));
    } else if (argument == "--random" && i + 1 < argc) {
      options.random = std::strtoull(argv[++i], nullptr, 10);
    } else {
      options.prefixes.push_back(argument);
    }
  }
  bool all = !options.prefixes.empty();
  for (const std::string& prefix : options.prefixes) {
    const StatusOr<bool> good = CheckPrefix(prefix, options);
    if (!good.ok()) std::cerr << good.status() << "\n";
    all = good.ok() && *good && all;
  }
  return all ? 0 : 1;
}
