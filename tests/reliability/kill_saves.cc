// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: kill_saves [--random N] [--calls N] [--saves N] [--reads N]
//                   [--races N] DIR [MODE...]
//
// The finished library on a real file system, with real processes:
//   kills    for every way of saving a child that saves on and on is killed at
//            a random moment, N times (default 40)
//   calls    it is stopped and killed at the entry of each system call of a
//            save in turn, of whichever thread, the first N of them (default
//            400; 0: none)
//   saves    of so many saves from the second on (default 2: with two shards
//            or three, with something to evict or not)
//   reads    one process saves and evicts, this one opens the latest N times
//            (default 500)
//   races    two processes want to save in one directory, N times (default 20)
// After each kill the checkpoint must be the last reported one or the one being
// saved, whole, and when a manager has opened the directory no file of the
// killed save is left. Prints what was done and what was lost. 167 (A10 B5)
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/random.h"
#include "cairn/base/strings.h"
#include "cairn/state/checkpoint_state.h"
#include "call_tracer.h"
#include "save_modes.h"

namespace cairn::reliability {
namespace {

constexpr int kElements = 20000;

struct Options {
  int random = 40;
  int calls = 400;
  int saves = 2;
  int reads = 500;
  int races = 20;
  std::string dir;
  std::vector<std::string> modes;  // all if empty
};

uint64_t lost = 0;

void Wrong(const std::string& what) {
  if (++lost <= 20) std::printf("WRONG: %s\n", what.c_str());
}

void Clear(const std::string& dir) {
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
}

// A child process, and the numbers it reports.
class Child {
 public:
  explicit Child(const std::function<void(int report)>& work) {
    int fds[2];
    if (pipe(fds) != 0) return;
    report_ = fds[0];
    pid_ = fork();
    if (pid_ == 0) {
      close(fds[0]);
      work(fds[1]);
      _exit(0);
    }
    close(fds[1]);
  }
  ~Child() {
    Kill();
    if (report_ >= 0) close(report_);
  }
  pid_t pid() const { return pid_; }
  // Waits until a number was reported; false after a minute.
  bool WaitForReport() {
    pollfd readable = {report_, POLLIN, 0};
    return poll(&readable, 1, 60000) > 0;
  }
  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  // When somebody else has waited for its end.
  void Forget() { pid_ = -1; }
  // After the child's end.
  int LastReport() {
    int value = 0;
    int next = 0;
    while (read(report_, &next, sizeof next) == sizeof next) value = next;
    return value;
  }

