// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// docs/session.md lists the ops there are; and what the graphs that TensorFlow
// wrote need beyond them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "cairn/base/commit.h"
#include "cairn/base/file_system.h"
#include "cairn/base/strings.h"
#include "cairn/session/kernels/kernels.h"
#include "cairn/session/session.h"

namespace cairn::session {
namespace {

constexpr std::string_view kBegin = "<!-- ops -->\n";
constexpr std::string_view kEnd = "<!-- /ops -->";

std::string Table() {
  const KernelTable table = StandardKernels();
  std::string text = "| op | arguments | limits |\n| --- | --- | --- |\n";
  for (const std::string& op : table.ops()) {
    if (op.starts_with('_')) continue;  // of this program, in no graph
    const KernelDef& def = table.Find(op)->def;
    text += StrCat("| `", op, "` | `", def.signature, "` | ", def.note, " |\n");
  }
  return text;
}

// Run with CAIRN_UPDATE_DOCS=1 after a change of the ops.
TEST(Documentation, ListsTheOps) {
  const std::string path =
      std::string(CAIRN_GOLDEN_DIR) + "/../../docs/session.md";
  FileSystem& fs = LocalFileSystem();
  StatusOr<std::string> page = fs.ReadFile(path, 1 << 20);
  ASSERT_TRUE(page.ok()) << page.status();
  const size_t begin = page->find(kBegin);
  const size_t end = page->find(kEnd);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos);
  const size_t first = begin + kBegin.size();
  if (std::getenv("CAIRN_UPDATE_DOCS") != nullptr) {
    page->replace(first, end - first, Table());
    ASSERT_TRUE(WriteFileAtomically(fs, path, *page).ok());
    return;
  }
  EXPECT_EQ(page->substr(first, end - first), Table())
      << "run CAIRN_UPDATE_DOCS=1 session_test";
}

// The ops that a golden graph has and we have not, by file.
std::map<std::string, std::set<std::string>> MissingOps() {
  std::map<std::string, std::set<std::string>> missing;
  const std::filesystem::path root =
      std::filesystem::path(CAIRN_GOLDEN_DIR) / "cases";
  for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
    if (file.path().extension() != ".meta") continue;
    const std::string name =
        std::filesystem::relative(file.path(), root).string();
    const auto meta =
        graph::MetaGraph::Read(LocalFileSystem(), file.path().string());
    EXPECT_TRUE(meta.ok()) << name << meta.status();
    if (!meta.ok()) continue;
    const auto session = Session::Create(LocalFileSystem(), *meta, {});
    EXPECT_TRUE(session.ok()) << name << session.status();
    if (!session.ok()) continue;
    const auto found = (*session)->FindUnsupported({}, {});
    EXPECT_TRUE(found.ok()) << name << found.status();
    if (!found.ok()) continue;
    std::set<std::string>& ops = missing[name];
    for (const UnsupportedNode& node : *found) ops.insert(node.op);
  }
  return missing;
}

TEST(GoldenGraphs, AreSupportedOrListed) {
  // Input pipelines, summaries and sparse tensors of an estimator; queues; what
  // of loops and tables is rare. All ops of the other graphs are there.
  const std::set<std::string> known = {"ApplyFtrl",
                                       "AsString",
                                       "BatchDatasetV2",
                                       "DynamicPartition",
                                       "FIFOQueueV2",
                                       "HistogramSummary",
                                       "IteratorGetNext",
                                       "IteratorToStringHandle",
                                       "IteratorV2",
                                       "MakeIterator",
                                       "MergeSummary",
                                       "MutableDenseHashTableV2",
                                       "ParallelDynamicStitch",
                                       "QueueCloseV2",
                                       "QueueEnqueueV2",
                                       "RepeatDataset",
                                       "ResourceApplyProximalAdagrad",
                                       "ResourceSparseApplyAdagrad",
                                       "ScalarSummary",
                                       "SparseFillEmptyRows",
                                       "SparseReshape",
                                       "SparseSegmentMean",
                                       "SparseSegmentMeanGrad",
                                       "TensorArrayGatherV3",
                                       "TensorArrayGradV3",
                                       "TensorArrayReadV3",
                                       "TensorArrayScatterV3",
                                       "TensorArrayV3",
                                       "TensorArrayWriteV3",
                                       "TensorSliceDataset"};
  for (const auto& [name, ops] : MissingOps()) {
    std::string text;
    for (const std::string& op : ops) text += StrCat(" ", op);
    std::printf("%-48s %s\n", name.c_str(),
                ops.empty() ? "all ops" : StrCat("without", text).c_str());
    for (const std::string& op : ops) {
      EXPECT_TRUE(known.contains(op)) << op << " of " << name;
    }
  }
}

}  // namespace
}  // namespace cairn::session
