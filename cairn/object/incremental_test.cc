// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Incremental saving. Names of variables tell what becomes of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cairn/base/crc32c.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/bundle/reader.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/checkpoint_manager.h"
#include "cairn/object/test_support.h"
#include "cairn/tensor/hash_table.h"
#include "cairn/tensor/sharded_variable.h"

namespace cairn::object {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Call = FaultFileSystem::Call;

// For tensors of a few bytes.
IncrementalSave Small(std::string from = "") {
  IncrementalSave incremental;
  incremental.from = std::move(from);
  incremental.how.min_live_bytes = 1;
  return incremental;
}

// Floats that look like no others'.
Tensor Numbers(int64_t count, float first) {
  Tensor tensor = *Tensor::Create(DataType::kFloat, Shape({count}));
  float value = first;
  for (float& element : tensor.data<float>()) element = value += 0.5f;
  return tensor;
}

// A frozen embedding and a head that is trained.
struct Program {
  explicit Program(FileSystem& fs)
      : checkpoint(fs, {{"embedding", &embedding}, {"head", &head}}) {}

  void Train() {
    for (float& element : head.data<float>()) element += 1;
  }
  StatusOr<SaveReport> Save(const std::string& prefix,
                            std::optional<IncrementalSave> how) {
    SaveReport report;
    SaveOptions options;
    options.incremental = std::move(how);
    options.report = [&](const SaveReport& made) { report = made; };
    CAIRN_RETURN_IF_ERROR(checkpoint.Write(prefix, options).status());
    return report;
  }

  Variable embedding{"embedding", Numbers(1000, 1)};
  Variable head{"head", Numbers(10, -1)};
  Checkpoint checkpoint;
};

// Whether `prefix` restores to what the program holds.
Status Check(FileSystem& fs, const Program& program,
             const std::string& prefix) {
  Program other(fs);
  other.embedding.Assign(Numbers(1000, 7)).IgnoreError();
  other.head.Assign(Numbers(10, 7)).IgnoreError();
  CAIRN_ASSIGN_OR_RETURN(const LoadStatus status,
                         other.checkpoint.Read(prefix));
  CAIRN_RETURN_IF_ERROR(status.AssertConsumed());
  if (FloatsOf(other.embedding) != FloatsOf(program.embedding) ||
      FloatsOf(other.head) != FloatsOf(program.head)) {
    return DataLossError("other values");
  }
  const auto reader = *bundle::BundleReader::Open(fs, prefix);
  return reader->CheckAll(
      [](std::string_view, const Status& status) { return status; });
}

std::vector<std::string> DataFiles(MemoryFileSystem& fs,
                                   const std::string& prefix) {
  std::vector<std::string> files;
  for (const auto& [path, contents] : fs.Files()) {
    if (path.starts_with(prefix + ".data-")) files.push_back(path);
  }
  return files;
}

void RemoveAll(FileSystem& fs, const std::string& prefix) {
  const auto reader = *bundle::BundleReader::Open(fs, prefix);
  ASSERT_TRUE(fs.Remove(bundle::IndexPath(prefix)).ok());
  for (int32_t i = 0; i < reader->header().num_shards; ++i) {
    ASSERT_TRUE(fs.Remove(reader->ShardPath(i)).ok());
  }
}

TEST(IncrementalSaving, SharesTheFileOfWhatHasNotChanged) {
  MemoryFileSystem fs;
  Program program(fs);
  const auto full = program.Save("d/a", std::nullopt);
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full->shared_files, 0);
  EXPECT_EQ(full->written_bytes,
            fs.Files().at("d/a.data-00000-of-00001").size());
  program.Train();
  const auto report = program.Save("d/b", Small("d/a"));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(DataFiles(fs, "d/b"), ElementsAre("d/b.data-00000-of-00002",
                                                "d/b.data-00001-of-00002"));
  EXPECT_EQ(fs.Stat("d/a.data-00000-of-00001")->id,
            fs.Stat("d/b.data-00001-of-00002")->id);
  EXPECT_EQ(fs.Files().at("d/b.data-00000-of-00002").size(), 40u);
  EXPECT_EQ(report->path, "d/b");
  EXPECT_EQ(report->from, "d/a");
  EXPECT_EQ(report->tensors, 3u);
  EXPECT_EQ(report->unchanged, 2u);  // with the object graph
  EXPECT_EQ(report->files, 2);
  EXPECT_EQ(report->shared_files, 1);
  EXPECT_EQ(report->written_bytes, 40u);
  EXPECT_EQ(report->rewritten_bytes, 0u);
  EXPECT_EQ(report->linked_bytes, full->written_bytes);
  EXPECT_EQ(report->cloned_bytes, 0u);
  EXPECT_EQ(report->dead_bytes, 40u);
  EXPECT_THAT(report->notes, IsEmpty());
  EXPECT_TRUE(Check(fs, program, "d/b").ok());
}

