// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CheckpointSaver: takes objects over that are saved in another way than by
// attributes: TensorFlow's registered savers.
//
// Objects it handles have no attributes of their own in the object graph; their
// node names the saver. Their children are saved as ever. A Checkpoint asks the
// savers it was given, in that order; there is no global list.
#ifndef CAIRN_OBJECT_REGISTERED_SAVER_H_
#define CAIRN_OBJECT_REGISTERED_SAVER_H_

#include <span>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/tensor/trackable.h"

namespace cairn::object {

struct NamedObject {
  std::string name;  // the object's path in the graph: "net/table"
  Trackable* object;
};

class CheckpointSaver {
 public:
  virtual ~CheckpointSaver() = default;

  // "<package>.<name>", as registered in TensorFlow.
  virtual std::string name() const = 0;
  virtual bool Handles(const Trackable& object) const = 0;
  // Called before the tensors are written, with the objects of one checkpoint
  // in node order. `file_prefix` is "<prefix>-<name>"; every file made must
  // begin with it. The bundles whose prefixes are returned become part of the
  // checkpoint, the first data files of it, and are removed.
  virtual StatusOr<std::vector<std::string>> Save(
      FileSystem& fs, std::span<const NamedObject> objects,
      const std::string& file_prefix) = 0;
  // Called after the tensors were restored, with the prefix of the checkpoint:
  // an error then comes too late for the other values to be put back.
  virtual Status Restore(FileSystem& fs, std::span<const NamedObject> objects,
                         const std::string& prefix) = 0;
  // Removes the files that Save made and that are no part of the checkpoint;
  // nothing else does. By default there are none.
  virtual Status Remove(FileSystem& /*fs*/,
                        const std::string& /*file_prefix*/) {
    return OkStatus();
  }
};

// "<prefix>-<name>", with "/" in the name replaced by "_".
std::string SaverFilePrefix(const std::string& prefix,
                            const CheckpointSaver& saver);

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_REGISTERED_SAVER_H_
