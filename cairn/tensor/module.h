// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Module: a Trackable that owns its parts and makes them when it likes, also
// after a restore.
//
//   class Dense : public Module {
//     Status Build(int64_t inputs) {   // at the first call
//       CAIRN_ASSIGN_OR_RETURN(kernel_, AddVariable({
//           .name = "kernel", .shape = {inputs, units_},
//           .initializer = [] { return Draw(); }}));
//       return OkStatus();
//     }
//   };
//
// When a value waits for the edge, AddVariable takes it and the initializer
// does not run.
#ifndef CAIRN_TENSOR_MODULE_H_
#define CAIRN_TENSOR_MODULE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/trackable.h"
#include "cairn/tensor/variable.h"

namespace cairn {

class Module : public Trackable {
 public:
  // A variable behind the edge `edge`, by default the spec's name. Without an
  // initializer it may stay without a value. InvalidArgument when there is such
  // an edge; what restoring or initialising returns.
  StatusOr<Variable*> AddVariable(VariableSpec spec);
  StatusOr<Variable*> AddVariable(std::string edge, VariableSpec spec);

  // An object that is made here and belongs to the module.
  template <typename T, typename... Arguments>
  StatusOr<T*> AddChild(std::string edge, Arguments&&... arguments) {
    auto child = std::make_unique<T>(std::forward<Arguments>(arguments)...);
    T* const result = child.get();
    CAIRN_RETURN_IF_ERROR(Adopt(std::move(edge), std::move(child)));
    return result;
  }

 private:
  Status Adopt(std::string edge, std::unique_ptr<Trackable> child);
  std::vector<std::unique_ptr<Trackable>> owned_;
};

}  // namespace cairn

#endif  // CAIRN_TENSOR_MODULE_H_