TEST(IncrementalSaving, EitherCheckpointMayGo) {
  for (const bool older : {true, false}) {
    MemoryFileSystem fs;
    Program program(fs), before(fs);
    ASSERT_TRUE(program.Save("d/a", std::nullopt).ok());
    program.Train();
    ASSERT_TRUE(program.Save("d/b", Small("d/a")).ok());
    RemoveAll(fs, older ? "d/a" : "d/b");
    EXPECT_TRUE(older ? Check(fs, program, "d/b").ok()
                      : Check(fs, before, "d/a").ok());
  }
}

TEST(IncrementalSaving, WithoutChangesWritesAnIndexAndAnEmptyFile) {
  MemoryFileSystem fs;
  Program program(fs);
  ASSERT_TRUE(program.Save("d/a", std::nullopt).ok());
  const auto report = program.Save("d/b", Small("d/a"));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->written_bytes, 0u);
  EXPECT_EQ(report->unchanged, 3u);
  EXPECT_EQ(fs.Files().at("d/b.data-00000-of-00002"), "");
  EXPECT_TRUE(Check(fs, program, "d/b").ok());
}

TEST(IncrementalSaving, IsOffByDefault) {
  MemoryFileSystem fs;
  Program program(fs);
  ASSERT_TRUE(program.checkpoint.Save("d/c").ok());
  ASSERT_TRUE(program.checkpoint.Save("d/c").ok());
  EXPECT_NE(fs.Stat("d/c-1.data-00000-of-00001")->id,
            fs.Stat("d/c-2.data-00000-of-00001")->id);
}

TEST(IncrementalSaving, TheFirstSaveIsThatOfAFullOne) {
  MemoryFileSystem fs;
  Program program(fs);
  ASSERT_TRUE(program.Save("d/a", std::nullopt).ok());
  const auto report = program.Save("e/a", Small());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->from, "");
  EXPECT_THAT(report->notes, ElementsAre(HasSubstr("everything is written: ")));
  for (const char* suffix : {".index", ".data-00000-of-00001"}) {
    EXPECT_EQ(fs.Files().at(StrCat("d/a", suffix)),
              fs.Files().at(StrCat("e/a", suffix)));
  }
}

// Too much of a file is dead: what is alive is written once more, apart, and
// that file is shared from then on.
TEST(IncrementalSaving, GathersWhatDoesNotChange) {
  MemoryFileSystem fs;
  Variable frozen("frozen", Numbers(100, 1));
  Variable trained("trained", Numbers(400, 2));
  Checkpoint checkpoint(fs, {{"frozen", &frozen}, {"trained", &trained}});
  std::vector<SaveReport> reports;
  SaveOptions options;
  options.incremental = Small();
  options.report = [&](const SaveReport& r) { reports.push_back(r); };
  for (int i = 0; i < 4; ++i) {
    trained.data<float>()[0] += 1;
    ASSERT_TRUE(checkpoint.Save("d/c", options).ok());
  }
  EXPECT_EQ(reports[1].shared_files, 0);
  EXPECT_EQ(reports[1].rewritten_bytes, 400u);
  EXPECT_EQ(reports[1].files, 2);
  for (int i = 2; i < 4; ++i) {
    const SaveReport& report = reports[static_cast<size_t>(i)];
    EXPECT_EQ(report.from, StrCat("d/c-", i));
    EXPECT_EQ(report.rewritten_bytes, 0u);
    EXPECT_EQ(report.shared_files, 1);
    EXPECT_EQ(report.dead_bytes, 0u);
  }
}

