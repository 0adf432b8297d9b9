// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: read_tensors PREFIX
//
// The ways to read from a checkpoint: one tensor, a part of one into memory of
// one's own, a view of the file without a copy, and everything by all cores,
// with progress and a way to stop.
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/progress.h"
#include "cairn/bundle/reader.h"
#include "cairn/tensor/tensor.h"

namespace {

using cairn::DataType;
using cairn::Status;
using cairn::StatusOr;
using cairn::bundle::BundleEntry;
using cairn::bundle::BundleReader;

// What is in it. Nothing but the index is read.
Status List(const BundleReader& reader) {
  auto it = reader.NewTensorIterator();
  for (; it->Valid(); it->Next()) {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, it->entry());
    std::cout << it->key() << " " << cairn::DataTypeName(entry.dtype) << " "
              << entry.shape.ToString() << "\n";
  }
  return it->status();
}

// One tensor, in memory of its own. Its checksum is verified.
Status ReadOne(const BundleReader& reader, const std::string& key) {
  CAIRN_ASSIGN_OR_RETURN(const cairn::Tensor tensor, reader.Read(key));
  std::cout << key << ": " << tensor.num_elements() << " elements\n";
  return cairn::OkStatus();
}

// The first row of a matrix into the caller's memory. The tensor may be stored
// in any number of pieces.
Status ReadFirstRow(const BundleReader& reader, const std::string& key) {
  CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, reader.Lookup(key));
  std::vector<float> row(static_cast<size_t>(entry.shape.dim(1)));
  CAIRN_ASSIGN_OR_RETURN(const auto slice, cairn::TensorSlice::Parse("0,1:-"));
  CAIRN_RETURN_IF_ERROR(reader.ReadSliceInto(
      key, slice,
      {reinterpret_cast<char*>(row.data()), row.size() * sizeof row[0]}));
  std::cout << key << "[0]: " << row.size() << " elements\n";
  return cairn::OkStatus();
}

// The bytes where they stand in the file: nothing is copied or allocated.
Status ViewInPlace(const BundleReader& reader, const std::string& key) {
  CAIRN_ASSIGN_OR_RETURN(const cairn::TensorView view,
                         reader.View(key, BundleReader::Verify::kNone));
  std::cout << key << ": a view of " << view.bytes().size() << " bytes\n";
  return cairn::OkStatus();
}

// All tensors by all cores. Stops after `limit` bytes, as a user who pressed a
// button would.
Status ReadEverything(const BundleReader& reader, uint64_t limit) {
  std::stop_source stop;
  cairn::bundle::ManyOptions options;
  options.supervision.stop = stop.get_token();
  options.supervision.on_progress = [&](const cairn::Progress& progress) {
    if (progress.bytes > limit) stop.request_stop();
  };
  uint64_t elements = 0;
  const Status status = reader.ReadAll(
      [&](std::string_view, cairn::Tensor tensor) {
        elements += static_cast<uint64_t>(tensor.num_elements());
        return cairn::OkStatus();
      },
      options);
  if (absl::IsCancelled(status)) {
    std::cout << "stopped\n";
    return cairn::OkStatus();
  }
  std::cout << "all: " << elements << " elements\n";
  return status;
}

Status Run(const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(auto reader,
                         BundleReader::Open(cairn::LocalFileSystem(), prefix));
  CAIRN_RETURN_IF_ERROR(List(*reader));
  std::string matrix;
  for (auto it = reader->NewTensorIterator(); it->Valid(); it->Next()) {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, it->entry());
    if (entry.dtype == DataType::kFloat && entry.shape.rank() == 2) {
      matrix = it->key();
    }
  }
  if (!matrix.empty()) {
    CAIRN_RETURN_IF_ERROR(ReadOne(*reader, matrix));
    CAIRN_RETURN_IF_ERROR(ReadFirstRow(*reader, matrix));
    CAIRN_RETURN_IF_ERROR(ViewInPlace(*reader, matrix));
  }
  CAIRN_RETURN_IF_ERROR(ReadEverything(*reader, UINT64_MAX));
  return ReadEverything(*reader, 1000);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: read_tensors PREFIX\n";
    return 2;
  }
  const Status status = Run(argv[1]);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
