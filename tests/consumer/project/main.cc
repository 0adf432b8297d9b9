// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Saves a tensor under the prefix given, restores it into another variable, and
// says whether the two are equal.
#include <iostream>

#include "cairn/base/file_system.h"
#include "cairn/saver/saver.h"
#include "cairn/tensor/variable.h"

namespace {

cairn::Status SaveAndRestore(const std::string& prefix) {
  using cairn::saver::Saver;
  cairn::FileSystem& fs = cairn::LocalFileSystem();
  cairn::Variable saved("w", cairn::Tensor::Scalar(1.5f));
  CAIRN_ASSIGN_OR_RETURN(auto writer, Saver::Create(fs, {{"w", &saved}}));
  CAIRN_ASSIGN_OR_RETURN(std::string path, writer->Save(prefix));

  cairn::Variable restored("w", cairn::Tensor::Scalar(0.0f));
  CAIRN_ASSIGN_OR_RETURN(auto reader, Saver::Create(fs, {{"w", &restored}}));
  CAIRN_RETURN_IF_ERROR(reader->Restore(path));
  if (!cairn::BitwiseEqual(saved.value(), restored.value())) {
    return cairn::InternalError("restored another value than was saved");
  }
  return cairn::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: consumer PREFIX\n";
    return 2;
  }
  const cairn::Status status = SaveAndRestore(argv[1]);
  std::cout << (status.ok() ? "equal" : cairn::Message(status)) << "\n";
  return status.ok() ? 0 : 1;
}