TEST(IncrementalSaving, SharesAFileByItsLiveShare) {
  for (const double share : {0.0, 0.2, 0.3, 1.0}) {
    MemoryFileSystem fs;
    Variable frozen("frozen", Numbers(250, 1));
    Variable trained("trained", Numbers(750, 2));
    Checkpoint checkpoint(fs, {{"f", &frozen}, {"t", &trained}});
    ASSERT_TRUE(checkpoint.Write("d/a").ok());
    trained.data<float>()[0] += 1;
    SaveReport report;
    SaveOptions options;
    options.incremental = Small("d/a");
    options.incremental->how.min_live_share = share;
    options.report = [&](const SaveReport& r) { report = r; };
    ASSERT_TRUE(checkpoint.Write("d/b", options).ok());
    EXPECT_EQ(report.shared_files, share < 0.25 ? 1 : 0) << share;
  }
}

TEST(IncrementalSaving, SharesAtMostSoManyFiles) {
  MemoryFileSystem fs;
  Arena arena;
  Group group;
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(
        group.Track(StrCat(i), arena.Add("v", Numbers(100 + i, 1))).ok());
  }
  Checkpoint checkpoint(fs, {{"group", &group}});
  SaveReport report;
  SaveOptions options;
  options.sharding = ShardByTask([](std::string_view key) {
    return key.starts_with("group/") ? key[6] - '0' : 0;
  });
  ASSERT_TRUE(checkpoint.Write("d/a", options).ok());
  options.incremental = Small("d/a");
  options.incremental->how.max_shared_files = 4;
  options.report = [&](const SaveReport& r) { report = r; };
  ASSERT_TRUE(checkpoint.Write("d/b", options).ok());
  EXPECT_EQ(report.shared_files, 4);
  // The two smallest, each in the policy's file; the first has the graph, too.
  EXPECT_EQ(report.rewritten_bytes, 4u * (101 + 102));
  options.incremental = Small("d/b");
  options.incremental->how.max_shared_files = 0;
  ASSERT_TRUE(checkpoint.Write("d/c", options).ok());
  EXPECT_EQ(report.shared_files, 0);
}

TEST(IncrementalSaving, WritesSmallRemainsWithTheRest) {
  MemoryFileSystem fs;
  Program program(fs);
  ASSERT_TRUE(program.Save("d/a", std::nullopt).ok());
  IncrementalSave how;
  how.from = "d/a";  // min_live_bytes is 64 KiB
  const auto report = program.Save("d/b", how);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->files, 1);
  EXPECT_EQ(report->unchanged, 3u);
  EXPECT_EQ(fs.Files().at("d/a.index"), fs.Files().at("d/b.index"));
}

// Bits that a multiple of the polynomial's flips leave the checksum as it was.
void FlipUnseen(std::span<char> bytes) {
  constexpr uint64_t kPolynomial = 0x11edc6f41;  // x^32 in bit 32
  for (size_t i = 0; i <= 32; ++i) {
    if ((kPolynomial >> (32 - i) & 1) == 0) continue;
    bytes[8 + i / 8] = static_cast<char>(bytes[8 + i / 8] ^ (1 << i % 8));
  }
}

TEST(IncrementalSaving, SeesAChangeThatTheChecksumDoesNot) {
  for (const auto compare : {bundle::BundleReader::Compare::kBytes,
                             bundle::BundleReader::Compare::kChecksum}) {
    MemoryFileSystem fs;
    Program program(fs);
    ASSERT_TRUE(program.Save("d/a", std::nullopt).ok());
    const uint32_t crc = Crc32c(program.embedding.value().bytes());
    const std::span<float> floats = program.embedding.data<float>();
    FlipUnseen({reinterpret_cast<char*>(floats.data()), floats.size_bytes()});
    ASSERT_EQ(Crc32c(program.embedding.value().bytes()), crc);
    IncrementalSave how = Small("d/a");
    how.how.compare = compare;
    ASSERT_TRUE(program.Save("d/b", how).ok());
    const bool exact = compare == bundle::BundleReader::Compare::kBytes;
    EXPECT_EQ(Check(fs, program, "d/b").ok(), exact);
  }
}

TEST(IncrementalSaving, ByChecksumReadsNoDataOfTheEarlierOne) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  Program program(fs);
  ASSERT_TRUE(program.Save("d/a", std::nullopt).ok());
  program.Train();
  int reads[2];
  for (const bool exact : {false, true}) {
    IncrementalSave how = Small("d/a");
    if (!exact) how.how.compare = bundle::BundleReader::Compare::kChecksum;
    fs.Clear();
    const auto report = program.Save("d/b", how);
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->shared_files, 1);
    reads[exact ? 1 : 0] = fs.calls(Call::kReadAt);
    EXPECT_TRUE(Check(memory, program, "d/b").ok());
  }
  EXPECT_LT(reads[0], reads[1]);
}

