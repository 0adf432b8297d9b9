// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: write_tensors DIRECTORY
//
// The ways to write a checkpoint: tensors that are in memory, a tensor larger
// than memory, pieces of a partitioned one, and as many as come, from several
// threads into several data files, with progress and a way to stop.
#include <atomic>
#include <cstdint>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/file_system.h"
#include "cairn/base/progress.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/tensor/tensor.h"

namespace {

using cairn::Commit;
using cairn::DataType;
using cairn::Status;
using cairn::TensorSlice;
using cairn::TensorView;
using cairn::bundle::BundleReader;
using cairn::bundle::BundleWriter;
using cairn::bundle::BundleWriterOptions;

// One data file. Nothing is visible before the commit's Finish, and then all of
// it, on the disk.
Status WriteOneShard(const std::string& prefix) {
  Commit commit(cairn::LocalFileSystem(), prefix);
  CAIRN_ASSIGN_OR_RETURN(auto writer, BundleWriter::Create(commit, prefix));

  // From the caller's memory, without a copy.
  const std::vector<float> kernel(6, 0.5f);
  CAIRN_RETURN_IF_ERROR(writer->Add(
      "dense/kernel", TensorView::Of<float>({2, 3}, kernel.data())));
  const cairn::Tensor name = cairn::Tensor::OfString("lenet5");
  CAIRN_RETURN_IF_ERROR(writer->Add("name", name.view()));

  // Some rows at a time, as they come.
  CAIRN_ASSIGN_OR_RETURN(auto stream,
                         writer->Begin("table", DataType::kFloat, {1000, 64}));
  const std::vector<float> row(64, 1.0f);
  for (int i = 0; i < 1000; ++i) {
    CAIRN_RETURN_IF_ERROR(
        stream->Append({reinterpret_cast<const char*>(row.data()),
                        row.size() * sizeof row[0]}));
  }
  CAIRN_RETURN_IF_ERROR(stream->Finish());

  // Two pieces of one variable.
  const std::vector<int64_t> half = {1, 2, 3};
  for (const std::string spec : {"0,1:-", "1,1:-"}) {
    CAIRN_ASSIGN_OR_RETURN(const TensorSlice slice, TensorSlice::Parse(spec));
    CAIRN_RETURN_IF_ERROR(
        writer->AddSlice("partitioned", {2, 3}, slice,
                         TensorView::Of<int64_t>({1, 3}, half.data())));
  }
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

// A data file for each thread; how many tensors come is known to nobody.
Status WriteFromThreads(const std::string& prefix, std::stop_token stop) {
  Commit commit(cairn::LocalFileSystem(), prefix);
  std::atomic<uint64_t> bytes = 0;
  BundleWriterOptions options;
  options.supervision.stop = std::move(stop);
  options.supervision.on_progress = [&](const cairn::Progress& progress) {
    bytes = progress.bytes;
  };
  CAIRN_ASSIGN_OR_RETURN(auto writer,
                         BundleWriter::Create(commit, prefix, options));
  const auto work = [&](int thread) {
    const std::vector<float> values(256, static_cast<float>(thread));
    for (int i = 0; i < 100 + thread; ++i) {
      const Status status =
          writer->Add(cairn::StrCat("thread", thread, "/", i),
                      TensorView::Of<float>({256}, values.data()), thread);
      if (!status.ok()) return;  // Finish fails with it too
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work, i);
  }
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  CAIRN_RETURN_IF_ERROR(commit.Finish());
  std::cout << prefix << ": " << writer->num_shards() << " shards, "
            << bytes.load() << " bytes\n";
  return cairn::OkStatus();
}

Status Run(const std::string& directory) {
  const std::string one = cairn::JoinPath(directory, "one");
  CAIRN_RETURN_IF_ERROR(WriteOneShard(one));
  CAIRN_ASSIGN_OR_RETURN(auto reader,
                         BundleReader::Open(cairn::LocalFileSystem(), one));
  CAIRN_ASSIGN_OR_RETURN(const cairn::Tensor tensor,
                         reader->Read("partitioned"));
  std::cout << one << ": partitioned is " << tensor.shape().ToString() << "\n";

  CAIRN_RETURN_IF_ERROR(
      WriteFromThreads(cairn::JoinPath(directory, "threads"), {}));

  // Somebody pressed a button: Cancelled, and nothing was written.
  std::stop_source stop;
  stop.request_stop();
  const std::string stopped = cairn::JoinPath(directory, "stopped");
  const Status status = WriteFromThreads(stopped, stop.get_token());
  std::cout << status << "\n";
  return absl::IsCancelled(status) ? cairn::OkStatus() : status;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_tensors DIRECTORY\n";
    return 2;
  }
  const Status status = Run(argv[1]);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
