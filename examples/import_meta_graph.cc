// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: import_meta_graph META CHECKPOINT OUTPUT [SCOPE]
//
// Goes on with a model of which there is only what TensorFlow's Saver left: the
// meta graph says which variables there are and how they are saved. Restores
// them and saves them again as OUTPUT, with the meta graph. With SCOPE, the
// graph is put there, free of devices. Prints what the Saver is like.
#include <iostream>
#include <string>

#include "cairn/base/file_system.h"
#include "cairn/saver/import_meta_graph.h"

namespace {

using cairn::LocalFileSystem;
using cairn::Status;
using cairn::saver::ImportedMetaGraph;

Status GoOn(const std::string& meta, const std::string& checkpoint,
            const std::string& output, const std::string& scope) {
  cairn::saver::ImportMetaGraphOptions options;
  options.graph.import_scope = scope;
  options.graph.clear_devices = !scope.empty();
  CAIRN_ASSIGN_OR_RETURN(
      ImportedMetaGraph model,
      ImportMetaGraph(LocalFileSystem(), meta, std::move(options)));
  for (const std::string& note : model.import.notes) {
    std::cout << "note: " << note << "\n";
  }
  if (model.saver == nullptr) return cairn::NotFoundError("there is no Saver");
  CAIRN_RETURN_IF_ERROR(model.saver->Restore(checkpoint));
  const cairn::graph::SaverInfo def = model.saver->as_saver_def();
  std::cout << "saver: " << def.filename_tensor_name << " "
            << def.save_tensor_name << " " << def.restore_op_name << " "
            << def.max_to_keep << " " << def.sharded << " "
            << def.keep_checkpoint_every_n_hours << " " << def.version << "\n";
  for (const std::string& name : model.saver->names()) {
    std::cout << "key: " << name << "\n";
  }
  CAIRN_ASSIGN_OR_RETURN(
      const std::string written,
      model.saver->Save(output, {.meta_graph = model.graph.Serialize()}));
  std::cout << "saved: " << written << "\n";
  return cairn::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::cerr << "usage: import_meta_graph META CHECKPOINT OUTPUT [SCOPE]\n";
    return 2;
  }
  const Status status =
      GoOn(argv[1], argv[2], argv[3], argc == 5 ? argv[4] : "");
  if (status.ok()) return 0;
  std::cerr << status << "\n";
  return 1;
}
