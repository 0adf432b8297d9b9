// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Running a plan: each node once all its inputs are there, in the order of the
// graph among those that can run, one at a time. Values go with their last
// user.
//
// A value is dead where a Switch did not send it. A node with a dead input does
// not run and its outputs are dead; a Merge passes on what is alive. The
// iterations of a loop run one after the other.
//
// Inside this room only.
#ifndef CAIRN_SESSION_EXECUTOR_H_
#define CAIRN_SESSION_EXECUTOR_H_

#include <cstdint>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/session/kernel.h"
#include "cairn/session/plan.h"

namespace cairn::session {

// How much more may be computed.
struct RunLimits {
  int64_t steps_left = 0;  // executions of a node
};

// The fetched values, some of them perhaps dead. `feeds` as in the plan's
// request. An error of a kernel carries the node's name and op.
StatusOr<std::vector<Value>> Execute(const Plan& plan,
                                     const KernelServices& services,
                                     std::vector<Value> feeds,
                                     RunLimits* limits);

}  // namespace cairn::session

#endif  // CAIRN_SESSION_EXECUTOR_H_