TEST(IncrementalSaving, DoesNotPassDamageOn) {
  MemoryFileSystem fs;
  Program program(fs);
  ASSERT_TRUE(program.Save("d/a", std::nullopt).ok());
  std::string data = fs.Files().at("d/a.data-00000-of-00001");
  data[100] = static_cast<char>(data[100] ^ 1);
  fs.Put("d/a.data-00000-of-00001", data);
  const auto report = program.Save("d/b", Small("d/a"));
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(Check(fs, program, "d/b").ok());
  // Both what differs and what is the same but fails its checksum.
  program.embedding.data<float>()[(100 - 0) / 4] = 0;
  std::copy(data.begin(), data.begin() + 4000,
            reinterpret_cast<char*>(program.embedding.data<float>().data()));
  const auto again = program.Save("d/c", Small("d/a"));
  ASSERT_TRUE(again.ok());
  EXPECT_THAT(again->notes, ElementsAre(HasSubstr("Checksum does not match")));
  EXPECT_TRUE(Check(fs, program, "d/c").ok());
}

TEST(IncrementalSaving, WritesEverythingWhereTheEarlierOneIsUnreadable) {
  MemoryFileSystem fs;
  Program program(fs);
  ASSERT_TRUE(program.Save("d/a", std::nullopt).ok());
  fs.Put("d/b.index", "no index");
  for (const char* from : {"d/none", "d/b", "nowhere/x"}) {
    const auto report = program.Save("d/c", Small(from));
    ASSERT_TRUE(report.ok());
    EXPECT_THAT(report->notes,
                ElementsAre(HasSubstr("everything is written: ")));
    EXPECT_TRUE(Check(fs, program, "d/c").ok());
  }
  ASSERT_TRUE(fs.Remove("d/a.data-00000-of-00001").ok());
  const auto report = program.Save("d/d", Small("d/a"));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->unchanged, 0u);
  EXPECT_TRUE(Check(fs, program, "d/d").ok());
}

TEST(IncrementalSaving, RefusesOptionsOutOfRange) {
  MemoryFileSystem fs;
  Program program(fs);
  for (int i = 0; i < 5; ++i) {
    IncrementalSave how;
    if (i == 0) how.how.min_live_share = -0.1;
    if (i == 1) how.how.min_live_share = 1.1;
    if (i == 2) how.how.min_live_share = std::nan("");
    if (i == 3) how.how.min_live_bytes = -1;
    if (i == 4) how.how.max_shared_files = -1;
    EXPECT_TRUE(absl::IsInvalidArgument(program.Save("d/a", how).status()));
  }
  EXPECT_THAT(fs.Files(), IsEmpty());
}

// What the file system cannot do.
class LimitedFileSystem : public FaultFileSystem {
 public:
  LimitedFileSystem(FileSystem& base, bool clones)
      : FaultFileSystem(base), clones_(clones) {}
  Status Link(const std::string& from, const std::string& to) override {
    return FileSystem::Link(from, to);
  }
  Status Clone(const std::string& from, const std::string& to) override {
    return clones_ ? FaultFileSystem::Clone(from, to)
                   : FileSystem::Clone(from, to);
  }

 private:
  const bool clones_;
};

TEST(IncrementalSaving, ClonesWhereItCannotLinkAndElseWrites) {
  for (const bool clones : {true, false}) {
    MemoryFileSystem memory;
    LimitedFileSystem fs(memory, clones);
    Program program(fs);
    const auto full = program.Save("d/a", std::nullopt);
    program.Train();
    const auto report = program.Save("d/b", Small("d/a"));
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->linked_bytes, 0u);
    EXPECT_EQ(report->cloned_bytes, clones ? full->written_bytes : 0);
    EXPECT_EQ(report->rewritten_bytes, clones ? 0u : 4000u);
    EXPECT_EQ(report->notes.size(), clones ? 0u : 1u);
    EXPECT_TRUE(Check(fs, program, "d/b").ok());
    RemoveAll(fs, "d/a");
    EXPECT_TRUE(Check(fs, program, "d/b").ok());
  }
}