 private:
  pid_t pid_ = -1;
  int report_ = -1;
};

void Report(int fd, int value) {
  [[maybe_unused]] const ssize_t n = write(fd, &value, sizeof value);
}

void SaveForEver(const SaveMode& mode, const std::string& dir, int report) {
  const auto run = mode.begin(LocalFileSystem(), dir);
  for (int value = 1; value < 1000000; ++value) {
    if (!run->Save(value).ok()) return;
    Report(report, value);
  }
}

std::vector<std::string> LeftOver(const std::string& dir) {
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    const std::string name = entry.path().filename();
    const size_t data = name.find(".data-");
    const bool orphan = data != std::string::npos &&
                        !std::filesystem::exists(
                            StrCat(dir, "/", name.substr(0, data), ".index"));
    if (orphan || name.find(".cairn-") != std::string::npos) {
      left.push_back(name);
    }
  }
  return left;
}

// What must hold in the directory of a child that was killed.
void Check(const SaveMode& mode, const std::string& dir, int reported,
           const std::string& when) {
  FileSystem& fs = LocalFileSystem();
  const StatusOr<int> found = mode.read(fs, dir);
  if (!found.ok()) {
    // Before the first save is done there may be nothing.
    if (reported > 0 || !absl::IsNotFound(found.status())) {
      Wrong(StrCat(mode.name, ", ", when, ": reported ", reported, ", ",
                   Message(found.status())));
    }
    return;
  }
  if (*found != reported && *found != reported + 1) {
    Wrong(StrCat(mode.name, ", ", when, ": reported ", reported, ", found ",
                 *found));
  }
  const auto run = mode.begin(fs, dir);
  const Status next = run->Save(1234567);
  if (!next.ok()) Wrong(StrCat(mode.name, ", ", when, ": ", Message(next)));
  const bool managed =
      mode.name.starts_with("manager") || mode.name == "incremental, keep 1";
  if (!managed) return;
  for (const std::string& name : LeftOver(dir)) {
    if (name == ".cairn-lock") continue;
    Wrong(StrCat(mode.name, ", ", when, ": ", name, " is left"));
  }
}

void KillAtRandom(const SaveMode& mode, const Options& options) {
  Random random(20261128, 0);
  int saves = 0;
  const uint64_t before = lost;
  for (int i = 0; i < options.random; ++i) {
    Clear(options.dir);
    Child child([&](int report) { SaveForEver(mode, options.dir, report); });
    child.WaitForReport();
    usleep(static_cast<useconds_t>(random.Below(30000)));
    child.Kill();
    const int reported = child.LastReport();
    saves += reported;
    Check(mode, options.dir, reported, StrCat("kill ", i));
  }
  std::printf("%-28s %5d kills at random after %6d saves %3llu lost\n",
              mode.name.c_str(), options.random, saves,
              static_cast<unsigned long long>(lost - before));
  std::fflush(stdout);
}

// The child saves up to `value` - 1, then, traced, `value`: killed at the entry
// of its n-th call. False if it ended before.
bool KillAtCall(const SaveMode& mode, const std::string& dir, int value,
                int n) {
  Clear(dir);
  Child child([&](int report) {
    const auto run = mode.begin(LocalFileSystem(), dir);
    for (int before = 1; before < value; ++before) {
      if (!run->Save(before).ok()) _exit(3);
      Report(report, before);
    }
    raise(SIGSTOP);
    if (run->Save(value).ok()) Report(report, value);
    _exit(0);
  });
  CallTracer tracer(child.pid());
  const bool attached = tracer.Attach();
  if (!attached) Wrong(StrCat(mode.name, ": cannot be traced"));
  const bool killed = attached && tracer.RunToCall(n);
  tracer.Kill();
  child.Forget();
  Check(mode, dir, child.LastReport(), StrCat("call ", n, " of save ", value));
  return killed;
}

// Of a save that several threads have a part in, the number of calls differs
// from time to time.
void KillAtEachCall(const SaveMode& mode, const Options& options) {
  const uint64_t before = lost;
  int kills = 0;
  bool all = true;
  for (int value = 2; value < 2 + options.saves; ++value) {
    int missed = 0;
    for (int n = 1; n <= options.calls && missed < 3; ++n) {
      const bool killed = KillAtCall(mode, options.dir, value, n);
      kills += killed ? 1 : 0;
      missed = killed ? 0 : missed + 1;
    }
    all = all && missed == 3;
  }
  std::printf("%-28s %5d kills at a system call of %d saves%s %3llu lost\n",
              mode.name.c_str(), kills, options.saves,
              all ? ", all there are" : "",
              static_cast<unsigned long long>(lost - before));
  std::fflush(stdout);
}

// A reader may lose the race against an eviction once, not twice.
void ReadWhileSaving(const SaveMode& mode, const Options& options) {
  Clear(options.dir);
  Child child([&](int report) { SaveForEver(mode, options.dir, report); });
  child.WaitForReport();
  int retries = 0;
  int last = 0;
  const uint64_t before = lost;
  for (int i = 0; i < options.reads; ++i) {
    StatusOr<int> found = mode.read(LocalFileSystem(), options.dir);
    for (int again = 0; again < 3 && (absl::IsNotFound(found.status()) ||
                                      absl::IsUnavailable(found.status()));
         ++again) {
      ++retries;
      found = mode.read(LocalFileSystem(), options.dir);
    }
    if (!found.ok()) Wrong(StrCat("reading: ", Message(found.status())));
    if (found.ok() && *found < last) {
      Wrong(StrCat("reading: ", *found, " after ", last));
    }
    last = found.value_or(last);
  }
  child.Kill();
  std::printf("%-28s %5d reads while %d saves went on, %d again, %3llu wrong\n",
              mode.name.c_str(), options.reads, child.LastReport(), retries,
              static_cast<unsigned long long>(lost - before));
}

// Who may save, saves twice and goes.
void Race(const SaveMode& mode, const Options& options) {
  const uint64_t before = lost;
  int refused = 0;
  Clear(options.dir);
  for (int i = 0; i < options.races; ++i) {
    const auto work = [&](int report) {
      const auto run = mode.begin(LocalFileSystem(), options.dir);
      const Status first = run->Save(i + 1);
      if (!first.ok() && !absl::IsFailedPrecondition(first)) {
        std::printf("a race: %s\n", Message(first).c_str());
        std::fflush(stdout);
      }
      Report(report, first.ok()                          ? 1
                     : absl::IsFailedPrecondition(first) ? 2
                                                         : 3);
      if (first.ok() && !run->Save(i + 1).ok()) Report(report, 3);
    };
    Child a(work), b(work);
    waitpid(a.pid(), nullptr, 0);
    waitpid(b.pid(), nullptr, 0);
    for (Child* child : {&a, &b}) {
      const int result = child->LastReport();
      if (result != 1 && result != 2)
        Wrong("a race: neither saved nor refused");
      refused += result == 2 ? 1 : 0;
    }
    const StatusOr<int> found = mode.read(LocalFileSystem(), options.dir);
    if (!found.ok() || *found != i + 1) Wrong("a race: not what was saved");
  }
  std::printf("%-28s %5d races, %d refused, %3llu wrong\n", mode.name.c_str(),
              options.races, refused,
              static_cast<unsigned long long>(lost - before));
}

bool ParseOptions(std::span<char*> arguments, Options* options) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (!name.starts_with("--")) {
      if (options->dir.empty()) {
        options->dir = name;
      } else {
        options->modes.emplace_back(name);
      }
      continue;
    }
    int* const number = name == "--random"  ? &options->random
                        : name == "--calls" ? &options->calls
                        : name == "--saves" ? &options->saves
                        : name == "--reads" ? &options->reads
                        : name == "--races" ? &options->races
                                            : nullptr;
    if (number == nullptr || ++i == arguments.size()) return false;
    const char* const end = arguments[i] + std::strlen(arguments[i]);
    if (std::from_chars(arguments[i], end, *number).ptr != end) return false;
  }
  return !options->dir.empty();
}

int Main(std::span<char*> arguments) {
  Options options;
  if (!ParseOptions(arguments, &options)) {
    std::printf(
        "usage: kill_saves [--random N] [--calls N] [--saves N] [--reads N] "
        "[--races N] DIR [MODE...]\n");
    return 2;
  }
  const bool traces = options.calls > 0 && CanTrace();
  if (options.calls > 0 && !traces) {
    std::printf("kills at system calls: skipped, ptrace is not allowed\n");
  }
  for (const SaveMode& mode : SaveModes(kElements)) {
    if (!options.modes.empty() &&
        std::ranges::find(options.modes, mode.name) == options.modes.end()) {
      continue;
    }
    KillAtRandom(mode, options);
    if (traces) KillAtEachCall(mode, options);
    if (mode.name == "manager, keep 2") {
      ReadWhileSaving(mode, options);
      Race(mode, options);
    }
  }
  std::filesystem::remove_all(options.dir);
  return lost == 0 ? 0 : 1;
}

}  // namespace
}  // namespace cairn::reliability

int main(int argc, char** argv) {
  return cairn::reliability::Main({argv + 1, static_cast<size_t>(argc - 1)});
}
