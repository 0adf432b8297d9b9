// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// `cairn meta show|nodes|ops|collections|saver|edit PATH`: the meta graph of a
// `.meta` file, of a SavedModel or beside a checkpoint: looked at from several
// sides, and written again changed.
#ifndef CAIRN_CLI_META_COMMAND_H_
#define CAIRN_CLI_META_COMMAND_H_

#include <optional>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/cli/console.h"
#include "cairn/graph/meta_graph.h"

namespace CLI {
class App;
}

namespace cairn::cli {

enum class MetaAction { kShow, kNodes, kOps, kCollections, kSaver, kEdit };

struct MetaNodesOptions {
  std::string op = "";
  std::string name = "";    // a glob
  std::string device = "";  // a part of it
  std::string attr = "";    // NAME or NAME=VALUE
  std::string inputs_of = "";
  std::string consumers_of = "";
  std::vector<std::string> path = {};  // from, to
  std::string node = "";               // one in full
  std::string function = "";           // its body instead of the graph
};

struct MetaEditOptions {
  std::string out = "";
  std::vector<std::string> extract = {};
  std::string export_scope = "";
  std::string import_scope = "";
  std::optional<std::vector<std::string>> collections = std::nullopt;
  bool clear_devices = false;
  bool clear_extraneous_savers = false;
  bool strip_default_attrs = false;
  bool as_text = false;
  bool force = false;
};

struct MetaOptions {
  MetaAction action = MetaAction::kShow;
  std::string path = "";
  std::vector<std::string> tags = {};  // of a SavedModel with several
  bool json = false;
  MetaNodesOptions nodes = {};
  std::string checkpoint = "";  // to compare the saver with
  MetaEditOptions edit = {};
};

void DeclareMeta(CLI::App& verb, MetaOptions& options);

// kExitNo when nothing matches, when there is no Saver, or when the checkpoint
// does not have what the Saver restores.
int RunMeta(FileSystem& fs, const MetaOptions& options, Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_META_COMMAND_H_
