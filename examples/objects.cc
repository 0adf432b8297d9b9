// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: objects DIRECTORY
//
// Classes of a program's own in checkpoints: containers, variables made when
// the first input is known, text, a lookup table and a generator's state; what
// a restore matched; a part of a checkpoint; values for objects that come
// later.
#include <iostream>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/checkpoint_view.h"
#include "cairn/tensor/containers.h"
#include "cairn/tensor/custom_value.h"
#include "cairn/tensor/hash_table.h"
#include "cairn/tensor/module.h"
#include "cairn/tensor/random_generator.h"

namespace {

using cairn::LocalFileSystem;
using cairn::Status;
using cairn::StatusOr;
using cairn::Tensor;
using cairn::object::Checkpoint;
using cairn::object::LoadStatus;
using cairn::object::MatchReport;

// Makes its variables when it knows how many inputs it has. A value that waits
// for `kernel` is taken then, and `Draw` is not called.
class Dense : public cairn::Module {
 public:
  Status Build(int64_t inputs, int64_t units) {
    return AddVariable({.name = "kernel",
                        .shape = {inputs, units},
                        .initializer = [=] { return Draw(inputs, units); }})
        .status();
  }

 private:
  static StatusOr<Tensor> Draw(int64_t inputs, int64_t units) {
    std::cout << "drawing a kernel\n";
    return Tensor::Create(cairn::DataType::kFloat, {inputs, units});
  }
};

// What a training program keeps.
struct Program {
  Dense first, second;
  cairn::List layers{&first, &second};
  cairn::HashTable<std::string, int64_t> words{-1};
  cairn::RandomGeneratorState generator;
  std::string notes = "{\"epoch\": 3}";
  cairn::CustomObject state{
      {cairn::StringState([this] { return notes; },
                          [this](const std::string& text) {
                            notes = text;
                            return cairn::OkStatus();
                          })}};
  Checkpoint checkpoint{LocalFileSystem(),
                        {{"layers", &layers},
                         {"words", &words},
                         {"generator", &generator},
                         {"state", &state}}};
};

Status Save(const std::string& prefix) {
  Program program;
  CAIRN_RETURN_IF_ERROR(program.first.Build(3, 4));
  CAIRN_RETURN_IF_ERROR(program.second.Build(4, 2));
  program.words.Insert("cat", 7);
  return program.checkpoint.Save(prefix).status();
}

// A new process: the layers have no variables yet, and get their values when
// they are built.
Status Resume(const std::string& path) {
  Program program;
  program.notes.clear();
  CAIRN_ASSIGN_OR_RETURN(const LoadStatus status,
                         program.checkpoint.Restore(path));
  std::cout << "before building: " << status.AssertConsumed().message() << "\n";
  CAIRN_RETURN_IF_ERROR(program.first.Build(3, 4));
  CAIRN_RETURN_IF_ERROR(program.second.Build(4, 2));
  CAIRN_RETURN_IF_ERROR(status.AssertConsumed());
  std::cout << "cat is " << program.words.Find("cat") << ", state is "
            << program.notes << "\n";
  return cairn::OkStatus();
}

// One layer of the checkpoint, into an object that stands for itself.
Status TakeALayer(const std::string& path) {
  Dense layer;
  CAIRN_RETURN_IF_ERROR(layer.Build(4, 2));
  Checkpoint checkpoint(LocalFileSystem(), layer);
  CAIRN_ASSIGN_OR_RETURN(const LoadStatus status,
                         checkpoint.Read(path, {.from = "layers/1"}));
  return status.AssertConsumed();
}

// Why a restore would fail, before it is tried.
Status Explain(const std::string& path) {
  Dense wider;
  CAIRN_RETURN_IF_ERROR(wider.Build(3, 5));
  cairn::List layers{&wider};
  Checkpoint checkpoint(LocalFileSystem(), {{"layers", &layers}});
  CAIRN_ASSIGN_OR_RETURN(const MatchReport report, checkpoint.Compare(path));
  for (const MatchReport::Mismatch& m : report.mismatched) {
    std::cout << m.item.key << ": stored " << m.stored_shape->ToString()
              << ", expected " << m.expected_shape->ToString() << "\n";
  }
  std::cout << report.only_in_checkpoint.size()
            << " values of the checkpoint have no object\n";
  CAIRN_ASSIGN_OR_RETURN(const auto view, cairn::object::CheckpointView::Open(
                                              LocalFileSystem(), path));
  for (const auto& child : view.Children(0)) {
    std::cout << "  " << child.local_name << "\n";
  }
  return cairn::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: objects DIRECTORY\n";
    return 2;
  }
  const std::string prefix = std::string(argv[1]) + "/objects";
  Status status = Save(prefix);
  const std::string path = prefix + "-1";
  for (const auto& step : {Resume, TakeALayer, Explain}) {
    if (status.ok()) status = step(path);
  }
  if (status.ok()) return 0;
  std::cerr << status << "\n";
  return 1;
}
