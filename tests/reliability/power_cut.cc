// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: power_cut MODE DIR CALL WAIT_MS       saves, then cuts the power
//        power_cut --check MODE DIR REPORTED   after the remount
//
// One power cut of tests/reliability/power_cuts. Saves 1 and 2 in DIR, then 3,
// of which every file operation from the CALL-th on fails, as they would with
// the power gone; waits; then shuts the file system that holds DIR down without
// writing its log back (ioctl), which drops what was not synced. Prints the
// number of the last reported save, and "all" if save 3 was not cut.
//
// --check is 0 if the checkpoint in DIR is the REPORTED one or the next, whole.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "cairn/base/fault_file_system.h"
#include "cairn/base/file_system.h"
#include "cairn/base/strings.h"
#include "save_modes.h"

namespace cairn::reliability {
namespace {

constexpr int kElements = 100000;

// Of ext4; xfs has the same number under another name.
constexpr unsigned long kShutdown = _IOR('X', 125, uint32_t);
constexpr uint32_t kWithoutLogFlush = 2;

int Number(std::string_view text) {
  int number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int Cut(const SaveMode& mode, const std::string& dir, int call, int wait_ms) {
  FaultFileSystem fs(LocalFileSystem());
  const auto run = mode.begin(fs, dir);
  for (const int value : {1, 2}) {
    const Status status = run->Save(value);
    if (!status.ok()) {
      std::fprintf(stderr, "%s\n", Message(status).c_str());
      return 3;
    }
  }
  fs.FailCall(call, UnavailableError("the power is gone"),
              FaultFileSystem::Persistence::kSticky);
  const bool saved = run->Save(3).ok();
  const bool fired = fs.fired();
  std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
  std::printf("%d%s\n", saved ? 3 : 2, fired ? "" : " all");
  std::fflush(stdout);
  const int fd = open(dir.c_str(), O_RDONLY | O_DIRECTORY);
  uint32_t how = kWithoutLogFlush;
  if (fd < 0 || ioctl(fd, kShutdown, &how) != 0) {
    std::perror("shutdown");
    return 4;
  }
  _exit(0);  // nothing tidies up after a power cut
}

int Check(const SaveMode& mode, const std::string& dir, int reported) {
  const StatusOr<int> found = mode.read(LocalFileSystem(), dir);
  if (found.ok() && (*found == reported || *found == reported + 1)) return 0;
  std::printf("%s: reported %d, %s\n", mode.name.c_str(), reported,
              found.ok() ? StrCat("found ", *found).c_str()
                         : Message(found.status()).c_str());
  return 1;
}

int Main(std::span<char*> arguments) {
  if (arguments.size() == 4) {
    const bool check = std::string_view(arguments[0]) == "--check";
    const std::string_view wanted = arguments[check ? 1 : 0];
    for (const SaveMode& mode : SaveModes(kElements)) {
      if (mode.name != wanted) continue;
      return check ? Check(mode, arguments[2], Number(arguments[3]))
                   : Cut(mode, arguments[1], Number(arguments[2]),
                         Number(arguments[3]));
    }
  }
  std::fprintf(stderr,
               "usage: power_cut MODE DIR CALL WAIT_MS\n"
               "       power_cut --check MODE DIR REPORTED\n");
  return 2;
}

}  // namespace
}  // namespace cairn::reliability

int main(int argc, char** argv) {
  return cairn::reliability::Main({argv + 1, static_cast<size_t>(argc - 1)});
}
