// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/saver/saver_def.h"

#include <string>
#include <string_view>

#include "cairn/base/strings.h"

namespace cairn::saver {
namespace {

// SaverDef.LEGACY, which TensorFlow takes for V1.
constexpr int32_t kLegacyVersion = 0;

Status CheckNode(std::string_view name, std::string_view what) {
  if (!name.empty()) return OkStatus();
  return InvalidArgumentError(
      StrCat("saver_def must specify the ", what, ": it is empty"));
}

Status CheckSaverDef(const graph::SaverInfo& def) {
  CAIRN_RETURN_IF_ERROR(CheckNode(def.save_tensor_name, "save_tensor_name"));
  CAIRN_RETURN_IF_ERROR(CheckNode(def.restore_op_name, "restore_op_name"));
  if (def.version >= kLegacyVersion && def.version <= 2) return OkStatus();
  return InvalidArgumentError(
      StrCat("saver_def is of version ", def.version,
             "; there are 0 (legacy), 1 (V1) and 2 (V2)"));
}

// The node whose output is the path of a finished save.
std::string_view SaveTensor(const SaverOptions& options) {
  if (!options.sharded) return "control_dependency:0";
  return options.write_version == WriteVersion::kV2 ? "Identity:0"
                                                    : "ShardedFilespec:0";
}

}  // namespace

StatusOr<graph::SaverInfo> MakeSaverDef(const SaverOptions& options) {
  graph::SaverInfo def;
  std::string scope;
  if (options.saver_def) {
    def = *options.saver_def;
    CAIRN_RETURN_IF_ERROR(CheckSaverDef(def));
    if (options.name.empty()) return def;
    scope = StrCat(options.name, "/");
  } else {
    scope = StrCat(options.name.empty() ? "save" : options.name, "/");
    def.filename_tensor_name = "Const:0";
    def.save_tensor_name = SaveTensor(options);
    def.restore_op_name = "restore_all";
    def.max_to_keep = options.max_to_keep;
    def.sharded = options.sharded;
    def.keep_checkpoint_every_n_hours =
        static_cast<float>(options.keep_checkpoint_every_n_hours);
    def.version = static_cast<int32_t>(options.write_version);
  }
  def.filename_tensor_name = scope + def.filename_tensor_name;
  def.save_tensor_name = scope + def.save_tensor_name;
  def.restore_op_name = scope + def.restore_op_name;
  return def;
}

void ApplySaverDef(SaverOptions* options) {
  if (!options->saver_def) return;
  const graph::SaverInfo& def = *options->saver_def;
  options->max_to_keep = def.max_to_keep;
  options->keep_checkpoint_every_n_hours =
      static_cast<double>(def.keep_checkpoint_every_n_hours);
  options->sharded = def.sharded;
  options->write_version =
      def.version == 2 ? WriteVersion::kV2 : WriteVersion::kV1;
}

}  // namespace cairn::saver
