// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Runs many small computations of one graph, for test_ops.py.
//
//   cairn_ops GRAPH FETCHES RESULTS   a MetaGraphDef; a line of names for each
//                                     computation; what came out
//   cairn_ops --list                  the ops there are kernels of
//
// RESULTS, little-endian: for each line the status code (uint32), the message,
// the number of tensors (uint32); for each tensor its type's number (uint32),
// the number of dimensions (uint32), these (int64 each), and its bytes.
// Messages and bytes have their length (uint64) in front; strings follow each
// other, each with its own.
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/graph/meta_graph.h"
#include "cairn/session/kernels/kernels.h"
#include "cairn/session/session.h"

namespace {

using cairn::Tensor;

template <typename T>
void Put(std::ostream& out, T value) {
  out.write(reinterpret_cast<const char*>(&value), sizeof value);
}

void PutBytes(std::ostream& out, std::string_view bytes) {
  Put(out, static_cast<uint64_t>(bytes.size()));
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void PutTensor(std::ostream& out, const Tensor& tensor) {
  Put(out, static_cast<uint32_t>(tensor.dtype()));
  Put(out, static_cast<uint32_t>(tensor.shape().rank()));
  for (const int64_t dim : tensor.shape().dims()) Put(out, dim);
  if (!tensor.view().holds_strings()) return PutBytes(out, tensor.bytes());
  for (const std::string& text : tensor.strings()) PutBytes(out, text);
}

// "a:0 b:1 > c": fetches, then targets.
void Run(cairn::session::Session& session, const std::string& line,
         std::ostream& out) {
  std::vector<std::string> fetches, targets;
  std::istringstream words(line);
  bool past_arrow = false;
  for (std::string word; words >> word;) {
    if (word == ">") {
      past_arrow = true;
    } else {
      (past_arrow ? targets : fetches).push_back(word);
    }
  }
  const auto results = session.Run({}, fetches, targets);
  Put(out, static_cast<uint32_t>(results.status().raw_code()));
  PutBytes(out, cairn::Message(results.status()));
  Put(out, static_cast<uint32_t>(results.ok() ? results->size() : 0));
  if (!results.ok()) return;
  for (const Tensor& tensor : *results) PutTensor(out, tensor);
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && arguments[0] == "--list") {
    for (const std::string& op : cairn::session::StandardKernels().ops()) {
      std::cout << op << '\n';
    }
    return 0;
  }
  if (arguments.size() != 3) return 2;
  cairn::FileSystem& fs = cairn::LocalFileSystem();
  const auto meta = cairn::graph::MetaGraph::Read(fs, arguments[0]);
  if (!meta.ok()) {
    std::cerr << meta.status() << '\n';
    return 1;
  }
  const auto session =
      cairn::session::Session::Create(fs, *meta, {.threads = 2});
  if (!session.ok()) {
    std::cerr << session.status() << '\n';
    return 1;
  }
  std::ifstream lines(arguments[1]);
  std::ofstream out(arguments[2], std::ios::binary);
  for (std::string line; std::getline(lines, line);) {
    Run(**session, line, out);
    out.flush();  // so that a crash tells where
  }
  return out.good() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) { return Main({argv + 1, argv + argc}); }