TEST(IncrementalSaving, OnlyClonesWhereAsked) {
  MemoryFileSystem fs;
  Program program(fs);
  ASSERT_TRUE(program.Save("d/a", std::nullopt).ok());
  IncrementalSave how = Small("d/a");
  how.how.by = ShareOptions::By::kClone;
  const auto report = program.Save("d/b", how);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->linked_bytes, 0u);
  EXPECT_GT(report->cloned_bytes, 4000u);
  EXPECT_NE(fs.Stat("d/a.data-00000-of-00001")->id,
            fs.Stat("d/b.data-00001-of-00002")->id);
}

// Removed or replaced between the comparison and the link.
class MeddledFileSystem : public FaultFileSystem {
 public:
  explicit MeddledFileSystem(MemoryFileSystem& base)
      : FaultFileSystem(base), memory_(base) {}
  Status Link(const std::string& from, const std::string& to) override {
    if (replace) {
      memory_.Put(from, *memory_.ReadFile(from, 1 << 20));
    } else {
      memory_.Remove(from).IgnoreError();
    }
    return FaultFileSystem::Link(from, to);
  }
  bool replace = false;

 private:
  MemoryFileSystem& memory_;
};

TEST(IncrementalSaving, NoticesThatTheFileWasRemovedOrReplaced) {
  for (const bool replace : {false, true}) {
    MemoryFileSystem memory;
    MeddledFileSystem fs(memory);
    fs.replace = replace;
    Program program(fs);
    ASSERT_TRUE(program.Save("d/a", std::nullopt).ok());
    program.Train();
    const auto report = program.Save("d/b", Small("d/a"));
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->shared_files, 0);
    EXPECT_EQ(report->rewritten_bytes, 4000u);
    EXPECT_THAT(report->notes,
                ElementsAre(HasSubstr("is not shared but written again")));
    EXPECT_TRUE(Check(memory, program, "d/b").ok());
    for (const auto& [path, contents] : memory.Files()) {
      EXPECT_EQ(path.find("cairn-tmp"), std::string::npos) << path;
    }
  }
}

TEST(IncrementalSaving, OverwritesThePrefixItTakesFrom) {
  MemoryFileSystem fs;
  Program program(fs);
  for (int i = 0; i < 6; ++i) {
    program.Train();
    if (i == 3) program.embedding.data<float>()[0] = 3;
    const auto report = program.Save("d/a", Small("d/a"));
    ASSERT_TRUE(report.ok()) << report.status();
    // From 4 on the object graph has a file of its own.
    EXPECT_EQ(report->shared_files, i == 0 || i == 3 ? 0 : i < 3 ? 1 : 2) << i;
    EXPECT_TRUE(Check(fs, program, "d/a").ok());
    EXPECT_EQ(DataFiles(fs, "d/a").size(), static_cast<size_t>(report->files));
    EXPECT_EQ(fs.Files().size(), static_cast<size_t>(report->files) + 1);
  }
}

TEST(IncrementalSaving, SharesPiecesThatThePolicyCuts) {
  MemoryFileSystem fs;
  Program program(fs);
  SaveReport report;
  SaveOptions options;
  options.sharding = MaxShardSize(1200);
  options.report = [&](const SaveReport& r) { report = r; };
  ASSERT_TRUE(program.checkpoint.Write("d/a", options).ok());
  ASSERT_GT(report.files, 3);
  // One piece of the embedding changes.
  program.embedding.data<float>()[999] = 0;
  options.incremental = Small("d/a");
  const int files = report.files;
  ASSERT_TRUE(program.checkpoint.Write("d/b", options).ok());
  EXPECT_GE(report.shared_files, files - 2);
  EXPECT_LT(report.written_bytes, 2000u);
  EXPECT_TRUE(Check(fs, program, "d/b").ok());
  // In one piece: the stored ones are of no use.
  options.sharding = nullptr;
  ASSERT_TRUE(program.checkpoint.Write("d/c", options).ok());
  EXPECT_GE(report.written_bytes, 4000u);
  EXPECT_TRUE(Check(fs, program, "d/c").ok());
}

