// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: power_cut [OPTIONS] count DIR
//        power_cut [OPTIONS] cut MODE DIR CALL WAIT_MS
//        power_cut check MODE DIR FIRST LAST
//
// One power cut of tests/reliability/power_cuts.
//
// count   each way of saving, with the number of file operations of its third
//         save: "23 overwrite"
// cut     saves 1 and 2 in DIR, then 3, of which every file operation from the
//         CALL-th on fails, as they would with the power gone; waits; then cuts
//         the power of the file system that holds DIR. With "any" for CALL it
//         saves on and on meanwhile. Prints the numbers of the first and the
//         last save that may be found.
// check   after the remount: 0 if the checkpoint in DIR is one of FIRST to
//         LAST, whole, and the program can go on saving there
//
//   --without file-syncs|directory-syncs|syncs
//                   what the saves leave out (without_syncs.h)
//   --copy FROM TO  the cut is an instant copy of FROM, the image that holds
//                   the file system, to TO (FICLONE); else the file system is
//                   shut down without writing its log back (ioctl)
//
// Either way what was written but not synced is gone unless the kernel wrote it
// meanwhile by itself.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cairn/base/fault_file_system.h"
#include "cairn/base/file_system.h"
#include "cairn/base/strings.h"
#include "save_modes.h"
#include "without_syncs.h"

namespace cairn::reliability {
namespace {

using FileSystemToCut = WithoutSyncs<FaultFileSystem>;

constexpr int kElements = 25000;

// Of ext4; xfs has the same number under another name.
constexpr unsigned long kShutdown = _IOR('X', 125, uint32_t);
constexpr uint32_t kWithoutLogFlush = 2;

struct Options {
  Syncs syncs;
  std::string copy_from, copy_to;
  std::vector<std::string> words;  // what is left of the command line
};

int Wrong(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  return 3;
}

// What cuts the power, opened before so that the cut itself is one call.
class Power {
 public:
  Power(const Options& options, const std::string& dir) {
    copies_ = !options.copy_to.empty();
    if (!copies_) {
      target_ = open(dir.c_str(), O_RDONLY | O_DIRECTORY);
      return;
    }
    from_ = open(options.copy_from.c_str(), O_RDONLY);
    target_ = open(options.copy_to.c_str(), O_WRONLY | O_CREAT, 0600);
  }
  bool Cut() const {
    uint32_t how = kWithoutLogFlush;
    const int done = copies_ ? ioctl(target_, FICLONE, from_)
                             : ioctl(target_, kShutdown, &how);
    if (done != 0) std::perror(copies_ ? "FICLONE" : "shutdown");
    return done == 0;
  }

