// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/source.h"

#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/inspect/bundle_source.h"
#include "cairn/inspect/sha256.h"
#include "cairn/inspect/v1_source.h"

namespace cairn::inspect {

StatusOr<std::unique_ptr<CheckpointSource>> CheckpointSource::Open(
    FileSystem& fs, const Target& target) {
  return GuardMemory(
      target.path, [&]() -> StatusOr<std::unique_ptr<CheckpointSource>> {
        switch (target.kind) {
          case TargetKind::kBundle:
            return OpenBundle(fs, target.path);
          case TargetKind::kV1:
            return OpenV1(fs, target.path);
          case TargetKind::kMetaGraph:
          case TargetKind::kSavedModel:
            return InvalidArgumentError(StrCat(Escape(target.path, 4096),
                                               ": a graph, not a checkpoint"));
        }
        return InternalError(
            StrCat(Escape(target.path, 4096), ": unknown kind of target"));
      });
}

StatusOr<std::string> TensorSha256(
    const CheckpointSource& source, const Entry& entry,
    const std::function<void(uint64_t)>& progress) {
  return GuardMemory(source.path(), [&]() -> StatusOr<std::string> {
    Sha256 sha;
    CAIRN_RETURN_IF_ERROR(source.Stream(entry, [&](std::string_view bytes) {
      sha.Update(bytes);
      if (progress) progress(bytes.size());
      return OkStatus();
    }));
    return sha.HexDigest();
  });
}

StatusOr<bool> SameTensor(const CheckpointSource& a, std::string_view key_a,
                          const CheckpointSource& b, std::string_view key_b) {
  return GuardMemory(a.path(), [&]() -> StatusOr<bool> {
    CAIRN_ASSIGN_OR_RETURN(const HeldTensor left, a.Hold(key_a));
    CAIRN_ASSIGN_OR_RETURN(const HeldTensor right, b.Hold(key_b));
    return BitwiseEqual(left.view(), right.view());
  });
}

}  // namespace cairn::inspect