TEST(IncrementalSaving, SharesPiecesOfAShardedVariable) {
  MemoryFileSystem fs;
  Variable one("one", Numbers(300, 1)), two("two", Numbers(300, 2));
  ShardedVariable sharded("v", {&one, &two});
  Checkpoint checkpoint(fs, {{"v", &sharded}});
  ASSERT_TRUE(checkpoint.Write("d/a").ok());
  two.data<float>()[0] = 9;
  SaveReport report;
  SaveOptions options;
  options.incremental = Small("d/a");
  options.report = [&](const SaveReport& r) { report = r; };
  ASSERT_TRUE(checkpoint.Write("d/b", options).ok());
  EXPECT_EQ(report.unchanged, 2u);
  EXPECT_EQ(report.written_bytes, 1200u);
  const auto read = [&](const char* prefix) {
    return *(*bundle::BundleReader::Open(fs, prefix))
                ->Read("v/.ATTRIBUTES/VARIABLE_VALUE");
  };
  const Tensor whole = read("d/b");
  EXPECT_EQ(whole.data<float>()[0], 1.5f);
  EXPECT_EQ(whole.data<float>()[300], 9.f);
  EXPECT_EQ(read("d/a").data<float>()[300], 2.5f);
}

TEST(IncrementalSaving, SharesStrings) {
  MemoryFileSystem fs;
  HashTable<std::string, std::string> words("");
  for (int i = 0; i < 100; ++i) words.Insert(StrCat("word ", i), "x");
  Variable step("step", Tensor::Scalar(int64_t{0}));
  Checkpoint checkpoint(fs, {{"words", &words}, {"step", &step}});
  SaveReport report;
  SaveOptions options;
  options.report = [&](const SaveReport& r) { report = r; };
  ASSERT_TRUE(checkpoint.Write("d/a", options).ok());
  for (const auto compare : {bundle::BundleReader::Compare::kBytes,
                             bundle::BundleReader::Compare::kChecksum}) {
    step.data<int64_t>()[0] += 1;
    options.incremental = Small("d/a");
    options.incremental->how.compare = compare;
    ASSERT_TRUE(checkpoint.Write("d/b", options).ok());
    EXPECT_EQ(report.shared_files, 1);
    EXPECT_EQ(report.written_bytes, 8u);
  }
  words.Insert("word 7", "y");  // of the same length
  ASSERT_TRUE(checkpoint.Write("d/c", options).ok());
  HashTable<std::string, std::string> read("");
  Checkpoint other(fs, {{"words", &read}, {"step", &step}});
  ASSERT_TRUE(other.Read("d/c")->AssertConsumed().ok());
  EXPECT_EQ(read.Find("word 7"), "y");
  EXPECT_EQ(read.size(), 100u);
}

// A changed shape or dtype is a change.
TEST(IncrementalSaving, WritesATensorOfAnotherShapeOrType) {
  MemoryFileSystem fs;
  Variable v("v", *Tensor::Create(DataType::kFloat, Shape({4, 6})));
  ASSERT_TRUE(Checkpoint(fs, {{"v", &v}}).Write("d/a").ok());
  Variable shaped("v", *Tensor::Create(DataType::kFloat, Shape({6, 4})));
  Variable typed("v", *Tensor::Create(DataType::kInt32, Shape({4, 6})));
  for (Variable* other : {&shaped, &typed}) {
    SaveReport report;
    SaveOptions options;
    options.incremental = Small("d/a");
    options.report = [&](const SaveReport& r) { report = r; };
    ASSERT_TRUE(Checkpoint(fs, {{"v", other}}).Write("d/b", options).ok());
    const Tensor read = *(*bundle::BundleReader::Open(fs, "d/b"))
                             ->Read("v/.ATTRIBUTES/VARIABLE_VALUE");
    EXPECT_EQ(read.dtype(), other->dtype());
    EXPECT_EQ(read.shape(), other->shape());
  }
}

TEST(IncrementalSaving, ManagerTakesFromItsLatestAlsoInTheBackground) {
  MemoryFileSystem fs;
  Program program(fs);
  CheckpointManagerOptions options;
  options.max_to_keep = 1;
  options.checkpoint_name = "sub/ckpt";
  options.incremental = Small();
  const auto manager =
      *CheckpointManager::Create(&program.checkpoint, "d", options);
  std::vector<SaveReport> reports;
  ManagedSave save;
  save.options.report = [&](const SaveReport& r) { reports.push_back(r); };
  ASSERT_TRUE(manager->Save(save).ok());
  for (int i = 0; i < 5; ++i) {
    program.Train();
    ASSERT_TRUE(manager->SaveAsync(save).ok());
  }
  ASSERT_TRUE(manager->Sync().ok());
  program.Train();
  ASSERT_TRUE(manager->Save().ok());  // the manager's option counts there, too
  ASSERT_EQ(reports.size(), 6u);
  for (size_t i = 1; i < reports.size(); ++i) {
    EXPECT_EQ(reports[i].from, StrCat("d/sub/ckpt-", i));
    EXPECT_EQ(reports[i].shared_files, 1);
    EXPECT_LE(reports[i].written_bytes, 48u);  // the head and the counter
  }
  EXPECT_THAT(manager->checkpoints(), ElementsAre("d/sub/ckpt-7"));
  EXPECT_EQ(DataFiles(fs, "d/sub/ckpt-7").size(), 2u);
  Program other(fs);
  ASSERT_TRUE(other.checkpoint.Restore("d/sub/ckpt-7")->AssertConsumed().ok());
  EXPECT_EQ(FloatsOf(other.head), FloatsOf(program.head));
  EXPECT_EQ(FloatsOf(other.embedding), FloatsOf(program.embedding));
}

