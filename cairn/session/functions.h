// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The functions of a graph's library: their bodies made into plans, for each
// set of attributes they are called with, and called.
//
// Inside this room only. Not thread-safe.
#ifndef CAIRN_SESSION_FUNCTIONS_H_
#define CAIRN_SESSION_FUNCTIONS_H_

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/session/executor.h"
#include "cairn/session/kernel.h"
#include "cairn/session/plan.h"

namespace cairn::proto {
class FunctionDef;
class FunctionDefLibrary;
class NameAttrList;
class NodeDef;
}  // namespace cairn::proto

namespace cairn::session {

// What kernels of ops that call functions see.
class FunctionCaller {
 public:
  virtual ~FunctionCaller() = default;
  // The function's results; some may be dead. InvalidArgument when `arguments`
  // are not of the function's types; ResourceExhausted beyond the depth of
  // calls that the session allows.
  virtual StatusOr<std::vector<Value>> Call(const proto::NameAttrList& function,
                                            std::vector<Value> arguments) = 0;
};

class FunctionLibrary : public FunctionCaller {
 public:
  // More functions, counting one anew for each set of attributes, are refused.
  static constexpr size_t kMaxInstances = 10000;

  // Borrows all; constants count in `budget`.
  FunctionLibrary(const KernelTable& table,
                  const proto::FunctionDefLibrary& definitions, int max_depth,
                  std::shared_ptr<MemoryBudget> budget);
  ~FunctionLibrary() override;

  // Makes all functions that nodes of the plan call, and that those call.
  Status Prepare(const Plan& plan, std::vector<UnsupportedNode>* unsupported);
  // Those that one node calls.
  Status PrepareNode(const proto::NodeDef& node,
                     std::vector<UnsupportedNode>* unsupported);

  // With what Call computes; set for each run.
  void Bind(const KernelServices* services, RunLimits* limits) {
    services_ = services;
    limits_ = limits;
    depth_ = 0;
  }
  StatusOr<std::vector<Value>> Call(const proto::NameAttrList& function,
                                    std::vector<Value> arguments) override;

 private:
  struct Instance;
  StatusOr<Instance*> Instantiate(const proto::NameAttrList& call);
  Status Build(const proto::FunctionDef& function,
               const proto::NameAttrList& call, Instance* instance);
  Status PreparePending(std::vector<UnsupportedNode>* unsupported);
  void CollectCalls(const Plan& plan);
  void CollectCalls(const proto::NodeDef& node);

  const KernelTable& table_;
  const int max_depth_;
  const std::shared_ptr<MemoryBudget> budget_;
  std::unordered_map<std::string, const proto::FunctionDef*> definitions_;
  std::map<std::string, std::unique_ptr<Instance>> instances_;
  std::unordered_map<const proto::NameAttrList*, Instance*> by_call_;
  std::vector<const proto::NameAttrList*> pending_;
  const KernelServices* services_ = nullptr;
  RunLimits* limits_ = nullptr;
  int depth_ = 0;
};

}  // namespace cairn::session

#endif  // CAIRN_SESSION_FUNCTIONS_H_