 private:
  bool copies_ = false;
  int from_ = -1;
  int target_ = -1;
};

// Cuts it. A save that ends meanwhile, too, may be found, and so may the one
// after `reported`, up to `last`.
[[noreturn]] void End(const Power& power, const std::atomic<int>& reported,
                      int last) {
  const int first = reported;
  if (!power.Cut()) _exit(4);
  std::printf("%d %d\n", first, std::min(reported + 1, last));
  std::fflush(stdout);
  _exit(0);  // nothing tidies up after a power cut
}

// Two saves, and what is in `dir` is on the disk: without syncs, too, only what
// comes then is at stake.
Status SaveTwice(SaveRun& run, const std::string& dir) {
  for (const int value : {1, 2}) CAIRN_RETURN_IF_ERROR(run.Save(value));
  const int fd = open(dir.c_str(), O_RDONLY | O_DIRECTORY);
  const bool synced = fd >= 0 && syncfs(fd) == 0;
  close(fd);
  return synced ? OkStatus() : UnavailableError(StrCat("cannot sync ", dir));
}

int CutAtCall(const SaveMode& mode, const Options& options,
              const std::string& dir, int call, int wait_ms) {
  FileSystemToCut fs(options.syncs, LocalFileSystem());
  const auto run = mode.begin(fs, dir);
  if (const Status status = SaveTwice(*run, dir); !status.ok()) {
    return Wrong(Message(status));
  }
  const Power power(options, dir);
  fs.FailCall(call, UnavailableError("the power is gone"),
              FaultFileSystem::Persistence::kSticky);
  const std::atomic<int> reported = run->Save(3).ok() ? 3 : 2;
  std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
  End(power, reported, 3);
}

int CutAtAnyMoment(const SaveMode& mode, const Options& options,
                   const std::string& dir, int wait_ms) {
  FileSystemToCut fs(options.syncs, LocalFileSystem());
  const auto run = mode.begin(fs, dir);
  if (const Status status = SaveTwice(*run, dir); !status.ok()) {
    return Wrong(Message(status));
  }
  const Power power(options, dir);
  std::atomic<int> reported = 2;
  std::thread cut([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    End(power, reported, INT_MAX);
  });
  while (run->Save(reported + 1).ok()) ++reported;
  cut.join();  // a save fails when the power is gone
  return 0;
}

// In a new directory below `dir` for each way.
int Count(const Options& options, const std::string& dir) {
  for (const SaveMode& mode : SaveModes(kElements)) {
    const std::string below = JoinPath(dir, "count");
    std::filesystem::create_directories(below);
    FileSystemToCut fs(options.syncs, LocalFileSystem());
    const auto run = mode.begin(fs, below);
    if (const Status status = SaveTwice(*run, below); !status.ok()) {
      return Wrong(Message(status));
    }
    const int before = fs.calls();
    if (const Status status = run->Save(3); !status.ok()) {
      return Wrong(Message(status));
    }
    std::printf("%d %s\n", fs.calls() - before, mode.name.c_str());
    std::filesystem::remove_all(below);
  }
  return 0;
}

int Check(const SaveMode& mode, const std::string& dir, int first, int last) {
  FileSystem& fs = LocalFileSystem();
  const StatusOr<int> found = mode.read(fs, dir);
  if (!found.ok() || *found < first || *found > last) {
    std::printf("expected %d to %d, %s\n", first, last,
                found.ok() ? StrCat("found ", *found).c_str()
                           : Message(found.status()).c_str());
    return 1;
  }
  constexpr int kNext = 77777;
  const Status saved = mode.begin(fs, dir)->Save(kNext);
  const StatusOr<int> next = mode.read(fs, dir);
  if (saved.ok() && next.ok() && *next == kNext) return 0;
  std::printf("going on from %d: %s; %s\n", *found, Message(saved).c_str(),
              next.ok() ? StrCat("found ", *next).c_str()
                        : Message(next.status()).c_str());
  return 1;
}

bool ParseOptions(std::span<char*> arguments, Options* options) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--without" && i + 1 < arguments.size()) {
      if (!options->syncs.LeaveOut(arguments[++i])) return false;
    } else if (name == "--copy" && i + 2 < arguments.size()) {
      options->copy_from = arguments[++i];
      options->copy_to = arguments[++i];
    } else {
      options->words.emplace_back(name);
    }
  }
  return true;
}

bool ParseNumber(const std::string& text, int* number) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, *number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

// What `words` ask for with a way of saving; 2 if they make no sense.
int Run(const SaveMode& mode, const Options& options) {
  const std::vector<std::string>& words = options.words;
  int first = 0;
  int second = 0;
  if (!ParseNumber(words[4], &second)) return 2;
  if (words[0] == "cut" && words[3] == "any") {
    return CutAtAnyMoment(mode, options, words[2], second);
  }
  if (!ParseNumber(words[3], &first)) return 2;
  if (words[0] == "check") return Check(mode, words[2], first, second);
  if (words[0] != "cut") return 2;
  return CutAtCall(mode, options, words[2], first, second);
}

int Main(std::span<char*> arguments) {
  Options options;
  int result = 2;
  if (ParseOptions(arguments, &options)) {
    const std::vector<std::string>& words = options.words;
    if (words.size() == 2 && words[0] == "count") {
      return Count(options, words[1]);
    }
    for (const SaveMode& mode : SaveModes(kElements)) {
      if (words.size() == 5 && mode.name == words[1]) {
        result = Run(mode, options);
      }
    }
  }
  if (result == 2) {
    std::fprintf(stderr,
                 "usage: power_cut [OPTIONS] count DIR\n"
                 "       power_cut [OPTIONS] cut MODE DIR CALL WAIT_MS\n"
                 "       power_cut check MODE DIR FIRST LAST\n"
                 "options: --without file-syncs|directory-syncs|syncs, "
                 "--copy FROM TO\n");
  }
  return result;
}

}  // namespace
}  // namespace cairn::reliability

int main(int argc, char** argv) {
  return cairn::reliability::Main({argv + 1, static_cast<size_t>(argc - 1)});
}
