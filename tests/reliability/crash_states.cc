// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: crash_states [--unsynced N] [--saves N] [--every N]
//                     [--without file-syncs|directory-syncs|syncs] [MODE...]
//        crash_states --write DIR [--sample N] [--unsynced N] [--saves N] MODE
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
//
// --write puts N of the states or a few more, 200 by default, evenly spread,
// into directories DIR/0, DIR/1, ..., for other programs to read, and the
// number of the last reported save of each as a line of DIR/reported.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
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
  std::string write;  // directory; "": not asked for
  int sample = 200;
  std::vector<std::string> modes;
};

// All saves of one way of saving, and when each was reported.
class History {
 public:
  // `last` is the number of the save reported last, `n` of `operations`.
  using Visit =
      std::function<void(MemoryFileSystem& image, int last, size_t n)>;

  explicit History(const Options& options)
      : options_(options), fs_(options.syncs) {}

  Status Run(const SaveMode& mode) {
    const auto run = mode.begin(fs_, "d");
    for (int value = 1; value <= options_.saves; ++value) {
      CAIRN_RETURN_IF_ERROR(run->Save(value));
      if (value == 1) fs_.ClearLog();
      reported_.push_back(fs_.log().size());
    }
    return OkStatus();
  }

  size_t operations() const { return reported_.back(); }

  // How many states there are.
  uint64_t Sweep(const Visit& visit) const {
    uint64_t states = 0;
    for (size_t n = 0; n <= operations(); ++n) {
      int last = 0;
      while (last < options_.saves &&
             reported_[static_cast<size_t>(last)] <= n) {
        ++last;
      }
      states += fs_.CrashImages(n, options_.unsynced,
                                [&](auto& image) { visit(image, last, n); });
    }
    return states;
  }

 private:
  const Options& options_;
  WithoutSyncs<MemoryFileSystem> fs_;
  std::vector<size_t> reported_;  // operations by then, from save 1 on
};

class Sweep {
 public:
  Sweep(const SaveMode& mode, const Options& options)
      : mode_(mode), options_(options) {}

  uint64_t Run() {
    History history(options_);
    const Status status = history.Run(mode_);
    if (!status.ok()) return Wrong("cannot save", Message(status));
    states_ = history.Sweep([&](auto& image, int last, size_t n) {
      Check(image, last, StrCat("after ", n, " of ", history.operations()));
    });
    std::printf(
        "%-28s %4zu operations %9llu states %7llu continued %llu lost\n",
        mode_.name.c_str(), history.operations(),
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

Status WriteState(const MemoryFileSystem& image, const std::string& dir) {
  for (const auto& [path, contents] : image.Files()) {
    const std::filesystem::path to = StrCat(dir, path.substr(1));  // below "d"
    std::filesystem::create_directories(to.parent_path());
    std::ofstream out(to, std::ios::binary);
    out.write(contents.data(), static_cast<std::streamsize>(contents.size()));
    out.close();
    if (!out) return DataLossError(StrCat(to.string(), ": cannot be written"));
  }
  return OkStatus();
}

// Every so many-th state of the mode into a directory of its own.
Status WriteStates(const SaveMode& mode, const Options& options) {
  History history(options);
  CAIRN_RETURN_IF_ERROR(history.Run(mode));
  const uint64_t states = history.Sweep([](auto&, int, size_t) {});
  const auto sample = static_cast<uint64_t>(options.sample);
  const uint64_t step = std::max<uint64_t>(1, states / sample);
  std::filesystem::create_directories(options.write);
  std::ofstream list(StrCat(options.write, "/reported"));
  uint64_t seen = 0, written = 0;
  Status status;
  history.Sweep([&](auto& image, int last, size_t) {
    if (seen++ % step != 0) return;
    status.Update(WriteState(image, StrCat(options.write, "/", written++)));
    list << last << "\n";
  });
  list.close();
  if (!list) status.Update(DataLossError("cannot write the list of states"));
  std::printf("%s: %llu of %llu states written\n", mode.name.c_str(),
              static_cast<unsigned long long>(written),
              static_cast<unsigned long long>(states));
  return status;
}

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
    if (name == "--write" && i + 1 < arguments.size()) {
      options->write = arguments[++i];
      continue;
    }
    int* const number = name == "--unsynced" ? &options->unsynced
                        : name == "--sample" ? &options->sample
                        : name == "--saves"  ? &options->saves
                        : name == "--every"  ? &options->every
                                             : nullptr;
    if (number == nullptr || ++i == arguments.size()) return false;
    const char* const end = arguments[i] + std::strlen(arguments[i]);
    if (std::from_chars(arguments[i], end, *number).ptr != end) return false;
    if (*number < 1) return false;
  }
  return options->write.empty() || options->modes.size() == 1;
}

int Main(std::span<char*> arguments) {
  Options options;
  if (!ParseOptions(arguments, &options)) {
    std::printf(
        "usage: crash_states [--unsynced N] [--saves N] [--every N] "
        "[--without file-syncs|directory-syncs|syncs] [MODE...]\n"
        "       crash_states --write DIR [--sample N] [--unsynced N] "
        "[--saves N] MODE\n");
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
    if (!options.write.empty()) {
      const Status status = WriteStates(mode, options);
      if (!status.ok()) std::printf("%s\n", Message(status).c_str());
      return status.ok() ? 0 : 1;
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
