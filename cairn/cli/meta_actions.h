// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The actions of `cairn meta`, each on a meta graph that was read.
#ifndef CAIRN_CLI_META_ACTIONS_H_
#define CAIRN_CLI_META_ACTIONS_H_

#include <string>

#include "cairn/base/status.h"
#include "cairn/cli/meta_command.h"
#include "cairn/graph/saved_model.h"

namespace cairn::cli {

// What PATH is. For a file that holds one meta graph, `model` has that one.
struct MetaFile {
  std::string path;
  bool is_saved_model = false;
  graph::SavedModel model;
};

// A `.meta`, `.pbtxt` or `saved_model.pb`, the directory of a SavedModel, or
// what lies beside a checkpoint. Notes go to `console`.
StatusOr<MetaFile> ReadMetaFile(FileSystem& fs, const std::string& path,
                                Console& console);

int ShowMetaNodes(const graph::MetaGraph& graph, const MetaOptions& options,
                  Console& console);
int ShowMetaOps(const graph::MetaGraph& graph, const MetaOptions& options,
                Console& console);
int ShowMetaCollections(const graph::MetaGraph& graph,
                        const MetaOptions& options, Console& console);
int ShowMetaSaver(FileSystem& fs, const graph::MetaGraph& graph,
                  const MetaOptions& options, Console& console);
// Changes meta graph `i` of the file and writes the whole.
int EditMeta(FileSystem& fs, MetaFile file, size_t i,
             const MetaEditOptions& options, bool json, Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_META_ACTIONS_H_
