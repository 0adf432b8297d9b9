// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// InitFromCheckpoint: sets variables from a checkpoint by a map of names and
// scopes, as tf.compat.v1.train.init_from_checkpoint does.
//
//   // a <- old/w; every variable of new/ <- the tensor of that name in old/
//   InitFromCheckpoint(fs, "dir/model", {{"old/w", &a}, {"old/", "new/"}},
//                      {SaverItem::Own(SaverPart::Of(b))});
//
// TensorFlow reads the values when initialisers run; here they are read and set
// by the call, all or none.
#ifndef CAIRN_SAVER_INIT_FROM_CHECKPOINT_H_
#define CAIRN_SAVER_INIT_FROM_CHECKPOINT_H_

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/saver/var_list.h"
#include "cairn/tensor/variable.h"

namespace cairn::saver {

// What a tensor of the checkpoint goes to: a variable, the slices of a
// partitioned one, the name of either in the graph, or a scope ("new/"; "/" is
// the root).
using InitTarget = std::variant<Variable*, std::vector<SaverPart>, std::string>;

// (tensor or scope in the checkpoint, target); the order does not matter. One
// tensor may go to several; of two for one variable the later name counts.
using AssignmentMap = std::vector<std::pair<std::string, InitTarget>>;

// `path` is a checkpoint, or a directory, which means its latest one. `graph`
// has what names and scopes are looked up in. InvalidArgument, in TensorFlow's
// words: a tensor that is not there, a shape that differs, a scope mapped to
// none; NotFound: no such checkpoint.
Status InitFromCheckpoint(FileSystem& fs, const std::string& path,
                          const AssignmentMap& map,
                          const std::vector<SaverItem>& graph = {});

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_INIT_FROM_CHECKPOINT_H_
