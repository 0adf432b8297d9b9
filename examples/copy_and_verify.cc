// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: copy_and_verify PATH OUT
//
// Finds a checkpoint, writes it again in four data files, and checks every byte
// of the copy.
#include <iostream>
#include <string>

#include "cairn/base/file_system.h"
#include "cairn/convert/copy.h"
#include "cairn/inspect/locate.h"
#include "cairn/inspect/verify.h"

namespace {

using cairn::Status;

Status Run(const std::string& path, const std::string& out) {
  cairn::FileSystem& fs = cairn::LocalFileSystem();
  CAIRN_ASSIGN_OR_RETURN(const auto found,
                         cairn::inspect::LocateCheckpoint(fs, path));
  cairn::convert::CopyOptions options;
  options.num_shards = 4;
  options.existing = cairn::convert::Existing::kReplace;
  CAIRN_ASSIGN_OR_RETURN(
      const auto copy, cairn::convert::CopyCheckpoint(fs, found, out, options));
  std::cout << copy.path << ": " << copy.tensors << " tensors in "
            << copy.num_shards << " shards\n";
  CAIRN_ASSIGN_OR_RETURN(const auto target,
                         cairn::inspect::LocateCheckpoint(fs, copy.path));
  CAIRN_ASSIGN_OR_RETURN(const auto report,
                         cairn::inspect::VerifyCheckpoint(fs, target));
  for (const auto& finding : report.findings) std::cout << finding.text << "\n";
  return report.intact() ? cairn::OkStatus()
                         : cairn::DataLossError(copy.path + ": damaged");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: copy_and_verify PATH OUT\n";
    return 2;
  }
  const Status status = Run(argv[1], argv[2]);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