// --- faults ---

// `fs` has a full save of `before` under "d/a".
void SaveBoth(MemoryFileSystem& fs, Program& program) {
  ASSERT_TRUE(program.Save("d/a", std::nullopt).ok());
  program.Train();
  fs.ClearLog();
}

TEST(IncrementalSaving, AnyFailedCallLeavesTheOldOrAWholeNewOne) {
  for (const bool overwrite : {false, true}) {
    int saved = 0, failed = 0;
    for (int n = 0;; ++n) {
      MemoryFileSystem memory;
      FaultFileSystem fs(memory);
      Program program(fs), before(fs);
      SaveBoth(memory, program);
      const std::string prefix = overwrite ? "d/a" : "d/b";
      fs.Clear();
      fs.FailCall(n, UnavailableError("fault"));
      const auto report = program.Save(prefix, Small("d/a"));
      if (!fs.fired()) break;
      fs.Clear();
      // A fault may only cost the sharing.
      if (report.ok()) {
        ++saved;
        EXPECT_TRUE(Check(memory, program, prefix).ok()) << n;
      } else {
        ++failed;
      }
      if (!overwrite) {
        EXPECT_TRUE(Check(memory, before, "d/a").ok()) << n;
        EXPECT_EQ(memory.Exists("d/b.index"), report.ok()) << n;
      } else if (!report.ok()) {
        EXPECT_TRUE(Check(memory, before, "d/a").ok() ||
                    Check(memory, program, "d/a").ok())
            << n;
      }
      // And the next save goes through.
      EXPECT_TRUE(program.Save(prefix, Small("d/a")).ok());
      EXPECT_TRUE(Check(memory, program, prefix).ok()) << n;
    }
    EXPECT_GT(saved, 5);
    EXPECT_GT(failed, 10);
  }
}

TEST(IncrementalSaving, EveryPowerCutLeavesTheOldAndPerhapsTheNewOne) {
  for (const bool overwrite : {false, true}) {
    MemoryFileSystem fs;
    Program program(fs), before(fs);
    SaveBoth(fs, program);
    const std::string prefix = overwrite ? "d/a" : "d/b";
    ASSERT_TRUE(program.Save(prefix, Small("d/a")).ok());
    if (!overwrite) RemoveAll(fs, "d/a");  // as a manager does afterwards
    const size_t operations = fs.log().size();
    uint64_t states = 0;
    for (size_t n = 0; n <= operations; ++n) {
      states += fs.CrashImages(n, 3, [&](MemoryFileSystem& image) {
        const bool is_new = Check(image, program, prefix).ok();
        EXPECT_TRUE(is_new || Check(image, before, "d/a").ok()) << n;
        EXPECT_TRUE(is_new || n < operations);
      });
    }
    EXPECT_GT(states, operations);
  }
}

// --- at random ---

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2 + 1) {}
  uint64_t operator()(uint64_t end) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % end;
  }

 private:
  uint64_t state_;
};

