// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: crash_states [--unsynced N] [--saves N] [--every N]
//                     [--without file-syncs|directory-syncs|syncs] [MODE...]
//
// For every way of saving: every state that a power cut may leave after every
// file operation (base/memory_file_system.h says which these are; complete when
// at most N effects, 3 by default, are not synced). In each, the checkpoint
// that a restarted program finds must be the last one whose save was reported,
// or the one being saved, whole. In every N-th state, 16 by default, the
// program also goes on: its next save must be found.
//
// Prints the states of each mode and how many of them lost something. Without
// one kind of syncs every mode must lose something: else these states would
// prove nothing.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "save_modes.h"
#include "without_syncs.h"

namespace cairn::reliability {
namespace {

struct Options {
  int unsynced = 3;
  int saves = 3;
  int every = 16;
  Syncs syncs;
  std::vector<std::string> modes;
};

class Sweep {
 public:
  Sweep(const SaveMode& mode, const Options& options)
      : mode_(mode), options_(options) {}

  uint64_t Run() {
    WithoutSyncs<MemoryFileSystem> fs(options_.syncs);
    std::vector<size_t> reported;  // operations when a save was, from 1 on
    {
      const auto run = mode_.begin(fs, "d");
      for (int value = 1; value <= options_.saves; ++value) {
        const Status status = run->Save(value);
        if (!status.ok()) return Wrong("cannot save", Message(status));
        if (value == 1) fs.ClearLog();
        reported.push_back(fs.log().size());
      }
    }
    const size_t operations = reported.back();
    for (size_t n = 0; n <= operations; ++n) {
      int last = 0;
      while (last < options_.saves &&
             reported[static_cast<size_t>(last)] <= n) {
        ++last;
      }
      states_ += fs.CrashImages(n, options_.unsynced, [&](auto& image) {
        Check(image, last, StrCat("after ", n, " of ", operations));
      });
    }
    std::printf(
        "%-28s %4zu operations %9llu states %7llu continued %llu lost\n",
        mode_.name.c_str(), operations,
        static_cast<unsigned long long>(states_),
        static_cast<unsigned long long>(continued_),
        static_cast<unsigned long long>(lost_));
    return lost_;
  }

  uint64_t states() const { return states_; }

 private:
  void Check(MemoryFileSystem& image, int last, const std::string& when) {
    const StatusOr<int> found = mode_.read(image, "d");
    if (!found.ok()) {
      Wrong(when, Message(found.status()));
      return;
    }
    if (*found != last && *found != last + 1) {
      Wrong(when, StrCat("found ", *found, ", reported ", last));
      return;
    }
    if (++checked_ % static_cast<uint64_t>(options_.every) != 0) return;
    ++continued_;
    constexpr int kNext = 77;
    const auto run = mode_.begin(image, "d");
    const Status saved = run->Save(kNext);
    const StatusOr<int> next = mode_.read(image, "d");
    if (!saved.ok() || !next.ok() || *next != kNext) {
      Wrong(when, StrCat("going on: ", Message(saved), " ",
                         next.ok() ? StrCat(*next) : Message(next.status())));
    }
  }

  uint64_t Wrong(const std::string& when, const std::string& what) {
    if (++lost_ <= 5 && options_.syncs.all()) {
      std::printf("%s: %s: %s\n", mode_.name.c_str(), when.c_str(),
                  what.c_str());
    }
    return lost_;
  }

  const SaveMode& mode_;
  const Options& options_;
  uint64_t states_ = 0;
  uint64_t checked_ = 0;
  uint64_t continued_ = 0;
  uint64_t lost_ = 0;
};

bool ParseOptions(std::span<char*> arguments, Options* options) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (!name.starts_with("--")) {
      options->modes.emplace_back(name);
      continue;
    }
    if (name == "--without" && i + 1 < arguments.size()) {
      if (!options->syncs.LeaveOut(arguments[++i])) return false;
      continue;
    }
    int* const number = name == "--unsynced" ? &options->unsynced
                        : name == "--saves"  ? &options->saves
                        : name == "--every"  ? &options->every
                                             : nullptr;
    if (number == nullptr || ++i == arguments.size()) return false;
    const char* const end = arguments[i] + std::strlen(arguments[i]);
    if (std::from_chars(arguments[i], end, *number).ptr != end) return false;
    if (*number < 1) return false;
  }
  return true;
}

int Main(std::span<char*> arguments) {
  Options options;
  if (!ParseOptions(arguments, &options)) {
    std::printf(
        "usage: crash_states [--unsynced N] [--saves N] [--every N] "
        "[--without file-syncs|directory-syncs|syncs] [MODE...]\n");
    return 2;
  }
  uint64_t states = 0, lost = 0;
  bool all_lose = true;
  for (const SaveMode& mode : SaveModes(8)) {
    if (!options.modes.empty() &&
        std::find(options.modes.begin(), options.modes.end(), mode.name) ==
            options.modes.end()) {
      continue;
    }
    Sweep sweep(mode, options);
    const uint64_t lost_here = sweep.Run();
    all_lose = all_lose && lost_here > 0;
    lost += lost_here;
    states += sweep.states();
  }
  std::printf("%llu states, %llu lost\n",
              static_cast<unsigned long long>(states),
              static_cast<unsigned long long>(lost));
  if (states == 0) return 1;
  return (options.syncs.all() ? lost == 0 : all_lose) ? 0 : 1;
}

}  // namespace
}  // namespace cairn::reliability

int main(int argc, char** argv) {
  return cairn::reliability::Main({argv + 1, static_cast<size_t>(argc - 1)});
}
