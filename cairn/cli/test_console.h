// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// For tests: a Console on strings.
#ifndef CAIRN_CLI_TEST_CONSOLE_H_
#define CAIRN_CLI_TEST_CONSOLE_H_

#include <sstream>
#include <string>

#include "cairn/cli/console.h"

namespace cairn::cli {

struct TestConsole {
  std::ostringstream out, err;
  Console console{.out = out, .err = err};
};

inline std::string GoldenPath(const std::string& relative) {
  return std::string(CAIRN_GOLDEN_DIR) + "/cases/" + relative;
}

}  // namespace cairn::cli

#endif  // CAIRN_CLI_TEST_CONSOLE_H_
