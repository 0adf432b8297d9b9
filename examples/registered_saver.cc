// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: registered_saver DIRECTORY
//
// Objects that are not saved as tensors: a saver of the program's own writes
// them into a file beside the checkpoint, reads them back, and removes the file
// when the manager removes the checkpoint.
#include <iostream>
#include <string>

#include "cairn/base/commit.h"
#include "cairn/object/checkpoint_manager.h"
#include "cairn/object/registered_saver.h"

namespace {

using namespace cairn;  // NOLINT: a short program

struct Journal : public Trackable {
  std::string text;
};

class JournalSaver : public object::CheckpointSaver {
 public:
  std::string name() const override { return "examples.Journal"; }
  bool Handles(const Trackable& object) const override {
    return dynamic_cast<const Journal*>(&object) != nullptr;
  }
  StatusOr<std::vector<std::string>> Save(
      FileSystem& fs, std::span<const object::NamedObject> objects,
      const std::string& file_prefix) override {
    const auto* journal = dynamic_cast<const Journal*>(objects[0].object);
    CAIRN_RETURN_IF_ERROR(
        WriteFileAtomically(fs, file_prefix + ".txt", journal->text));
    return std::vector<std::string>();  // no bundles to merge
  }
  Status Restore(FileSystem& fs, std::span<const object::NamedObject> objects,
                 const std::string& prefix) override {
    const std::string path = object::SaverFilePrefix(prefix, *this) + ".txt";
    CAIRN_ASSIGN_OR_RETURN(dynamic_cast<Journal*>(objects[0].object)->text,
                           fs.ReadFile(path, 1 << 20));
    return OkStatus();
  }
  Status Remove(FileSystem& fs, const std::string& file_prefix) override {
    return fs.Remove(file_prefix + ".txt");
  }
};

Status Run(const std::string& dir) {
  Journal journal;
  object::Checkpoint checkpoint(LocalFileSystem(), {{"journal", &journal}});
  checkpoint.AddSaver(std::make_shared<JournalSaver>());
  CAIRN_ASSIGN_OR_RETURN(
      const auto manager,
      object::CheckpointManager::Create(&checkpoint, dir, {.max_to_keep = 1}));
  std::string first, last;
  for (std::string* const path : {&first, &last}) {
    journal.text += "saved\n";
    CAIRN_ASSIGN_OR_RETURN(*path, manager->Save());
  }
  journal.text = "lost";
  CAIRN_RETURN_IF_ERROR(checkpoint.Restore(last).status());
  std::cout << last << ":\n" << journal.text;
  const bool removed =
      !LocalFileSystem().Exists(first + "-examples.Journal.txt");
  if (journal.text == "saved\nsaved\n" && removed) return OkStatus();
  return InternalError("not what was saved, or the old file is still there");
}

}  // namespace

int main(int argc, char** argv) {
  const Status status =
      argc == 2 ? Run(argv[1])
                : InvalidArgumentError("registered_saver DIRECTORY");
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