// Any sequence of changes, saves of any kind and removals: each checkpoint
// that is there restores to the values of its moment.
TEST(IncrementalSaving, EveryCheckpointKeepsItsValues) {
  constexpr size_t kVariables = 6;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    MemoryFileSystem fs;
    Arena arena;
    Group group;
    std::vector<Variable*> variables;
    for (size_t i = 0; i < kVariables; ++i) {
      variables.push_back(arena.Add(
          "v", Numbers(static_cast<int64_t>(random(200)), 100.f * i)));
      ASSERT_TRUE(group.Track(StrCat(i), variables[i]).ok());
    }
    Checkpoint checkpoint(fs, {{"g", &group}});
    std::map<std::string, std::vector<std::vector<float>>> there;
    for (int step = 0; step < 30; ++step) {
      for (Variable* v : variables) {
        const std::span<float> data = v->data<float>();
        if (data.empty() || random(3) > 0) continue;
        data[random(data.size())] += 1;
      }
      SaveOptions options;
      if (random(2) == 0) {
        options.sharding =
            MaxShardSize(static_cast<int64_t>(100 + random(900)));
      }
      options.threads = static_cast<int>(1 + random(3));
      if (random(5) > 0) {
        IncrementalSave how = Small();
        if (!there.empty()) {
          how.from = std::next(there.begin(),
                               static_cast<ptrdiff_t>(random(there.size())))
                         ->first;
        }
        how.how.max_shared_files = static_cast<int>(random(5));
        how.how.min_live_share = 0.1 * static_cast<double>(random(10));
        how.how.min_live_bytes = static_cast<int64_t>(random(300));
        if (random(4) == 0) how.how.by = ShareOptions::By::kClone;
        options.incremental = how;
      }
      const std::string prefix = StrCat("d/", random(6));
      ASSERT_TRUE(checkpoint.Write(prefix, options).ok());
      there[prefix].clear();
      for (Variable* v : variables) there[prefix].push_back(FloatsOf(*v));
      if (there.size() > 1 && random(3) == 0) {
        const auto gone = std::next(
            there.begin(), static_cast<ptrdiff_t>(random(there.size())));
        RemoveAll(fs, gone->first);
        there.erase(gone);
      }
      for (const auto& [path, values] : there) {
        const auto reader = *bundle::BundleReader::Open(fs, path);
        for (size_t i = 0; i < kVariables; ++i) {
          const auto read =
              reader->Read(StrCat("g/", i, "/.ATTRIBUTES/VARIABLE_VALUE"));
          ASSERT_TRUE(read.ok()) << read.status();
          const std::span<const float> data = read->data<float>();
          ASSERT_EQ(std::vector<float>(data.begin(), data.end()), values[i]);
        }
      }
    }
    // Nothing is left of what was removed.
    std::set<std::string> expected;
    for (const auto& [path, values] : there) {
      const auto reader = *bundle::BundleReader::Open(fs, path);
      expected.insert(bundle::IndexPath(path));
      for (int32_t i = 0; i < reader->header().num_shards; ++i) {
        expected.insert(reader->ShardPath(i));
      }
    }
    for (const auto& [path, contents] : fs.Files()) {
      EXPECT_TRUE(expected.contains(path)) << path;
    }
  }
}

// --- real files ---

class IncrementalSavingOnDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = ::testing::TempDir() + "/cairn_incremental_XXXXXX";
    ASSERT_NE(mkdtemp(dir_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string dir_;
};

TEST_F(IncrementalSavingOnDisk, LinksAndSurvivesTheOlderOnesRemoval) {
  Program program(LocalFileSystem());
  const std::string a = dir_ + "/a", b = dir_ + "/b";
  const auto full = program.Save(a, std::nullopt);
  ASSERT_TRUE(full.ok());
  program.Train();
  const auto report = program.Save(b, Small(a));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->linked_bytes, full->written_bytes);
  const std::string shared = b + ".data-00001-of-00002";
  EXPECT_EQ(std::filesystem::hard_link_count(shared), 2u);
  RemoveAll(LocalFileSystem(), a);
  EXPECT_EQ(std::filesystem::hard_link_count(shared), 1u);
  EXPECT_TRUE(Check(LocalFileSystem(), program, b).ok());
}

TEST_F(IncrementalSavingOnDisk, WritesWhereTheFilesAreOnAnotherDevice) {
  std::string other = "/dev/shm/cairn_incremental_XXXXXX";
  if (mkdtemp(other.data()) == nullptr) GTEST_SKIP() << "no /dev/shm";
  Program program(LocalFileSystem());
  ASSERT_TRUE(program.Save(other + "/a", std::nullopt).ok());
  program.Train();
  const auto report = program.Save(dir_ + "/b", Small(other + "/a"));
  std::filesystem::remove_all(other);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(Check(LocalFileSystem(), program, dir_ + "/b").ok());
  if (report->linked_bytes > 0) GTEST_SKIP() << "/dev/shm is no other device";
  EXPECT_EQ(report->rewritten_bytes, 4000u);
}

}  // namespace
}  // namespace cairn::object
